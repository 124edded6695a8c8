"""The settings of the tests, with the app that declares a resource."""

from tests.settings import *  # noqa: F403 - all of them
from tests.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.declared"]
