"""The app's configuration."""

from django.apps import AppConfig


class ApiV2Config(AppConfig):
    """The Django REST Framework adapter; it has no models."""

    name = "api_v2"
    label = "api_v2"
