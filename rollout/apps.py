"""Django's entry to the room."""

from django.apps import AppConfig
from django.conf import settings


class RolloutConfig(AppConfig):
    """The app; its label names the tables."""

    name = "rollout"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks; keep metrics where somebody may read them."""
        from rollout import checks  # noqa: F401, PLC0415 - importing registers

        if getattr(settings, "METRICS_TOKEN", ""):
            from rollout.metrics.exposition import exposition  # noqa: PLC0415 - costs nothing where none are kept

            exposition().watcher.connect()
