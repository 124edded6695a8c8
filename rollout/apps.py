"""Django's entry to the room."""

from django.apps import AppConfig


class RolloutConfig(AppConfig):
    """The app; its label names the tables."""

    name = "rollout"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from rollout import checks  # noqa: F401, PLC0415 - importing registers
