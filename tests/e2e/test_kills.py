"""Workers and whole services killed at any point of a sign-up (docs/threats.md, row 26), many callers meanwhile."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.e2e.client import Api
from tests.e2e.conftest import Note
from tests.e2e.databases import Database, new_database
from tests.e2e.load import PREFIXES, Load, under_load
from tests.e2e.servers import Service, mortal_service, running_service
from tests.e2e.synthetic_github import fields, inventive_github
from tests.e2e.temporary_servers import private_redis

pytestmark = [pytest.mark.e2e, pytest.mark.threat(26)]

SHARED = pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.redis])
WORKERS = {"postgres": 3, "sqlite": 1}
KILLS = {"postgres": 9, "sqlite": 4}
PAUSE = {"postgres": (0.05, 1.0), "sqlite": (0.05, 0.6)}
"""Seconds of load before each kill, at least and at most."""


@pytest.fixture(params=["sqlite", SHARED])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An empty database for each test."""
    with new_database(request.param, tmp_path_factory.mktemp("killed")) as database:
        yield database


@pytest.fixture
def environment(database: Database) -> Iterator[dict[str, str]]:
    """Several workers where the database lets there be several; limits that are counted and never reached."""
    common = {"WEB_CONCURRENCY": str(WORKERS[database.vendor]), "TRUSTED_PROXIES": "1", "THROTTLE_ANONYMOUS": "60/min"}
    with github_stub() as github:
        if database.vendor == "sqlite":
            yield {**common, **github.environment}
            return
        with private_redis() as redis:
            yield {**common, **github.environment, "REDIS_URL": redis.url}


@pytest.fixture
def seed(note: Note) -> int:
    """What decides who is killed and when; TEST_SEED repeats a run."""
    seed = int(os.environ.get("TEST_SEED") or random.SystemRandom().randrange(1_000_000))
    note("TEST_SEED", seed)
    return seed


def kill_workers(service: Service, times: int, pauses: tuple[float, float], seed: int, load: Load) -> int:
    """Kill one of the service's workers so many times, each in the middle of work; give how many were."""
    chance, killed = random.Random(seed), 0  # noqa: S311 - no secret
    while killed < times:
        load.promised_since(time.monotonic())
        time.sleep(chance.uniform(*pauses))
        workers = service.workers
        if not workers:
            continue
        with suppress(ProcessLookupError):
            os.kill(chance.choice(workers), signal.SIGKILL)
            killed += 1
    return killed


def assert_whole(load: Load, database: Database, service: str, killed: int, note: Note) -> None:
    """No half of a sign-up is left, each promise stands, and the service goes on."""
    lost, orphans = load.lost(database), database.orphans()
    note("killed", killed)
    note("acknowledged sign-ups, lost", f"{len(load.promises)}, {len(lost)}")
    note("orphans", len(orphans))
    note("calls cut off", load.broken)
    note("answers", dict(load.answers))
    assert (lost, orphans, load.odd) == ([], [], [])
    users, accounts = (database.counts()[table] for table in ("auth_user", "social_auth_usersocialauth"))
    assert users == accounts
    assert set(load.answers) <= {"201 created", "201 signed_in"}
    by_person = {(one.number, one.user) for one in load.promises}
    assert len(by_person) == len({number for number, _ in by_person}) == len({user for _, user in by_person})
    assert Load(service).refused(load.promises) == []
    for prefix in PREFIXES:
        assert Api(service, prefix).sign_up(fields(3, "newt")).status_code == 201


def test_workers_are_killed(database: Database, environment: dict[str, str], seed: int, note: Note) -> None:
    """Killed at random points while four callers at a time sign the same people up over all versions."""
    with running_service(None, database_url=database.url, **environment) as service:
        with under_load(service.url, first=1000, callers=12, headers=True) as load:
            vendor = database.vendor
            killed = kill_workers(service, KILLS[vendor], PAUSE[vendor], seed, load)
            load.promised_since(time.monotonic())
        assert_whole(load, database, service.url, killed, note)
        assert load.broken > 0


def test_the_service_is_killed(database: Database, environment: dict[str, str], seed: int, note: Note) -> None:
    """Master and workers at once, in the middle of sign-ups; another one starts on what there is."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    with (
        mortal_service(None, database_url=database.url, **environment) as first,
        under_load(first.url, first=1000, callers=12, headers=True) as load,
    ):
        load.promised_since(time.monotonic())
        time.sleep(chance.uniform(0.5, 2.0))
        first.kill()
    with running_service(None, database_url=database.url, **environment) as second:
        assert_whole(load, database, second.url, 1, note)
