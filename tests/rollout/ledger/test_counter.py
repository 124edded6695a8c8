"""The calls that a process has counted and not written yet."""

import mmap
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from rollout.clients import OTHER
from rollout.ledger import counter as module
from rollout.ledger.counter import DAY, MAX_NEW_CLIENTS, CallCounter, Noted, Use, date_of
from tests.rollout.ledger.conftest import a_call

NOON = 20_000 * DAY + DAY / 2
At = Callable[[float], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Set the clock, in seconds since 1970."""
    return lambda now: monkeypatch.setattr("rollout.ledger.counter.time.time", lambda: now)


def test_calls_are_counted_by_group() -> None:
    """Calls that differ in any attribute are different groups."""
    counter = CallCounter()
    given = {"version": "v2", "client": "Other/1", "resource": "token", "outcome": "invalid_json"}
    calls = [a_call(), *(a_call(**{name: value}) for name, value in given.items()), a_call()]
    for call in calls:
        counter.add(call)
    batch = counter.take()
    assert sorted(batch.calls.values()) == [1, 1, 1, 1, 2]
    assert {kind[1:] for kind in batch.calls} == {
        (call.version, call.client, call.resource, call.outcome) for call in calls
    }
    assert not counter.take()


def test_a_day_ends_at_midnight_in_utc(at: At) -> None:
    """The last second of a day and the first of the next are counted separately."""
    counter = CallCounter()
    for now in (20_000 * DAY - 1, 20_000 * DAY, 20_001 * DAY - 1):
        at(now)
        counter.add(a_call())
    assert {str(date_of(kind.day)): calls for kind, calls in counter.take().calls.items()} == {
        "2024-10-03": 1,
        "2024-10-04": 2,
    }


def test_no_call_is_lost_between_threads() -> None:
    """Eight threads add while batches are taken, put back and written; nothing is lost or counted twice."""
    counter, written = CallCounter(), 0
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def add() -> None:
        for number in range(500):
            counter.add(a_call(user_id=number))

    try:
        with ThreadPoolExecutor(8) as callers:
            adding = [callers.submit(add) for _ in range(8)]
            turn = 0
            while not all(one.done() for one in adding):
                batch, turn = counter.take(), turn + 1
                if turn % 2:
                    counter.put_back(batch)
                else:
                    counter.written(batch)
                    written += batch.size
    finally:
        sys.setswitchinterval(switch)
    assert written + counter.take().size == 4000


def test_a_batch_put_back_is_taken_again(at: At) -> None:
    """Together with calls counted meanwhile; the later of two uses is kept."""
    counter = CallCounter()
    at(NOON)
    counter.add(a_call(user_id=7))
    first = counter.take()
    at(NOON + 60)
    counter.add(a_call(client="Other/1"))
    counter.put_back(first)
    counter.add(a_call(user_id=7))
    again = counter.take()
    assert again.size == 3
    assert again.last == {Use(7, "v1"): Noted(NOON + 60, "ShopApp/2.1")}
    assert again.users_clients == {"ShopApp/2.1"}
    assert counter.unwritten == 3
    counter.written(again)
    assert counter.unwritten == 0


def test_a_user_is_noted_once_an_hour(at: At) -> None:
    """For each version, however often the user calls."""
    counter, noted = CallCounter(), []
    for minutes in (0, 1, 59, 60, 61, 119, 120):
        at(NOON + 60 * minutes)
        counter.add(a_call(user_id=7))
        counter.add(a_call(user_id=7, version="v2"))
        noted += [(minutes, len(counter.take().last))]
    assert noted == [(0, 2), (1, 0), (59, 0), (60, 2), (61, 0), (119, 0), (120, 2)]


def test_only_a_known_user_is_noted() -> None:
    """A call without a credential has no user."""
    counter = CallCounter()
    counter.add(a_call())
    batch = counter.take()
    assert (batch.size, batch.last, batch.users_clients) == (1, {}, set())


@pytest.mark.threat(69)
def test_a_user_vouches_for_few_clients(at: At) -> None:
    """On each day; further names of one user count as those of calls without a credential."""
    counter = CallCounter()

    def of_users(user: int, clients: list[str], now: float) -> list[str]:
        at(now)
        for client in clients:
            counter.add(a_call(user_id=user, client=client))
        return sorted(counter.take().users_clients)

    made_up = [f"Made-up/{number}" for number in range(100)]
    assert of_users(7, made_up, NOON) == made_up[:MAX_NEW_CLIENTS]
    assert of_users(7, made_up, NOON + 1) == made_up[:MAX_NEW_CLIENTS]
    assert of_users(8, ["ShopApp/2.1"], NOON) == ["ShopApp/2.1"]
    assert of_users(7, ["ShopApp/2.1"], NOON) == ["ShopApp/2.1"]
    assert of_users(7, made_up[::-1], NOON + DAY) == sorted(made_up[-MAX_NEW_CLIENTS:])


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond MAX_GROUPS, calls are counted as the client `(other)`; beyond MAX_USERS, users are noted later."""
    monkeypatch.setattr(module, "MAX_GROUPS", 50)
    monkeypatch.setattr(module, "MAX_USERS", 20)
    counter = CallCounter()
    for number in range(1000):
        counter.add(a_call(client=f"ShopApp/{number}", user_id=number))
    batch = counter.take()
    assert batch.size == 1000
    assert len(batch.calls) == 51
    assert sum(calls for kind, calls in batch.calls.items() if kind.client == OTHER) == 950
    assert len(batch.last) == 20
    assert len(batch.users_clients) <= 51
    assert len(counter._noted) <= 20
    assert len(counter._vouched) <= 50


def test_another_process_reads_the_unwritten_calls() -> None:
    """Calls from before the memory was shared are included."""
    counter, shared = CallCounter(), mmap.mmap(-1, 8)
    counter.add(a_call())
    counter.share_unwritten(memoryview(shared).cast("Q"))
    counter.add(a_call())
    assert int.from_bytes(shared[:8], sys.byteorder) == 2
    counter.written(counter.take())
    assert int.from_bytes(shared[:8], sys.byteorder) == 0
