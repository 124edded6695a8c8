"""dj-rest-auth with DRF's tokens, without the session of its own; allauth's log-in begins one all the same."""

from benchmarks.peers.project.on_allauth import *  # noqa: F403 - settings build on settings
from benchmarks.peers.project.on_allauth import INSTALLED_APPS

ROOT_URLCONF = "benchmarks.peers.project.dj_rest_auth.urls"
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "rest_framework",
    "rest_framework.authtoken",
    "dj_rest_auth",
    "dj_rest_auth.registration",
]
REST_AUTH = {"SESSION_LOGIN": False}
