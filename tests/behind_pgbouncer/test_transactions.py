"""pgbouncer in `transaction` mode: four connections to PostgreSQL serve many clients (docs/scaling.md)."""

import time
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest

from tests.behind_pgbouncer.pgbouncer import Bouncer, running_pgbouncer
from tests.e2e.client import Api
from tests.e2e.databases import Database, new_database
from tests.e2e.load import PREFIXES, at_once
from tests.e2e.servers import Service, running_service
from tests.e2e.synthetic_github import fields, synthetic_github
from tests.e2e.temporary_servers import temporary_redis

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.redis]

FEW = 4
CALLERS = 40
ALIKE = ("newt", "Newt", "NEWT", "nEWT", "neWt")
"""Equal without regard to case, but five names to the database's unique index: only the lock prevents duplicates."""
LINKED = 1000
"""The difference between the ids of a person's two accounts."""
SOON = 30.0


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The database, with another time zone than the service, which therefore sets its own in each session."""
    with new_database("postgres", tmp_path_factory.mktemp("database")) as database:
        database.execute(f"ALTER DATABASE {urlsplit(database.url).path[1:]} SET timezone TO 'Asia/Tokyo'")
        yield database


@pytest.fixture(scope="module")
def bouncer(database: Database) -> Iterator[Bouncer]:
    """pgbouncer in front of the database."""
    with running_pgbouncer(database, FEW) as bouncer:
        yield bouncer


@pytest.fixture(scope="module")
def service(bouncer: Bouncer) -> Iterator[Service]:
    """Two processes, each with a pool that is larger than pgbouncer's."""
    with temporary_redis() as redis, synthetic_github() as github:
        environment = {"WEB_CONCURRENCY": "2", "REDIS_URL": redis.url, "LEDGER_FLUSH_SECONDS": "0.2"}
        with running_service(None, database_url=bouncer.url, **environment, **github.environment) as service:
            yield service


def use_both_apis(service: Service, number: int) -> tuple[str, int]:
    """Sign up, sign in, link and disconnect, on both versions in turn; return the username and the number of calls."""
    here, there = (Api(service.url, PREFIXES[(number + step) % len(PREFIXES)]) for step in range(2))
    one, other = (
        fields(each, f"{ALIKE[number % len(ALIKE)]}-{number // len(ALIKE)}") for each in (number, number + LINKED)
    )
    created, known = here.sign_up(one).json(), there.sign_up(one).json()
    assert (created["outcome"], known["outcome"], known["id"]) == ("created", "signed_in", created["id"])

    here, there = here.as_user(known["token"]), there.as_user(created["token"])
    read = there.get("user/").json()["objects"]
    assert [(who["id"], who["username"]) for who in read] == [(created["id"], created["username"])]
    assert here.sign_up(other).json()["outcome"] == "linked"
    first, second = there.get("social_account/").json()["objects"]
    assert (first["uid"], second["uid"]) == (str(number), str(number + LINKED))
    assert there.delete(f"social_account/{first['id']}/").status_code == 204
    refused = here.delete(f"social_account/{second['id']}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_login_method")
    return created["username"], 7


def test_many_at_once_share_few_connections(service: Service, bouncer: Bouncer, database: Database) -> None:
    """No user is orphaned, each name is given once, and each call is counted once."""
    names, calls = zip(*at_once([partial(use_both_apis, service, number) for number in range(CALLERS)]), strict=True)

    assert (database.orphans(), database.counts()["auth_user"]) == ([], CALLERS)
    had = {name.lower() for name in names}
    assert len(had) == CALLERS
    assert had >= {f"newt-{which}" for which in range(CALLERS // len(ALIKE))}
    until = time.monotonic() + SOON
    while counted(database) < sum(calls):
        assert time.monotonic() < until, "the ledger is not written"
        time.sleep(0.05)
    assert counted(database) == sum(calls)
    assert bouncer.clients() > FEW
    # pgbouncer keeps a connection that it has opened: there never were more. The test's own session, which has read the
    # ledger, may exist for a moment after its end.
    while (connections := len(database.sessions())) > FEW:
        assert time.monotonic() < until, connections
        time.sleep(0.05)
    assert connections == FEW


def test_times_are_utc_in_any_time_zone(service: Service, database: Database) -> None:
    """The times in a token's answer are those in its row."""
    api = Api(service.url, PREFIXES[0])
    token = api.sign_up(fields(CALLERS, "jones")).json()
    (shown,) = api.as_user(token["token"]).get("token/").json()["objects"]
    columns = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
    columns = ", ".join(columns.format(name) for name in ("created", "expires_at"))
    (stored,) = database.rows(f"SELECT {columns} FROM social_accesstoken WHERE id = {shown['id']}")  # noqa: S608 - ours
    assert (shown["created"], shown["expires_at"]) == stored


def counted(database: Database) -> int:
    """Return the number of calls that the ledger has written."""
    ((number,),) = database.rows("SELECT coalesce(sum(calls), 0) FROM rollout_dailycalls")
    return int(number)
