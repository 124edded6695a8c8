"""When v1 is deprecated, browned out and gone, and what its answers say of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.http import http_date

OLD = "api/v1/"
NEW = "api/v2/"


@dataclass(frozen=True, slots=True)
class Brownout:
    """A time, announced before, at which v1 answers as it will after its sunset; `end` is no part of it."""

    start: datetime
    length: timedelta

    def covers(self, moment: datetime) -> bool:
        """Say whether a moment is part of it."""
        return self.start <= moment < self.start + self.length


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The dates of v1, aware, and the page that tells its clients what to do; None for what is not decided."""

    deprecated_at: datetime | None = None
    sunset_at: datetime | None = None
    guide: str | None = None
    brownouts: Sequence[Brownout] = ()

    def is_retired(self, now: datetime) -> bool:
        """Say whether v1 is switched off at this moment, for now or for good."""
        if self.sunset_at is not None and now >= self.sunset_at:
            return True
        return any(brownout.covers(now) for brownout in self.brownouts)

    def headers(self, *, successor: str) -> dict[str, str]:
        """Give what every answer of v1 carries once something is decided.

        :param successor: the same path on v2.
        """
        found: dict[str, str] = {}
        if self.deprecated_at is not None:
            # RFC 9745 section 2.1: a structured-field date (RFC 9651 section 3.3.7).
            found["Deprecation"] = f"@{int(self.deprecated_at.timestamp())}"
        if self.sunset_at is not None:
            # RFC 8594 section 3.
            found["Sunset"] = http_date(self.sunset_at.timestamp())
        if not found:
            return {}
        links = [f'<{successor}>; rel="successor-version"']  # RFC 5829 section 3.3
        if self.guide:
            # RFC 9745 section 3 and RFC 8594 section 6.
            links += [f'<{self.guide}>; rel="{rel}"; type="text/html"' for rel in self._guided()]
        return {**found, "Link": ", ".join(links)}

    def _guided(self) -> list[str]:
        dates = (("deprecation", self.deprecated_at), ("sunset", self.sunset_at))
        return [rel for rel, date in dates if date is not None]


def lifecycle() -> Lifecycle:
    """Give the life cycle that the settings say."""
    return Lifecycle(
        deprecated_at=getattr(settings, "V1_DEPRECATED_AT", None),
        sunset_at=getattr(settings, "V1_SUNSET_AT", None),
        guide=getattr(settings, "V1_GUIDE_URL", None) or None,
        brownouts=[Brownout(start, length) for start, length in getattr(settings, "V1_BROWNOUTS", ())],
    )
