"""The shop's settings with Tastypie and Tastypie's settings."""

from tests.adopting.shop.settings import *  # noqa: F403 - all of them
from tests.adopting.shop.settings import INSTALLED_APPS as _APPS

# The app that imports Tastypie's models comes before Tastypie.
INSTALLED_APPS = ["legacy_api.tests.adopting", *_APPS, "tastypie"]
ROOT_URLCONF = "legacy_api.tests.adopting.urls"
API_LIMIT_PER_PAGE = 3
TASTYPIE_DEFAULT_FORMATS = ["xml", "yaml"]
TASTYPIE_FULL_DEBUG = True
TASTYPIE_ALLOW_MISSING_SLASH = False
