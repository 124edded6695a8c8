"""The app's configuration."""

from django.apps import AppConfig


class CustomUserConfig(AppConfig):
    """The app of the user model; AUTH_USER_MODEL uses its label."""

    name = "tests.custom_user"
    label = "custom_user"
