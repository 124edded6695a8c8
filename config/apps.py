"""Django's entry to the settings' own checks."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The app of the project itself."""

    name = "config"

    def ready(self) -> None:
        """Register the checks."""
        from config import checks  # noqa: F401, PLC0415 - importing registers; the apps must be ready first
