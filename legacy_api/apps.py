"""The app's configuration."""

import importlib
import sys

from django.apps import AppConfig, apps

_GEOMETRY = "django.contrib.gis.db.models.fields"


class LegacyApiConfig(AppConfig):
    """The Tastypie adapter; it has no models."""

    name = "legacy_api"
    label = "legacy_api"

    def ready(self) -> None:
        """Register the checks, and import Tastypie without GeoDjango, unless the project uses it.

        Tastypie imports GeoDjango's fields if it can. They search for the GDAL library by running several programs,
        which takes a tenth of a process's start.
        """
        from legacy_api import checks  # noqa: F401, PLC0415 - importing registers

        if apps.is_installed("django.contrib.gis") or _GEOMETRY in sys.modules:
            return
        # Python raises ModuleNotFoundError for a module that is None here; Tastypie catches it.
        sys.modules[_GEOMETRY] = None  # type: ignore[assignment]  # see above
        try:
            importlib.import_module("tastypie.resources")
        finally:
            del sys.modules[_GEOMETRY]
