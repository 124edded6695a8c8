"""The app's configuration."""

from django.apps import AppConfig, apps


class ApiV2Config(AppConfig):
    """The Django REST Framework adapter; it has no models."""

    name = "api_v2"
    label = "api_v2"

    def ready(self) -> None:
        """Let a project's own document describe the authentication of views that use ours."""
        if apps.is_installed("drf_spectacular"):
            from api_v2 import schema  # noqa: F401, PLC0415 - registers it; a tenth of a start where no document needs it
