"""dj-rest-auth with DRF's tokens, without the session that it would begin besides."""

from benchmarks.peers.project.base import *  # noqa: F403 - settings build on settings
from benchmarks.peers.project.allauth_base import *  # noqa: F403, I001 - likewise, and after the base
from benchmarks.peers.project.allauth_base import INSTALLED_APPS

ROOT_URLCONF = "benchmarks.peers.project.dj_rest_auth.urls"
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "rest_framework",
    "rest_framework.authtoken",
    "dj_rest_auth",
    "dj_rest_auth.registration",
]
REST_AUTH = {"SESSION_LOGIN": False}
