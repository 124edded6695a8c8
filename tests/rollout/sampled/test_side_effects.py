"""What a sampled request does to the world is what one request does."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import got_request_exception
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from rollout.sampled import middleware
from shared.contract.replies import ok
from social import limits, representations, signals, tape
from social.identify import identify
from social.models import AccessToken
from tests.contract.conftest import ApiClient
from tests.contract.people import PROFILES, all_rows, link, person
from tests.differential.in_process import environ_of
from tests.differential.messages import Message
from tests.providers import Providers
from tests.rollout.sampled.conftest import Checks, sampling_handler, sampling_service

ALL = (signals.signed_up, signals.signed_in, signals.linked, signals.disconnected, got_request_exception)


@pytest.fixture
def heard() -> Iterator[list[Any]]:
    """Each signal that is sent."""
    found: list[Any] = []

    def listen(sender: object, signal: Any, **kwargs: Any) -> None:
        found.append(signal)

    for signal in ALL:
        signal.connect(listen)
    yield found
    for signal in ALL:
        signal.disconnect(listen)


@pytest.mark.django_db(transaction=True)
def test_everything_happens_once(
    api: ApiClient, checks: Checks, providers: Providers, heard: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One user, one association, one token, one call of the provider, one count, one signal; the statements of one."""
    counted: list[Any] = []
    monkeypatch.setattr(limits, "_count", lambda *args: counted.append(args))
    facebook, github = (providers.knows(name, "t", **PROFILES[name]) for name in ("facebook", "github"))

    def told(call: Callable[[], Any]) -> tuple[int, int, int, list[Any], dict[str, int]]:
        before = {name: len(rows) for name, rows in all_rows().items()}
        providers.calls.reset()
        counted.clear()
        heard.clear()
        with CaptureQueriesContext(connection) as captured:
            call()
        rows = {name: len(rows) - before[name] for name, rows in all_rows().items() if len(rows) != before[name]}
        return len(captured), len(providers.calls), len(counted), list(heard), rows

    def story() -> Iterator[Callable[[], Any]]:
        yield lambda: kept.append(api.sign_up(facebook).json()["token"])
        yield lambda: api.sign_up(facebook)
        yield lambda: api.sign_up(github, token=kept[-1])
        yield lambda: api.sign_up({"provider": "facebook", "access_token": "nobody's"})
        yield lambda: api.get("social_account/", token=kept[-1])
        yield lambda: api.get("user/", token="x")
        yield lambda: api.delete(f"social_account/{account()}/", token=kept[-1])
        yield lambda: api.delete("token/current/", token=kept[-1])

    def account() -> int:
        found: int = api.get("social_account/", token=kept[-1]).json()["objects"][0]["id"]
        return found

    kept: list[str] = []
    outcomes = []
    for handler in (ApiClient(api.app)._client.handler, sampling_handler()):
        api._client.handler = handler
        connection.close()
        outcomes.append([told(step) for step in story()])
        for model in (AccessToken, AccessToken._meta.get_field("user").related_model):
            model._default_manager.all().delete()
    assert checks.made == 9
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0][3:] == (
        [signals.signed_up],
        {"auth.User": 1, "social_django.UserSocialAuth": 1, "social.AccessToken": 1},
    )


@pytest.mark.django_db
def test_a_request_that_is_not_sampled_is_as_it_was(checks: Checks, settings: Settings) -> None:
    """It passes no further layer with the check off, and asks the database for nothing more."""
    ripley = person()
    link(ripley.user)
    v2 = ApiClient("api_v2")
    with CaptureQueriesContext(connection) as captured:
        v2.get("social_account/", token=ripley.token)
    assert len(captured) == 3  # the token, how many there are, these
    assert checks.made == 0


@pytest.fixture
def v1(checks: Checks) -> ApiClient:
    """The older version, sampled: what the newer one does past the service, it does under replay."""
    api = next(ApiClient(app) for app, prefix in settings.APIS.items() if prefix == "api/v1/")
    api._client.handler = sampling_handler()
    return api


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["read", "write"])
def test_no_statement_reaches_the_database(
    v1: ApiClient, checks: Checks, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """A version that goes past the service to the database is stopped there, and the difference says so."""
    ripley = person()

    def get(view: Any, request: Any, id: str) -> Any:
        rows = AccessToken.objects.filter(pk=request.auth.pk)
        _ = rows.exists() if method == "read" else rows.delete()
        return ok(representations.user_body(request.auth.user, view.prefix))

    monkeypatch.setattr("api_v2.views.UserView.get", get)
    assert v1.get(f"user/{ripley.user.pk}/", token=ripley.token).status_code == 200
    assert checks.told() == {("service", "the database")}
    assert AccessToken.objects.filter(pk=ripley.row.pk).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("past", [True, False])
def test_no_provider_is_asked(
    v1: ApiClient, checks: Checks, providers: Providers, monkeypatch: pytest.MonkeyPatch, past: bool
) -> None:
    """A version that asks a provider by itself, through the service or past it, does not reach it."""
    facebook = providers.knows("facebook", "t", **PROFILES["facebook"])

    def ask(*, credential: Any, **more: Any) -> Any:
        identify.__wrapped__(credential) if past else identify(credential)  # type: ignore[attr-defined]  # by wraps()

    monkeypatch.setattr("api_v2.views.sign_up", ask)
    assert v1.sign_up(facebook).status_code == 201
    assert len(providers.calls) == 1
    place = "a provider" if past else "social.sign_up.sign_up"
    assert checks.told() == {("service", place)}


@pytest.mark.django_db
def test_a_failure_of_the_service_is_told_once(
    api: ApiClient, checks: Checks, providers: Providers, heard: list[Any], caplog: Any
) -> None:
    """A bug in the service and a provider that fails are one line each, and one word to error reporters."""
    facebook = providers.knows("facebook", "t", **PROFILES["facebook"])
    providers.answers("facebook", (503, {}, ""))
    with caplog.at_level(logging.WARNING):
        assert api.sign_up(facebook).status_code == 503
    assert len(caplog.records) == 1

    def fail(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    caplog.clear()
    with pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr("social.sign_up.identify", fail)
        assert api.sign_up(facebook).status_code == 500
    assert (len(caplog.records), heard) == (1, [got_request_exception])
    assert (checks.made, checks.seen) == (2, [])


@pytest.mark.django_db
def test_nothing_of_a_request_is_kept(
    api: ApiClient, checks: Checks, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is over, the recording with its credentials is empty, and nothing waits for the next request."""
    made: list[tape.Recording] = []

    class Kept(tape.Recording):
        def __init__(self, version: str) -> None:
            super().__init__(version)
            made.append(self)

    monkeypatch.setattr("rollout.sampled.middleware.tape.Recording", Kept)
    api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"]))
    assert checks.made == 1
    assert (made[0].calls, middleware._due.get(), tape._bound.get()) == ([], None, None)


@pytest.mark.django_db
def test_a_failing_check_harms_nobody(
    api: ApiClient, checks: Checks, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """The client has its answer; the log has a line, with the request's id."""

    def fail(*args: Any) -> None:
        raise RuntimeError("words")

    monkeypatch.setattr("rollout.sampled.middleware.compare", fail)
    answer = api.get("provider/")
    assert answer.status_code == 200
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "A sampled request could not be compared."
    assert checks.made == 0


@pytest.mark.django_db
def test_the_answer_is_whole_before_the_comparison_begins(checks: Checks) -> None:
    """A server has sent everything when it closes the response; only then is the other version asked."""
    begun: list[str] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        begun.append(status)

    environ = environ_of("/api/v2/", Message("GET", "provider/"))
    response = sampling_service()._application(environ, start_response)
    assert (begun, b"".join(response)[:8], checks.made) == (["200 OK"], b'{"meta":', 0)
    response.close()
    assert (checks.made, checks.seen) == (1, [])
