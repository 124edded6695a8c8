"""The app configuration."""

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

from rollout.conf import conf


class RolloutConfig(AppConfig):
    """The app `rollout`."""

    name = "rollout"
    label = "rollout"
    verbose_name = "Migration"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, provide the service with the sunset, and connect the metrics if METRICS_TOKEN is set."""
        from rollout import checks  # noqa: F401, PLC0415 - importing registers
        from rollout.lifecycle import lifecycle  # noqa: PLC0415 - needs the models
        from social import tokens  # noqa: PLC0415 - likewise

        tokens.set_sunset_source(lambda: lifecycle().sunset_at)
        if conf.metrics_token:
            try:
                from rollout.metrics.exposition import exposition  # noqa: PLC0415 - expensive, and unused without metrics
            except ModuleNotFoundError as error:
                if error.name != "prometheus_client":
                    raise
                raise ImproperlyConfigured("METRICS_TOKEN needs the package prometheus-client.") from error
            exposition().receivers.connect()
