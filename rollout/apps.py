"""Django's entry to the room."""

from django.apps import AppConfig
from django.conf import settings


class RolloutConfig(AppConfig):
    """The app; its label names the tables."""

    name = "rollout"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, tell the service when imported keys begin to age, keep metrics where they are wanted."""
        from rollout import checks  # noqa: F401, PLC0415 - importing registers
        from rollout.lifecycle import lifecycle  # noqa: PLC0415 - its models must be ready first
        from social import tokens  # noqa: PLC0415 - likewise

        tokens.let_decide(lambda: lifecycle().sunset_at)
        if getattr(settings, "METRICS_TOKEN", ""):
            from rollout.metrics.exposition import exposition  # noqa: PLC0415 - costs nothing where none are kept

            exposition().watcher.connect()
