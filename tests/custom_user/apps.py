"""Django's entry to the app with the user model."""

from django.apps import AppConfig


class CustomUserConfig(AppConfig):
    """The app; its label names the model in AUTH_USER_MODEL."""

    name = "tests.custom_user"
    label = "custom_user"
