"""Among a million users everything is found by an index, and a sign-in touches what it does among a thousand."""

from collections.abc import Callable, Sequence

import pytest
from django.conf import settings
from django.db import connection

from rollout.ledger import process
from tests.contract.conftest import ApiClient
from tests.providers import Providers
from tests.scale import calls, population
from tests.scale.calls import CALLS, Caller
from tests.scale.conftest import Among
from tests.scale.population import MANY
from tests.scale.statements import Statement, explained

pytestmark = pytest.mark.postgres

MEASURED = (calls.sign_in, calls.sign_up_with_a_free_name, calls.sign_up_with_a_name_that_is_taken, calls.read)


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the ledger have nothing to write but a test's own calls."""
    monkeypatch.setattr(process, "_ledger", process.Ledger())


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_everything_is_found_by_an_index(
    a_million: Among, api: ApiClient, providers: Providers, call: Callable[[Caller], None]
) -> None:
    """No statement of any call goes along a table or an index, or passes over more rows than one user may have."""
    with a_million(), explained() as sent:
        call(Caller(api, providers, 500_005))
    assert CALLS[call] <= set().union(*(statement.does for statement in sent))
    assert [(statement.long_ways, statement.sql) for statement in sent if statement.long_ways] == []
    assert [statement.sql for statement in sent if statement.passed_over > 2 * MANY] == []


@pytest.mark.parametrize("call", MEASURED, ids=lambda call: call.__name__)
def test_it_costs_what_it_does_among_a_thousand(
    a_thousand: Among, a_million: Among, api: ApiClient, providers: Providers, call: Callable[[Caller], None]
) -> None:
    """The same statements touch as many pages, but for one more wherever an index is descended; two, if it splits."""
    place = 10 * (MEASURED.index(call) * len(settings.APIS) + list(settings.APIS).index(api.app))
    few, many = (
        _second_time(call, among, Caller(api, providers, user + place), Caller(api, providers, user + 250 + place))
        for among, user in ((a_thousand, 505), (a_million, 600_005))
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
def test_lost_indexes_are_seen(
    a_million: Among, providers: Providers, call: Callable[[Caller], None], table: str
) -> None:
    """Or else the tests above show nothing."""
    with a_million():
        with connection.cursor() as cursor:
            population.drop_indexes(cursor, table)
        with explained() as sent:
            call(Caller(ApiClient(next(iter(settings.APIS))), providers, 500_005))
    assert f"Seq Scan {table}" in {way for statement in sent for way in statement.long_ways}
    assert max(statement.pages for statement in sent) > 1000


def _second_time(call: Callable[[Caller], None], among: Among, first: Caller, second: Caller) -> Sequence[Statement]:
    """Give what is sent for the second caller: PostgreSQL has looked up the tables and types for the first."""
    with among():
        call(first)
        with explained() as sent:
            call(second)
    return sent
