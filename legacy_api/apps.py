"""Django's entry to the adapter."""

import importlib
import sys

from django.apps import AppConfig, apps

_GEOMETRY = "django.contrib.gis.db.models.fields"


class LegacyApiConfig(AppConfig):
    """The app; it has no models."""

    name = "legacy_api"

    def ready(self) -> None:
        """Import Tastypie, where the project has no geometry, without it.

        Tastypie looks for Django's geometry fields, and these, by several programs, for a GDAL library: a tenth of what
        a process needs to start.
        """
        if apps.is_installed("django.contrib.gis") or _GEOMETRY in sys.modules:
            return
        # What Python documents for a module that is not to be found; Tastypie can do without.
        sys.modules[_GEOMETRY] = None  # type: ignore[assignment]  # see above
        try:
            importlib.import_module("tastypie.resources")
        finally:
            del sys.modules[_GEOMETRY]
