"""Django's entry to the adapter."""

from django.apps import AppConfig


class LegacyApiConfig(AppConfig):
    """The app; it has no models."""

    name = "legacy_api"
