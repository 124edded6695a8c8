"""The settings of the declared resources, with the URLs of the old API."""

from tests.declared.settings import *  # noqa: F403 - all of them

ROOT_URLCONF = "legacy_api.tests.declared.urls"
TIME_ZONE = "Europe/Berlin"
