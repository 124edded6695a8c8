"""The AppConfig of the project's own app, for its system checks."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The project's own app."""

    name = "config"
    label = "config"

    def ready(self) -> None:
        """Register the checks."""
        from config import checks  # noqa: F401, PLC0415 - importing registers; the apps must be ready first
