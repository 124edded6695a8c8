"""Batches are added to the rows: on both databases, by several processes at once, with users deleted meanwhile."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, connections
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from rollout.clients import NONE, OTHER
from rollout.ledger.counter import Batch, Group, Noted, Use
from rollout.ledger.retention import delete, old_rows
from rollout.ledger.store import Store
from rollout.models import ClientTeam, DailyCalls, LastCall
from tests.legacy_rows.conftest import used
from tests.rollout.ledger.conftest import Where, counts

pytestmark = pytest.mark.usefixtures("database")
DAY = 20_000


def groups(*clients: str, day: int = DAY, outcome: str = "ok") -> dict[Group, int]:
    """Return one call of each client."""
    return {Group(day, "v1", client, "user", outcome): 1 for client in clients}


def seconds(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> float:
    """Return a moment on a day of November 2026."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC).timestamp()


def last_calls() -> list[tuple[Any, str, datetime]]:
    return list(LastCall.objects.order_by("user", "version").values_list("user_id", "version", "at"))


def test_batches_add_up() -> None:
    """Equal groups share a row; others do not."""
    store = Store()
    store.write(Batch(groups("A/1", "B/1")))
    store.write(Batch({Group(DAY, "v1", "A/1", "user", "ok"): 41}))
    Store().write(Batch(groups("A/1", outcome="not_found")))
    assert counts() == {
        ("v1", "A/1", "user", "ok"): 42,
        ("v1", "B/1", "user", "ok"): 1,
        ("v1", "A/1", "user", "not_found"): 1,
    }
    assert set(DailyCalls.objects.values_list("day", flat=True)) == {date(2024, 10, 4)}


def test_a_large_batch_is_one_transaction() -> None:
    """It needs several statements and one transaction."""
    clients = [f"App{number % 7}/{number}" for number in range(150)]
    with CaptureQueriesContext(connection) as captured:
        Store().write(Batch(groups(*clients), users_clients=set(clients)))
    assert DailyCalls.objects.count() == 150
    statements = [query["sql"] for query in captured]
    assert sum(sql.startswith("INSERT") for sql in statements) == 2
    assert sum(sql.startswith("BEGIN") for sql in statements) == 1


def test_processes_do_not_deadlock(database: Where) -> None:
    """Four processes write the same groups in different orders, with users; every call is counted."""
    users = [User.objects.create(username=f"user-{number}").pk for number in range(5)]
    clients = [f"App/{number}" for number in range(40)]

    def write(turn: int) -> None:
        with used(**database):
            store = Store()
            for again in range(6):
                order = clients if (turn + again) % 2 else clients[::-1]
                store.write(Batch(groups(*order), {Use(pk, "v1"): Noted(1e9 + again) for pk in users}, set(order)))

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(4)))
    assert counts() == {("v1", client, "user", "ok"): 24 for client in clients}
    assert {at.timestamp() for _, _, at in last_calls()} == {1e9 + 5}


class Elsewhere:
    """A project's router: one database for writing, and replicas."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "replica"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "primary"


def test_a_projects_router_is_used(settings: Any) -> None:
    """All queries go to the database for writing, not to the default or a replica."""
    ripley = User.objects.create(username="ripley").pk
    settings.DATABASE_ROUTERS = [Elsewhere()]
    connections["primary"] = connections["default"]
    try:
        with used(ENGINE="django.db.backends.sqlite3", NAME=":memory:"):
            Store().write(Batch(groups("A/1"), {Use(ripley, "v1"): Noted(time.time())}, {"A/1"}))
            assert DailyCalls.objects.using("primary").get().client == "A/1"
            assert LastCall.objects.using("primary").get().user_id == ripley
            assert [sum(delete(rows, batch_size=1)) for rows in old_rows().values()] == [1, 0]
    finally:
        del connections["primary"]


def test_a_last_call_never_goes_back() -> None:
    """An earlier call written later by another process does not replace it."""
    ripley = User.objects.create(username="ripley").pk
    for moment in (seconds(24, 12), seconds(24, 11, 59), seconds(24, 12, 0, 1), seconds(23)):
        Store().write(Batch(groups("A/1"), {Use(ripley, "v1"): Noted(moment), Use(str(ripley), "v2"): Noted(moment)}))
    latest = datetime(2026, 11, 24, 12, 0, 1, tzinfo=UTC)
    assert last_calls() == [(ripley, "v1", latest), (ripley, "v2", latest)]


def test_the_client_of_the_last_call() -> None:
    """It is replaced together with the time; a client without rows of its own is `(other)`, as in the counts."""
    ripley = User.objects.create(username="ripley").pk

    def write(client: str, second: int, day: int = 24) -> str:
        at = seconds(day, 12, 0, second)
        Store().write(Batch(groups(client, day=int(at // (24 * 60 * 60))), {Use(ripley, "v1"): Noted(at, client)}))
        return LastCall.objects.get().client

    assert write("A/1", 2) == "A/1"
    assert write("B/1", 1) == "A/1"
    assert write(NONE, 3) == NONE
    with override_settings(LEDGER_CLIENTS=2):
        assert write("C/1", 4) == OTHER


def test_the_previous_release_goes_on() -> None:
    """It inserts rows without a client, on both databases."""
    ripley = User.objects.create(username="ripley").pk
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rollout_lastcall (user_id, version, at) VALUES (%s, 'v1', '2026-11-24T12:00:00+00:00')",
            [ripley],
        )
    assert LastCall.objects.get().client == ""


def test_a_deleted_user_is_skipped() -> None:
    """The counts are written."""
    ripley, gone = (User.objects.create(username=name) for name in ("ripley", "gone"))
    gone_pk = gone.pk
    Store().write(Batch(groups("A/1"), {Use(gone_pk, "v1"): Noted(seconds(1))}))
    gone.delete()
    Store().write(
        Batch(groups("A/1"), {Use(gone_pk, "v1"): Noted(seconds(2)), Use(ripley.pk, "v1"): Noted(seconds(2))})
    )
    assert [user for user, _, _ in last_calls()] == [ripley.pk]
    assert counts() == {("v1", "A/1", "user", "ok"): 2}


def test_a_user_deleted_meanwhile_delays_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the batch is written then, and all of it the next time."""
    gone, store = User.objects.create(username="gone"), Store()
    batch = Batch(groups("A/1"), {Use(gone.pk, "v1"): Noted(seconds(2))})
    with monkeypatch.context() as patch:
        # As if the user was deleted between the query and the commit.
        patch.setattr("rollout.ledger.store.LastCall", lambda **given: LastCall(**{**given, "user_id": 10**6}))
        with pytest.raises(IntegrityError):
            store.write(batch)
    assert counts() == {}
    store.write(batch)
    assert counts() == {("v1", "A/1", "user", "ok"): 1}


class TestClientQuota:
    """LEDGER_CLIENTS clients a day have rows of their own, over all processes."""

    @pytest.fixture(autouse=True)
    def _six(self, settings: Any) -> None:
        settings.LEDGER_CLIENTS = 6

    @staticmethod
    def named(day: str = "2024-10-04") -> dict[str, int]:
        rows = DailyCalls.objects.filter(day=day)
        return {
            client: sum(rows.filter(client=client).values_list("calls", flat=True))
            for client in set(rows.values_list("client", flat=True))
        }

    def test_the_rest_share_a_row(self) -> None:
        """A client with a row keeps it, whichever process counts; no call is lost."""
        clients = [f"A/{number}" for number in range(9)]
        Store().write(Batch(groups(*clients[:4]), users_clients=set(clients)))
        Store().write(Batch(groups(*clients), users_clients=set(clients)))
        other = Store()
        for _ in range(2):
            other.write(Batch(groups(*clients, NONE), users_clients=set(clients)))
        assert self.named() == {"A/0": 4, "A/1": 4, "A/2": 4, "A/3": 4, "A/4": 3, "A/5": 3, OTHER: 9, NONE: 2}

    def test_each_day_has_its_own_quota(self) -> None:
        """Clients of yesterday use nothing of today's quota."""
        store = Store()
        store.write(Batch(groups("A/1", "A/2", "A/3", "A/4", "A/5", "A/6"), users_clients={f"A/{n}" for n in range(9)}))
        store.write(Batch({**groups("B/1", day=DAY + 1), **groups("B/1")}, users_clients={"B/1"}))
        assert self.named("2024-10-05") == {"B/1": 1}
        assert self.named()[OTHER] == 1

    def test_half_of_the_quota_is_for_clients_of_users(self) -> None:
        """Invented names without a credential cannot use it up."""
        store = Store()
        store.write(Batch(groups(*(f"Made-up/{number}" for number in range(30)))))
        users_clients = {f"Shop/{number}" for number in range(9)}
        store.write(Batch(groups("Shop/1", "Shop/2", "Shop/3", "Shop/4"), users_clients=users_clients))
        assert sorted(self.named()) == [OTHER, *(f"Made-up/{n}" for n in (0, 1, 10)), "Shop/1", "Shop/2", "Shop/3"]
        assert self.named()[OTHER] == 28

    @pytest.mark.threat(69)
    def test_clients_of_earlier_days_keep_their_places(self) -> None:
        """New names leave room for them, in each process, and they for new names; the sum of both is the quota."""
        Store().write(Batch(groups("Old/1", "Old/2", day=DAY - 1) | groups("Old/1", day=DAY - 2)))
        made_up = [f"Made-up/{number}" for number in range(30)]
        Store().write(Batch(groups(*made_up), users_clients=set(made_up)))
        assert len(self.named().keys() - {OTHER}) == 4
        for client in ("Old/1", "Old/2"):
            Store().write(Batch(groups(client)))
        assert len(self.named().keys() - {OTHER}) == 6
        assert self.named().keys() >= {"Old/1", "Old/2"}

    @pytest.mark.threat(69)
    def test_a_day_of_invented_names_leaves_the_next_one_to_the_others(self) -> None:
        """Those that came on more days come first, and a part of the places is always for new names."""
        for day in (DAY - 2, DAY - 1):
            Store().write(Batch(groups("Old/1", "Old/2", "Old/3", day=day)))
        made_up = [f"Made-up/{number}" for number in range(9)]
        Store().write(Batch(groups(*made_up, day=DAY - 1), users_clients=set(made_up)))
        Store().write(Batch(groups(*made_up), users_clients=set(made_up)))
        store = Store()
        store.write(Batch(groups("Old/1", "Old/2", "Old/3")))
        assert self.named().keys() >= {"Old/1", "Old/2", "Old/3"}
        Store().write(Batch(groups("New/1", day=DAY + 1), users_clients={"New/1"}))
        assert self.named("2024-10-05") == {"New/1": 1}

    @pytest.mark.threat(69)
    def test_calls_of_a_team_are_always_its_own(self) -> None:
        """Without a place for its version, the team's client is counted by its name; also of a team that is new."""
        made_up = [f"Made-up/{number}" for number in range(30)]
        store = Store()
        store.write(Batch(groups(*made_up), users_clients=set(made_up)))
        ClientTeam.objects.create(name="Shop", key_digest="digest", key_created=datetime.now(UTC))
        ripley = User.objects.create(username="ripley").pk
        last = {Use(ripley, "v1"): Noted(DAY * 24 * 60 * 60, "Shop/2.1")}
        store.write(Batch(groups("Shop/2.1", "Shopping/1"), last))
        Store().write(Batch(groups("Shop/2.2", "Shop")))
        assert self.named()["Shop"] == 3
        assert LastCall.objects.get().client == "Shop"
        assert len(self.named()) == 6 + 2
        assert self.named()[OTHER] == 30 - 6 + 1

    def test_the_bound_holds_when_all_write_at_once(self, database: Where) -> None:
        """Each process writes other names at the same time."""

        def write(turn: int) -> None:
            with used(**database):
                store = Store()
                for again in range(4):
                    clients = [f"P{turn}/{again}"]
                    store.write(Batch(groups(*clients), users_clients=set(clients)))

        with ThreadPoolExecutor(4) as writers:
            list(writers.map(write, range(4)))
        named = self.named()
        assert len(named.keys() - {OTHER}) == 6
        assert sum(named.values()) == 16

    def test_a_full_day_is_not_queried_again(self) -> None:
        """Further names cost no query of the counts."""
        store = Store()
        store.write(Batch(groups(*(f"A/{n}" for n in range(6))), users_clients={f"A/{n}" for n in range(6)}))
        with CaptureQueriesContext(connection) as captured:
            store.write(Batch(groups(*(f"B/{n}" for n in range(50)))))
        assert not any(query["sql"].startswith("SELECT") and "rollout_dailycalls" in query["sql"] for query in captured)
