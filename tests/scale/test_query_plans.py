"""With many users every call uses indexes only, and a sign-in reads as many pages as with few."""

from collections.abc import Callable, Sequence

import pytest
from django.conf import settings
from django.db import connection

from rollout.ledger import process
from tests.contract.conftest import ApiClient
from tests.providers import Providers
from tests.scale import calls, population
from tests.scale.calls import CALLS, Caller
from tests.scale.conftest import Use
from tests.scale.population import MANY
from tests.scale.statements import Statement, explained

pytestmark = pytest.mark.postgres

READ_WHOLE = ["Seq Scan rollout_clientteam"]
"""Operators add the rows, one for each team."""
MEASURED = (calls.sign_in, calls.sign_up_with_a_free_name, calls.sign_up_with_a_taken_name, calls.read)


@pytest.fixture(autouse=True)
def empty_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin each test with a ledger without calls."""
    monkeypatch.setattr(process, "_ledger", process.Ledger())


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_every_statement_uses_an_index(
    many_users: Use, api: ApiClient, providers: Providers, call: Callable[[Caller], None]
) -> None:
    """No statement scans a whole table or index, or filters out more rows than one user may have."""
    with many_users(), explained() as sent:
        call(Caller(api, providers, 100_005))
    assert CALLS[call] <= set().union(*(statement.operations for statement in sent))
    scans = [(statement.full_scans, statement.sql) for statement in sent if statement.full_scans]
    assert [(found, sql) for found, sql in scans if found != READ_WHOLE] == []
    assert [statement.sql for statement in sent if statement.filtered_rows > 2 * MANY] == []


@pytest.mark.parametrize("call", MEASURED, ids=lambda call: call.__name__)
def test_pages_do_not_grow_with_users(
    few_users: Use, many_users: Use, api: ApiClient, providers: Providers, call: Callable[[Caller], None]
) -> None:
    """The same statements read as many pages as with few users, plus at most two for each descent of an index."""
    offset = 10 * (MEASURED.index(call) * len(settings.APIS) + list(settings.APIS).index(api.app))
    few, many = (
        _second_time(call, use, Caller(api, providers, user + offset), Caller(api, providers, user + 250 + offset))
        for use, user in ((few_users, 505), (many_users, 120_005))
    )
    assert [statement.sql for statement in many] == [statement.sql for statement in few]
    deeper = sum(statement.descents for statement in many)
    assert sum(statement.pages for statement in many) <= sum(statement.pages for statement in few) + 2 * deeper


@pytest.mark.parametrize(
    ("call", "table"),
    [
        (calls.sign_in, "social_auth_usersocialauth"),
        (calls.sign_up_with_a_free_name, "auth_user"),
        (calls.be_refused, "social_accesstoken"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_missing_indexes_are_detected(
    many_users: Use, providers: Providers, call: Callable[[Caller], None], table: str
) -> None:
    """Without its indexes a table is scanned, so the tests above can fail."""
    with many_users():
        with connection.cursor() as cursor:
            population.drop_indexes(cursor, table)
        with explained() as sent:
            call(Caller(ApiClient(next(iter(settings.APIS))), providers, 100_005))
    assert f"Seq Scan {table}" in {scan for statement in sent for scan in statement.full_scans}
    assert max(statement.pages for statement in sent) > 1000


def _second_time(call: Callable[[Caller], None], use: Use, first: Caller, second: Caller) -> Sequence[Statement]:
    """Return the statements of the second caller; those of the first include PostgreSQL's catalogue lookups."""
    with use():
        call(first)
        with explained() as sent:
            call(second)
    return sent
