"""DRF with its tokens, and social-django with its pipeline."""

from benchmarks.peers.project.on_social_core import *  # noqa: F403 - settings build on settings
from benchmarks.peers.project.production import INSTALLED_APPS

ROOT_URLCONF = "benchmarks.peers.project.view_2015.urls"
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.sessions",
    "rest_framework",
    "rest_framework.authtoken",
    "social_django",
]
# social-django's strategy wants a session; nothing is written to it.
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
