"""rest-social-auth with DRF's tokens. It needs no session: its strategy does without."""

from benchmarks.peers.project.on_social_core import *  # noqa: F403 - settings build on settings
from benchmarks.peers.project.production import INSTALLED_APPS

ROOT_URLCONF = "benchmarks.peers.project.rest_social_auth.urls"
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "rest_framework",
    "rest_framework.authtoken",
    "social_django",
    "rest_social_auth",
]
