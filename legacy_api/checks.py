"""System checks of the adapter."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register

from legacy_api.apps import LegacyApiConfig
from shared.http.urls import apis, mounted
from social.versions import untested

TESTED: Mapping[str, tuple[str, ...]] = {"django-tastypie": ("0.15",), "Django": ("5.2", "6.0", "6.1")}
"""The versions that the adapter is tested with. Tastypie 0.15 names no Django after 5.2 itself."""


@register("legacy_api")
def check_versions(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the tests of the adapter have been run with the installed versions."""
    return list(untested(TESTED, "legacy_api.W001"))


@register("legacy_api")
def check_order(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the newer API comes after this one: the life cycle is that of every API but the last."""
    if mounted(LegacyApiConfig.name).is_old or len(apis()) == 1:
        return []
    return [
        Error(
            f"{LegacyApiConfig.name} is the last of APIS, and so the current API.",
            hint="APIS is in the order of the versions, oldest first.",
            id="legacy_api.E001",
        )
    ]
