"""The statements of a sign-in, and their order (docs/threats.md, rows 23 and 26)."""

from typing import Any

import pytest
import responses
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from social.engine.strategy import StatelessStrategy
from tests.providers import Providers
from tests.social.profiles import PROFILES, signed_up

RETURNING = 4
"""Statements of a returning sign-in: BEGIN, the association with its user, the token's INSERT, COMMIT."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("provider", PROFILES)
def test_a_sign_in_costs_four_statements(
    providers: Providers, provider: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The number does not depend on the provider or on the number of associations."""
    user = signed_up(providers, provider).user
    for number in range(3):
        signed_up(providers, "facebook", token=f"more-{number}", actor=user, id=f"99{number}")
    with django_assert_num_queries(RETURNING):
        signed_up(providers, provider)


@pytest.mark.threat(23)
@pytest.mark.django_db(transaction=True)
def test_the_provider_is_called_before_any_transaction(providers: Providers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is closed, then the provider is called, then one transaction reads and writes."""
    events: list[str] = []
    send, close = responses.RequestsMock._on_request, connection.close

    def sending(self: responses.RequestsMock, *args: Any, **kwargs: Any) -> Any:
        events.append("called in a transaction" if connection.in_atomic_block else "called")
        return send(self, *args, **kwargs)

    def closing() -> None:
        events.append("closed")
        close()

    monkeypatch.setattr(responses.RequestsMock, "_on_request", sending)
    monkeypatch.setattr(connection, "close", closing)

    def executing(execute: Any, sql: str, *rest: Any) -> Any:
        if events[-1] != "read or written":
            events.append("read or written")
        return execute(sql, *rest)

    # As with a connection pool; persistent connections are not closed.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    with connection.execute_wrapper(executing):
        user = signed_up(providers, "google-oauth2").user
        signed_up(providers, "instagram", actor=user)
    assert events == ["closed", "called", "called", "read or written"] * 2


@pytest.mark.django_db(transaction=True)
def test_one_transaction_holds_all_writes(providers: Providers) -> None:
    """There is one BEGIN and one COMMIT, and nothing is written outside."""
    with CaptureQueriesContext(connection) as captured:
        signed_up(providers, "github")
    statements = [query["sql"] for query in captured]
    assert sum(sql.startswith("BEGIN") for sql in statements) == 1
    inside = statements[statements.index(next(sql for sql in statements if sql.startswith("BEGIN"))) :]
    writes = [sql for sql in statements if sql.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert writes
    assert all(sql in inside for sql in writes)
    assert statements[-1].startswith("COMMIT")


@pytest.mark.threat(10)
def test_the_strategy_has_no_request() -> None:
    """No backend can read input of the client outside the fields of the contract."""
    strategy = StatelessStrategy()
    assert strategy.request_data() == {}
    assert strategy.request is None
    strategy.session_set("state", "canary")
    assert strategy.session_get("state") == "canary"
    assert StatelessStrategy().session_get("state") is None
    assert (strategy.session_pop("state"), strategy.session_get("state", "gone")) == ("canary", "gone")
    assert strategy.session_setdefault("state", 1) == strategy.session_setdefault("state", 2) == 1


@pytest.mark.django_db(transaction=True)
def test_the_least_recently_used_tokens_are_removed(providers: Providers) -> None:
    """A user never has more than TOKENS_PER_USER tokens."""
    with override_settings(TOKENS_PER_USER=3):
        for _ in range(5):
            signed_up(providers, "github")
        newest = signed_up(providers, "github").user.access_tokens.order_by("pk")
        (latest,) = newest.values_list("pk", flat=True).reverse()[:1]
        assert list(newest.values_list("pk", flat=True)) == [latest - 2, latest - 1, latest]
