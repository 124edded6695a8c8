"""The app's configuration."""

from django.apps import AppConfig


class SocialConfig(AppConfig):
    """The service; its label is the prefix of its tables."""

    name = "social"
    label = "social"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and filter the logs of libraries that log credentials."""
        from social import checks  # noqa: F401, PLC0415 - importing registers; models must be ready first
        from social.network import log_redaction  # noqa: PLC0415 - likewise
        from social.providers import checks as _  # noqa: F401, PLC0415 - likewise

        log_redaction.install_filters()
