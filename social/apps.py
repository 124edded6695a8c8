"""The app's configuration."""

from django.apps import AppConfig, apps
from django.contrib.auth import get_user_model
from django.db.models.signals import post_save, pre_save


class SocialConfig(AppConfig):
    """The service; its label is the prefix of its tables."""

    name = "social"
    label = "social"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and the receiver, and filter the logs of libraries that log credentials."""
        from social import checks, tokens  # noqa: F401, PLC0415 - importing registers; models must be ready first
        from social.network import log_redaction  # noqa: PLC0415 - likewise
        from social.providers import checks as _  # noqa: F401, PLC0415 - likewise

        log_redaction.install_filters()
        # `sender` of a user saved by a proxy model, as some admins do, is that model.
        for model in apps.get_models():
            if issubclass(model, get_user_model()):
                post_save.connect(tokens.revoke_if_inactive, sender=model)
                pre_save.connect(tokens.revoke_if_activated, sender=model)
