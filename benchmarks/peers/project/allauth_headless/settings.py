"""django-allauth headless, for app clients alone; its credential is a session in the database."""

from benchmarks.peers.project.on_allauth import *  # noqa: F403 - settings build on settings
from benchmarks.peers.project.on_allauth import INSTALLED_APPS

ROOT_URLCONF = "benchmarks.peers.project.allauth_headless.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "allauth.headless"]
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app",)
