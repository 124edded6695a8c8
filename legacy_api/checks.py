"""System checks of the adapter."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.checks import CheckMessage, register

from social.versions import untested

TESTED: Mapping[str, tuple[str, ...]] = {"django-tastypie": ("0.15",), "Django": ("5.2", "6.0", "6.1")}
"""The versions that the adapter is tested with. Tastypie 0.15 names no Django after 5.2 itself."""


@register("legacy_api")
def check_versions(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the tests of the adapter have been run with the installed versions."""
    return list(untested(TESTED, "legacy_api.W001"))
