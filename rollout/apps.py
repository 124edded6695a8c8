"""Django's entry to the room."""

from django.apps import AppConfig


class RolloutConfig(AppConfig):
    """The app; it has no models."""

    name = "rollout"

    def ready(self) -> None:
        """Register the system checks."""
        from rollout import checks  # noqa: F401, PLC0415 - importing registers
