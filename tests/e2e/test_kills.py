"""Workers and services killed at random points of sign-ups, under load (docs/threats.md, row 26)."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests import proxied_sandbox
from tests.e2e.client import Api
from tests.e2e.conftest import Note
from tests.e2e.databases import Database, new_database
from tests.e2e.load import PREFIXES, Load, under_load
from tests.e2e.servers import Service, killable_service, running_service
from tests.e2e.synthetic_github import fields, synthetic_github
from tests.e2e.temporary_servers import temporary_redis

pytestmark = [pytest.mark.e2e, pytest.mark.threat(26)]

SHARED = pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.redis])
WORKERS = {"postgres": 3, "sqlite": 1}
KILLS = 6
PAUSE = (0.05, 0.8)
"""The least and the greatest number of seconds of load before each kill."""
ON_POSTGRES = pytest.mark.parametrize("database", [SHARED], indirect=True)
"""With one worker, as on SQLite, the kill of a worker is that of the service."""
SAMPLE = 100
"""How many of the first and of the last acknowledged tokens are used; the database is searched for all."""


@pytest.fixture(params=["sqlite", SHARED])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An empty database for each test."""
    with new_database(request.param, tmp_path_factory.mktemp("killed")) as database:
        yield database


@pytest.fixture
def environment(database: Database) -> Iterator[dict[str, str]]:
    """Several workers on PostgreSQL, one on SQLite; rate limits that are counted and never reached."""
    common = {
        "WEB_CONCURRENCY": str(WORKERS[database.vendor]),
        "TRUSTED_PROXIES": "1",
        "DJANGO_SETTINGS_MODULE": proxied_sandbox.__name__,
        "THROTTLE_ANONYMOUS": "60/min",
    }
    with synthetic_github() as github:
        if database.vendor == "sqlite":
            yield {**common, **github.environment}
            return
        with temporary_redis() as redis:
            yield {**common, **github.environment, "REDIS_URL": redis.url}


@pytest.fixture
def seed(note: Note) -> int:
    """The seed of the random kills; set TEST_SEED to repeat a run."""
    seed = int(os.environ.get("TEST_SEED") or random.SystemRandom().randrange(1_000_000))
    note("TEST_SEED", seed)
    return seed


def kill_workers(service: Service, times: int, seed: int, load: Load) -> int:
    """Kill a random worker so many times, each time after a sign-up; return the number of kills.

    A killed worker may have had no call, if it has just started. There are more kills until one has cut off a call.
    """
    chance, killed = random.Random(seed), 0  # noqa: S311 - no secret
    while killed < times or (not load.broken and killed < 5 * times):
        load.wait_for_next(time.monotonic())
        time.sleep(chance.uniform(*PAUSE))
        workers = service.workers
        if not workers:
            continue
        with suppress(ProcessLookupError):
            os.kill(chance.choice(workers), signal.SIGKILL)
            killed += 1
    return killed


def assert_consistent(load: Load, database: Database, service: str, killed: int, note: Note) -> None:
    """Check that no sign-up is incomplete, all acknowledged ones are stored, and the service answers."""
    lost, orphans = load.lost(database), database.orphans()
    note("killed", killed)
    note("acknowledged sign-ups, lost", f"{len(load.acknowledged)}, {len(lost)}")
    note("orphans", len(orphans))
    note("calls cut off", load.broken)
    note("answers", dict(load.answers))
    assert (lost, orphans, load.unexpected) == ([], [], [])
    users, accounts = (database.counts()[table] for table in ("auth_user", "social_auth_usersocialauth"))
    assert users == accounts
    assert set(load.answers) <= {"201 created", "201 signed_in"}
    by_number = {(one.number, one.user) for one in load.acknowledged}
    assert len(by_number) == len({number for number, _ in by_number}) == len({user for _, user in by_number})
    assert Load(service).refused(load.acknowledged[:SAMPLE] + load.acknowledged[-SAMPLE:]) == []
    for prefix in PREFIXES:
        assert Api(service, prefix).sign_up(fields(3, "newt")).status_code == 201


@ON_POSTGRES
def test_workers_are_killed(database: Database, environment: dict[str, str], seed: int, note: Note) -> None:
    """No acknowledged sign-up is lost and none is incomplete while four callers sign up each user on all versions."""
    with running_service(None, database_url=database.url, **environment) as service:
        with under_load(service.url, first=1000, callers=12, headers=True) as load:
            killed = kill_workers(service, KILLS, seed, load)
            load.wait_for_next(time.monotonic())
        assert_consistent(load, database, service.url, killed, note)
        assert load.broken > 0


def test_the_service_is_killed(database: Database, environment: dict[str, str], seed: int, note: Note) -> None:
    """The same after a kill of master and workers, and a start of another service on the database."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    with (
        killable_service(None, database_url=database.url, **environment) as first,
        under_load(first.url, first=1000, callers=12, headers=True) as load,
    ):
        load.wait_for_next(time.monotonic())
        time.sleep(chance.uniform(0.5, 2.0))
        first.kill()
    with running_service(None, database_url=database.url, **environment) as second:
        assert_consistent(load, database, second.url, 1, note)
