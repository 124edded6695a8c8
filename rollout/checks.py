"""System checks of the life cycle. Ids are stable."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register

from rollout.lifecycle import lifecycle


@register("rollout")
def check_dates(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """V1 does not end before its clients are warned."""
    current = lifecycle()
    if current.sunset_at is None:
        return []
    if current.deprecated_at is None or current.sunset_at < current.deprecated_at:
        return [
            Error(
                "V1_SUNSET_AT is set, but v1 is not deprecated before: its clients would not be warned.",
                hint="Set V1_DEPRECATED_AT to a moment that is not after V1_SUNSET_AT.",
                id="rollout.E001",
            )
        ]
    return []
