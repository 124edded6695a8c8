"""Django's entry to the adapter."""

from django.apps import AppConfig


class ApiV2Config(AppConfig):
    """The app; it has no models."""

    name = "api_v2"
