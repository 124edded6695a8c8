"""Traffic of a year, the same each time: app builds that come and go, weekdays, two brownouts, and their users.

As a program it fills the database of `DATABASE_URL`, for a look at the dashboard:
`python -m tests.rollout.traffic nearly_done`; it makes a superuser, `ripley` with the password `nostromo`.
"""

import os
import sys
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from math import exp, sin
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollout.models import DailyCalls

KINDS = (
    ("social_sign_up", "signed_in", 0.52),
    ("social_sign_up", "created", 0.07),
    ("social_sign_up", "token_rejected", 0.03),
    ("social_sign_up", "provider_timeout", 0.004),
    ("user", "ok", 0.2),
    ("user", "invalid_credentials", 0.02),
    ("social_account", "ok", 0.06),
    ("provider", "ok", 0.096),
)
WEEKDAYS = (1.0, 0.98, 0.97, 1.0, 1.08, 1.22, 1.15)
BROWNOUTS = (25, 11)
"""Days before today on which some of v1's calls were refused."""
REFUSED = 0.5


@dataclass(frozen=True)
class Build:
    """A build of an app.

    Attributes:
        peak: Calls a day when it has most users.
        moves: Days before today around which its users leave or arrive, along a logistic curve.
        over: The scale of the curve in days; negative: its users arrive.
    """

    name: str
    version: str
    peak: float
    moves: int | None = None
    over: float = 30

    def calls(self, ago: int) -> float:
        """Return the calls on a day, given in days before today."""
        campaigns = 1 + 0.12 * sin(ago // 7 * 2.3 + len(self.name)) + 0.04 * sin(ago * 1.7)
        weekday = WEEKDAYS[ago % 7] * campaigns
        if self.moves is None:
            return self.peak * weekday
        return self.peak * weekday / (1 + exp((self.moves - ago) / self.over))


@dataclass(frozen=True)
class Situation:
    """Builds over this number of days, and users who call v1 only, both, or v2 only."""

    days: int
    builds: tuple[Build, ...]
    users: tuple[int, int, int]


_GOING = (
    Build("ShopApp/2.1", "v1", 5200, moves=230, over=24),
    Build("ShopApp/2.4", "v1", 3900, moves=112, over=36),
    Build("ShopApp-Android/5.2", "v1", 4400, moves=105, over=36),
    Build("Backoffice/7.0", "v1", 640, moves=190, over=14),
    Build("okhttp/4.12", "v1", 420, moves=80, over=40),
)
_COMING = (
    Build("ShopApp/3.0", "v2", 9800, moves=140, over=-30),
    Build("ShopApp-Android/6.0", "v2", 6100, moves=115, over=-28),
    Build("Backoffice/8.0", "v2", 700, moves=190, over=-14),
)
SITUATIONS = {
    "just_started": Situation(
        10,
        (
            Build("ShopApp/2.4", "v1", 5200),
            Build("ShopApp-Android/5.2", "v1", 4400),
            Build("Backoffice/7.0", "v1", 640),
            Build("ShopApp/3.0", "v2", 90),
        ),
        (320, 4, 3),
    ),
    "nearly_done": Situation(365, _GOING + _COMING, (31, 44, 640)),
    "stuck": Situation(365, (*_GOING, Build("LegacyPOS/1.0", "v1", 1150), *_COMING), (88, 40, 600)),
    "done": Situation(
        365,
        (*(Build(one.name, one.version, one.peak, (one.moves or 0) + 300, one.over) for one in _GOING), *_COMING),
        (0, 0, 706),
    ),
}


def rows(situation: Situation, today: date, days: int) -> Iterator["DailyCalls"]:
    """Return the ledger of a situation, of at most this number of days."""
    from rollout.models import DailyCalls  # noqa: PLC0415 - after django.setup(), where this is a program

    for ago in reversed(range(min(days, situation.days))):
        for build in situation.builds:
            for resource, outcome, number in _kinds(build, ago):
                yield DailyCalls(
                    day=today - timedelta(days=ago),
                    version=build.version,
                    client=build.name,
                    resource=resource,
                    outcome=outcome,
                    calls=number,
                )


def _kinds(build: Build, ago: int) -> Iterator[tuple[str, str, int]]:
    calls = build.calls(ago)
    if build.version == "v1" and ago in BROWNOUTS:
        yield from _some("social_sign_up", "version_retired", calls * REFUSED)
        calls *= 1 - REFUSED
    for resource, outcome, part in KINDS:
        yield from _some(resource, outcome, calls * part)


def _some(resource: str, outcome: str, calls: float) -> Iterator[tuple[str, str, int]]:
    if round(calls):
        yield resource, outcome, round(calls)


def fill(name: str, now: datetime, *, days: int = 366) -> None:
    """Write a situation as of a moment, of at most this number of days, and its users."""
    from django.contrib.auth.models import User  # noqa: PLC0415 - likewise

    from rollout.models import DailyCalls, LastCall  # noqa: PLC0415 - likewise

    situation = SITUATIONS[name]
    DailyCalls.objects.bulk_create(rows(situation, now.date(), days), batch_size=2000)
    only_old, both, only_new = situation.users
    versions = [("v1",)] * only_old + [("v1", "v2")] * both + [("v2",)] * only_new
    people = User.objects.bulk_create(
        User(username=f"person-{number}", password="!") for number in range(len(versions))
    )
    LastCall.objects.bulk_create(
        LastCall(
            user=person,
            version=version,
            at=now - timedelta(hours=number % 500),
            client=_client(situation, version, number),
        )
        for number, (person, called) in enumerate(zip(people, versions, strict=True))
        for version in called
    )


def _client(situation: Situation, version: str, number: int) -> str:
    """Return the client of a user's last call: each build has as many users as its part of the calls of that day."""
    ago = number % 500 // 24
    builds = [build for build in situation.builds if build.version == version]
    reached = list(accumulate(build.calls(ago) for build in builds))
    return builds[bisect(reached, number * 0.618034 % 1 * reached[-1])].name


def main() -> None:
    """Fill the database of the environment as of now, and create a staff user."""
    import django  # noqa: PLC0415 - only where this is a program

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.contrib.auth.models import User  # noqa: PLC0415 - after django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - likewise

    call_command("migrate", verbosity=0)
    User.objects.create_superuser("ripley", password="nostromo")
    for name in sys.argv[1:]:
        fill(name, datetime.now(UTC))


if __name__ == "__main__":
    main()
