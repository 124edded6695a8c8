"""The life cycle of v1: when it is deprecated, browned out and retired, and the headers of its answers."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from django.utils.http import http_date

from rollout import models, plan
from rollout.clients import product_of
from shared.http.logs import RateLimitedLog
from shared.http.settings import setting
from shared.http.urls import is_header_url

ALL = 100
"""Percent."""

_contradicted = RateLimitedLog(
    logging.getLogger("tandem.lifecycle"),
    "The plan of v1 has a sunset without a deprecation before it: the sunset is ignored (rollout.W001).",
)


@dataclass(frozen=True, slots=True)
class Brownout:
    """An announced time in which v1 answers as it will after its sunset; the end is exclusive.

    Attributes:
        share: The percentage of requests that are refused.
        client: The client whose requests are refused: `ShopApp/2.1`, `ShopApp` for all its versions, empty for all.
    """

    start: datetime
    length: timedelta
    share: int = ALL
    client: str = ""

    @property
    def end(self) -> datetime:
        """The first moment after the brownout."""
        return self.start + self.length

    def covers(self, moment: datetime) -> bool:
        """Return True if the moment is within the brownout."""
        return self.start <= moment < self.end

    def concerns(self, client: str) -> bool:
        """Return True if requests of this client, as `rollout.clients` names it, are refused."""
        return is_named(client, self.client)


def is_named(client: str, name: str) -> bool:
    """Return True if a brownout's `name` names a client: the build, all builds of its app, or all clients."""
    return name in {"", client, product_of(client)}


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The dates of v1, aware, and the page that tells its clients what to do; None if not decided."""

    deprecated_at: datetime | None = None
    sunset_at: datetime | None = None
    guide: str | None = None
    brownouts: Sequence[Brownout] = ()

    @property
    def is_contradictory(self) -> bool:
        """True if v1 would end before it is deprecated."""
        return self.sunset_at is not None and (self.deprecated_at is None or self.sunset_at < self.deprecated_at)

    def without_contradiction(self) -> Self:
        """Return the life cycle without a contradictory sunset, so that a mistake in the dates refuses no client."""
        return replace(self, sunset_at=None) if self.is_contradictory else self

    @property
    def is_announced(self) -> bool:
        """True if there is a date, and so headers."""
        return self.deprecated_at is not None or self.sunset_at is not None

    def refused(self, now: datetime, client: str = "") -> int:
        """Return the percentage of a client's requests that v1 refuses at this moment; 100 after the sunset.

        :param client: empty for a client that no brownout names.
        """
        if self.sunset_at is not None and now >= self.sunset_at:
            return ALL
        shares = (brownout.share for brownout in self.brownouts if brownout.covers(now) and brownout.concerns(client))
        return max(shares, default=0)

    def is_retired(self, now: datetime) -> bool:
        """Return True if v1 is switched off for all clients at this moment, by a brownout or for good."""
        return self.refused(now) >= ALL

    def headers(self, *, successor: str) -> dict[str, str]:
        """Return the headers of every answer of v1; none if neither date is decided.

        :param successor: the same path on v2.
        """
        found: dict[str, str] = {}
        if self.deprecated_at is not None:
            # RFC 9745 section 2.1: a structured-field date (RFC 9651 section 3.3.7).
            found["Deprecation"] = f"@{_seconds(self.deprecated_at)}"
        if self.sunset_at is not None:
            # RFC 8594 section 3.
            found["Sunset"] = http_date(_seconds(self.sunset_at))
        if not found:
            return {}
        links = [f'<{successor}>; rel="successor-version"']  # RFC 5829 section 3.3
        if self.guide and is_header_url(self.guide):
            # RFC 9745 section 3 and RFC 8594 section 6.
            links += [f'<{self.guide}>; rel="{rel}"; type="text/html"' for rel in self._guided()]
        return {**found, "Link": ", ".join(links)}

    def _guided(self) -> list[str]:
        dates = (("deprecation", self.deprecated_at), ("sunset", self.sunset_at))
        return [rel for rel, date in dates if date is not None]


def _seconds(moment: datetime) -> int:
    # Without the fraction: at the end of the year 9999 a float would round up to a second that does not exist.
    return int(moment.replace(microsecond=0).timestamp())


def of_settings() -> Lifecycle:
    """Return the life cycle of the settings."""
    return Lifecycle(
        deprecated_at=setting("V1_DEPRECATED_AT"),
        sunset_at=setting("V1_SUNSET_AT"),
        guide=setting("V1_GUIDE_URL") or None,
        brownouts=[Brownout(start, length) for start, length in setting("V1_BROWNOUTS", ())],
    )


def of_row(row: models.Brownout) -> Brownout:
    """Return the brownout that staff have saved."""
    return Brownout(row.start, row.end - row.start, row.share, row.client)


def merged(saved: plan.Saved) -> Lifecycle:
    """Return the life cycle of the settings, overridden by the saved plan and with the saved brownouts added."""
    configured = of_settings()
    return Lifecycle(
        deprecated_at=saved.plan.deprecated_at or configured.deprecated_at,
        sunset_at=saved.plan.sunset_at or configured.sunset_at,
        guide=saved.plan.guide or configured.guide,
        brownouts=[
            *configured.brownouts,
            *map(of_row, saved.brownouts),
        ],
    )


def lifecycle() -> Lifecycle:
    """Return the life cycle in effect, and log that a sunset without a deprecation before it is ignored."""
    current = merged(plan.cache.saved())
    if current.is_contradictory:
        _contradicted.log()
    return current.without_contradiction()
