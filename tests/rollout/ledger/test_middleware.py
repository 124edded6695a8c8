"""Which requests are counted, and that the answer does not change."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.client import ClientHandler
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollout.calls import RecordedCall, answered
from rollout.ledger import process
from rollout.ledger.counter import Use
from rollout.ledger.process import Ledger
from shared.http.urls import mounted
from tests.contract.conftest import HOST, ApiClient
from tests.contract.users import PROFILES, person
from tests.providers import Providers
from tests.rollout.conftest import moment

APP: dict[str, Any] = {"headers": {"X-Client": "ShopApp/2.1"}}
LEDGER = "rollout.middleware.LedgerMiddleware"


@pytest.fixture(autouse=True)
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger of this test."""
    own = Ledger()
    monkeypatch.setattr(process, "_ledger", own)
    return own


def counted(ledger: Ledger) -> dict[tuple[str, str, str, str], int]:
    return {kind[1:]: calls for kind, calls in ledger.counter.take().calls.items()}


CALLS: dict[str, tuple[str, str, dict[str, Any], str, str]] = {
    "the root": ("GET", "", {}, "root", "ok"),
    "a list": ("GET", "provider/", {}, "provider", "ok"),
    "without its slash": ("GET", "provider", {}, "provider", "ok"),
    "HEAD": ("HEAD", "provider/", {}, "provider", "ok"),
    "OPTIONS": ("OPTIONS", "user/7/", {}, "user", "ok"),
    "an id": ("GET", "user/7/", {}, "user", "not_authenticated"),
    "no path": ("GET", "nowhere/ripley@example.com/", {}, "unknown", "not_found"),
    "no method": ("BREW", "user/", {}, "user", "method_not_allowed"),
    "a wrong Host": ("GET", "provider/", {"HTTP_HOST": "evil.example.com"}, "provider", "invalid_request"),
    "a key in the URL": ("GET", "user/?api_key=x", {}, "user", "credentials_in_url"),
    "no JSON": (
        "POST",
        "social_sign_up/",
        {"data": b"{", "content_type": "application/json"},
        "social_sign_up",
        "invalid_json",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_call_is_counted(api: ApiClient, ledger: Ledger, call: tuple[str, str, dict[str, Any], str, str]) -> None:
    """By version, client, resource and outcome, for every outcome; nothing of the path is recorded."""
    method, path, more, resource, outcome = call
    api.call(method, path, **more, **APP)
    assert counted(ledger) == {(mounted(api.app).version, "ShopApp/2.1", resource, outcome): 1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/livez", "/nowhere", "/api/", "/api/v2/openapi.yaml", "/api/v10/user/", "/admin/"]
)
def test_other_paths_are_not_counted(ledger: Ledger, path: str) -> None:
    """Paths outside the versions, and documentation."""
    Client(SERVER_NAME=HOST).get(path)
    assert counted(ledger) == {}


@pytest.mark.django_db
def test_the_user_is_noted(api: ApiClient, ledger: Ledger, providers: Providers) -> None:
    """The user of the access token, or the user whom a sign-up signed in; otherwise none."""
    version, ripley = mounted(api.app).version, person()
    api.get("user/", token=ripley.token)
    assert ledger.counter.take().last.keys() == {Use(ripley.user.pk, version)}
    signed_up = api.sign_up(providers.knows("facebook", "good", **PROFILES["facebook"])).json()
    batch = ledger.counter.take()
    assert batch.last.keys() == {Use(signed_up["id"], version)}
    assert [kind.outcome for kind in batch.calls] == [signed_up["outcome"]]
    api.get("user/")
    api.get("user/", token="nonsense")
    assert ledger.counter.take().last == {}


@override_settings(V1_DEPRECATED_AT=moment("2020-01-01T00:00:00"), V1_SUNSET_AT=moment("2021-01-01T00:00:00"))
def test_calls_of_a_retired_version_are_counted(v1: ApiClient, ledger: Ledger) -> None:
    """Their clients still have to move."""
    assert timezone.now() > moment("2021-01-01T00:00:00")
    v1.get("user/", **APP)
    assert counted(ledger) == {("v1", "ShopApp/2.1", "user", "version_retired"): 1}


@pytest.fixture
def without() -> Iterator[ClientHandler]:
    with override_settings(MIDDLEWARE=[name for name in settings.MIDDLEWARE if name != LEDGER]):
        handler = ClientHandler(enforce_csrf_checks=False)
        handler.load_middleware()
        yield handler


@pytest.mark.django_db
def test_it_makes_no_query(api: ApiClient, without: ClientHandler) -> None:
    """A request has the same queries with and without it, and the same answer except for its id."""
    plain = ApiClient(api.app)
    plain._client.handler = without
    token = person().token
    for path in ("user/", "provider/", "token/", "nowhere/"):
        seen = []
        for one in (api, plain, api, plain):
            with CaptureQueriesContext(connection) as captured:
                answer = one.get(path, token=token)
            headers = {name: value for name, value in answer.items() if name != "X-Request-ID"}
            seen.append((len(captured), answer.status_code, answer.content, headers))
        assert seen[0] == seen[1] == seen[2] == seen[3]


@pytest.mark.django_db
def test_an_error_does_not_change_the_answer(
    api: ApiClient,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log has one line with the kind of the error, without its message."""
    monkeypatch.setattr("rollout.middleware.call_of", lambda *_: 1 / 0)
    with caplog.at_level(logging.INFO, "tandem.ledger"):
        assert api.get("provider/").status_code == 200
    assert [record.getMessage() for record in caplog.records if record.name == "tandem.ledger"] == [
        "a call was not counted or not reported: ZeroDivisionError"
    ]
    assert not ledger.counter.take()


@pytest.mark.django_db
def test_the_signal_is_sent(api: ApiClient, ledger: Ledger) -> None:
    """For each call with its duration; an error in a receiver changes neither the count nor the answer."""
    sent: list[RecordedCall] = []

    def listen(call: RecordedCall, **more: Any) -> None:
        sent.append(call)
        raise RuntimeError("secret")

    answered.connect(listen)
    try:
        assert api.get("provider/", **APP).status_code == 200
    finally:
        answered.disconnect(listen)
    assert [(call.version, call.resource, call.client) for call in sent] == [
        (mounted(api.app).version, "provider", "ShopApp/2.1")
    ]
    assert 0 < sent[0].seconds < 60
    assert ledger.counter.unwritten == 1
