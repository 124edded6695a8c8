"""A year of a migration, for the dashboard of the demo: calls, users, the plan of v1 and its brownouts.

`python -m demo.seeded_year` writes it to the database of the environment, which must be the demo's own: in the demo's
temporary folder, with the sandbox's providers, and without a plan. The rows depend on the moment alone, so two demos of
one day show the same.
"""

import os
import sys
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from math import exp, log, sin
from pathlib import Path
from typing import Any

from demo.programs import DATABASES_PREFIX

DAYS = 364
PEOPLE = 1500
GUIDE = "https://example.com/migrate"
DEPRECATED, SUNSET = timedelta(days=-150), timedelta(days=75)
"""The dates of v1, from today on."""
KINDS = (
    ("social_sign_up", "signed_in", 0.47),
    ("social_sign_up", "created", 0.06),
    ("social_sign_up", "token_rejected", 0.03),
    ("social_sign_up", "provider_timeout", 0.004),
    ("user", "ok", 0.26),
    ("user", "invalid_credentials", 0.02),
    ("social_account", "ok", 0.06),
    ("provider", "ok", 0.096),
)
"""Resource, outcome and part of a client's calls."""
WEEKDAYS = (1.0, 0.98, 0.97, 1.0, 1.08, 1.22, 1.15)
MIDDLE, SCALE = 112, 34
"""The curve on which people leave v1: half have left this number of days ago; its scale in days."""
STAYING = 20
"""Days within which the people who still use v1 called it."""


class RefusedError(Exception):
    """The database is not the demo's; the message says why."""


@dataclass(frozen=True, slots=True)
class Build:
    """A build of an app, which calls one version.

    Attributes:
        peak: Calls a day when most people use it.
        moves: Days before today around which its users leave or arrive; None: it does not change.
        over: The scale of that curve in days; negative: its users arrive.
    """

    name: str
    version: str
    peak: float
    moves: int | None = None
    over: int = SCALE

    def calls(self, ago: int) -> float:
        """Return the calls of a day, given in days before today."""
        season = (1 + 0.1 * sin(ago // 7 * 2.3 + len(self.name))) * WEEKDAYS[ago % 7]
        return self.peak * season * (1 if self.moves is None else 1 / (1 + exp((self.moves - ago) / self.over)))


BUILDS = (
    Build("ShopApp/2.1", "v1", 1500, moves=240, over=20),
    Build("ShopApp/2.4", "v1", 1300, moves=118, over=32),
    Build("ShopApp-Android/5.2", "v1", 1450, moves=108),
    Build("Backoffice/7.0", "v1", 190, moves=170, over=14),
    Build("okhttp/4.12", "v1", 120, moves=80, over=40),
    Build("LegacyPOS/1.0", "v1", 24),
    Build("okhttp/4.12", "v2", 110, moves=80, over=-40),
    Build("ShopApp/3.0", "v2", 2900, moves=130, over=-30),
    Build("ShopApp-Android/6.0", "v2", 1700, moves=112, over=-30),
    Build("Backoffice/8.0", "v2", 210, moves=170, over=-14),
)


@dataclass(frozen=True, slots=True)
class Brownout:
    """A brownout, from an hour (UTC) of a day before today on; a negative day is to come."""

    ago: int
    hour: int
    hours: int
    note: str
    client: str = ""
    share: int = 100

    def times(self, today: date) -> tuple[datetime, datetime]:
        """Return the start and the end."""
        start = datetime.combine(today - timedelta(days=self.ago), time(self.hour), UTC)
        return start, start + timedelta(hours=self.hours)

    def refuses(self, build: Build, ago: int) -> float:
        """Return the part of a client's calls of a day that it refused."""
        concerned = build.version == "v1" and self.client in {"", build.name}
        return self.hours / 24 * self.share / 100 if concerned and ago == self.ago else 0.0


BROWNOUTS = (
    Brownout(ago=39, hour=10, hours=1, note="First test, announced"),
    Brownout(ago=25, hour=9, hours=8, note="Second test, announced"),
    Brownout(ago=11, hour=8, hours=12, client="ShopApp/2.4", share=50, note="Build 3.0 is in the stores"),
    Brownout(ago=-6, hour=9, hours=8, note="Third test, announced"),
    Brownout(ago=-13, hour=0, hours=24, client="LegacyPOS/1.0", share=25, note="Its team does not answer mail"),
)


def calls(today: date, so_far: float) -> Iterator[dict[str, Any]]:
    """Yield the values of the ledger's rows, the oldest first.

    :param so_far: the part of today that is over, 0 to 1.
    """
    for ago in reversed(range(DAYS)):
        for build in BUILDS:
            made = build.calls(ago) * (1 if ago else so_far)
            refused = made * sum(each.refuses(build, ago) for each in BROWNOUTS)
            kinds = [(resource, outcome, part * (made - refused)) for resource, outcome, part in KINDS]
            for resource, outcome, number in (*kinds, ("social_sign_up", "version_retired", refused)):
                if round(number):
                    yield {
                        "day": today - timedelta(days=ago),
                        "version": build.version,
                        "client": build.name,
                        "resource": resource,
                        "outcome": outcome,
                        "calls": round(number),
                    }


def client_of(version: str, ago: float, chance: float) -> str:
    """Return a client that called a version on a day, given in days before today: one with many calls more often.

    :param chance: 0 to 1.
    """
    builds = [build for build in BUILDS if build.version == version]
    reached = list(accumulate(build.calls(int(ago)) for build in builds))
    return builds[bisect(reached, chance * reached[-1])].name


def last_calls(now: datetime) -> Iterator[dict[str, datetime]]:
    """Yield by version when each person last called it.

    People leave v1 on the curve of its builds. Of those who have not left, some use both versions.
    """
    for number in range(PEOPLE):
        part = (number + 0.5) / PEOPLE
        left = MIDDLE + SCALE * log(part / (1 - part))
        # A number that differs from person to person, and looks like chance: 0 to 1.
        chance = number * 0.618034 % 1
        recent = now - timedelta(days=STAYING * chance * chance)
        if left > STAYING:
            yield {"v2": recent} if left > DAYS else {"v1": now - timedelta(days=left), "v2": recent}
        else:
            yield {"v1": recent} if number % 5 < 2 else {"v1": recent, "v2": now - timedelta(days=chance)}


def fill(now: datetime) -> None:
    """Write everything.

    :raises RefusedError: the database is not the demo's own.
    """
    from django.apps import apps  # noqa: PLC0415 - after django.setup()
    from django.db import transaction  # noqa: PLC0415 - likewise

    # The demo imports nothing of the service (pyproject.toml), so the models are looked up by name.
    ledger, last_call, plan, brownout = (
        apps.get_model("rollout", name) for name in ("DailyCalls", "LastCall", "Plan", "Brownout")
    )
    user = apps.get_model("auth", "User")
    _require_demo_database(plan.objects.exists())
    midnight = datetime.combine(now.date(), time(), UTC)
    with transaction.atomic():
        today_so_far = (now - midnight) / timedelta(days=1)
        ledger.objects.bulk_create(ledger(**row) for row in calls(now.date(), today_so_far))
        moments = list(last_calls(now))
        people = user.objects.bulk_create(_people(user, moments, now))
        last_call.objects.bulk_create(
            last_call(
                user=person,
                version=version,
                at=at,
                client=client_of(version, (now - at) / timedelta(days=1), number * 0.618034 % 1),
            )
            for number, (person, versions) in enumerate(zip(people, moments, strict=True))
            for version, at in versions.items()
        )
        plan.objects.create(pk=1, deprecated_at=midnight + DEPRECATED, sunset_at=midnight + SUNSET, guide=GUIDE)
        for each in BROWNOUTS:
            start, end = each.times(now.date())
            brownout.objects.create(start=start, end=end, share=each.share, client=each.client, note=each.note)


def _people(user: Any, moments: Sequence[object], now: datetime) -> Iterator[Any]:
    for number in range(len(moments)):
        joined = now - timedelta(days=DAYS - number * 300 / PEOPLE)
        # "!": a password that nobody can type.
        yield user(username=f"customer-{number + 1:04}", password="!", date_joined=joined)  # noqa: S106 - no password


def _require_demo_database(planned: bool) -> None:
    """Raise RefusedError unless the database is the demo's temporary one, without a plan of v1."""
    from django.conf import settings  # noqa: PLC0415 - after django.setup()

    database = settings.DATABASES["default"]
    is_temporary = Path(database["NAME"]).parent.name.startswith(DATABASES_PREFIX)
    if not (getattr(settings, "SANDBOX", False) and database["ENGINE"].endswith(".sqlite3") and is_temporary):
        raise RefusedError("This is not the demo: its providers are the sandbox's, its database a temporary one.")
    if planned:
        raise RefusedError("The database has a plan of v1 already.")


def main() -> int:
    """Fill the database of the environment as of now."""
    import django  # noqa: PLC0415 - only where this is a program

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    try:
        fill(datetime.now(UTC))
    except RefusedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
