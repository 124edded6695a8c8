"""The settings of the service, with the app that declares resources."""

from config.settings import *  # noqa: F403 - all of them
from config.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.declared"]
