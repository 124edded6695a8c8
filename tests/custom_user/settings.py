"""The tests' settings with the custom user model."""

from tests.settings import *  # noqa: F403 - all of them
from tests.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = ["tests.custom_user", *_APPS]
AUTH_USER_MODEL = "custom_user.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
