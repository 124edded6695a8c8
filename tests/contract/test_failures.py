"""docs/contract.md, section 1: a wrong Host and an unexpected failure stay in the envelope."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import OperationalError
from psycopg import errors
from pytest_django import Settings

from tests.contract.answers import assert_error, assert_wrong_host
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, all_rows, link, person
from tests.providers import Providers

HOSTS = [
    "evil.example.com",
    "api.example.com.evil.example.com",
    "xapi.example.com",
    "api.example.com:http",
    "api.example.com@evil.example.com",
    "api.example.com/",
    "api example com",
    "[::1",
    "127.0.0.1",
    "localhost",
    "api.example.com, evil.example.com",
    "é.example.com",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_wrong_host(api: ApiClient, settings: Settings, subtests: pytest.Subtests, host: str) -> None:
    """Whatever is asked under another name is 400, never a page, under DEBUG as well."""
    for settings.DEBUG in (False, True):
        for method in ("GET", "POST", "OPTIONS", "BREW"):
            with subtests.test(method, debug=settings.DEBUG):
                assert_wrong_host(api.call(method, "provider/", HTTP_HOST=host))


@pytest.mark.parametrize("host", ["api.example.com", "API.example.com", "api.example.com:8000", "api.example.com."])
def test_the_right_host(api: ApiClient, host: str) -> None:
    """Any case, any port."""
    assert api.get("provider/", HTTP_HOST=host).status_code == 200


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """What error reporters hear."""
    heard: list[dict[str, Any]] = []

    def listen(sender: object, **kwargs: Any) -> None:
        heard.append(kwargs)

    got_request_exception.connect(listen)
    yield heard
    got_request_exception.disconnect(listen)


SECRET = "canary-of-the-stack"
BROKEN = {
    "GET provider/": "social.service.list_providers",
    "GET ": "shared.http.operations.list_resources",
    "GET user/": "social.representations.user",
    "GET social_account/": "social.accounts.list_for",
    "GET token/": "social.tokens.list_for",
    "DELETE token/current/": "social.tokens.revoke",
    "POST social_sign_up/": "social.sign_up.identify",
    "GET token/current/": "social.tokens.authenticate",
}


@pytest.mark.threat(29)
@pytest.mark.django_db
@pytest.mark.parametrize(("call", "broken"), BROKEN.items(), ids=BROKEN)
@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_an_unexpected_failure(
    api: ApiClient,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    told: list[dict[str, Any]],
    call: str,
    broken: str,
    debug: bool,
) -> None:
    """A bug of ours is `internal_error`, told to error reporters with the request, and to nobody else."""
    settings.DEBUG = debug
    ripley = person()

    def breaks(*args: object, **kwargs: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(broken, breaks)
    method, path = call.split(" ")
    body = {"provider": "facebook", "access_token": "t"}
    response = api.post(path, body) if method == "POST" else api.call(method, path, token=ripley.token)
    assert_error(response, "internal_error")
    assert SECRET not in response.content.decode()
    [one] = told
    assert one["request"].path == api.prefix + path


@pytest.mark.threat(28)
@pytest.mark.django_db
@pytest.mark.parametrize(("call", "broken"), BROKEN.items(), ids=BROKEN)
@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_the_database_is_away(
    api: ApiClient,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    told: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
    call: str,
    broken: str,
    debug: bool,
) -> None:
    """It passes: `service_unavailable`, one line for the operator with what happened and no words of the driver."""
    settings.DEBUG = debug
    ripley = person()

    def breaks(*args: object, **kwargs: object) -> None:
        raise OperationalError(SECRET) from errors.AdminShutdown(SECRET)

    monkeypatch.setattr(broken, breaks)
    method, path = call.split(" ")
    body = {"provider": "facebook", "access_token": "t"}
    response = api.post(path, body) if method == "POST" else api.call(method, path, token=ripley.token)
    assert_error(response, "service_unavailable")
    assert told == []
    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (line.levelno, line.getMessage().strip()) == (logging.ERROR, "service_unavailable: AdminShutdown")
    assert SECRET not in caplog.text + response.content.decode()


@pytest.mark.parametrize(
    "error", [KeyError, ValueError, RecursionError, OSError, PermissionDenied, SuspiciousOperation]
)
def test_whatever_was_raised(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch, told: list[dict[str, Any]], error: type[Exception]
) -> None:
    """No exception has an answer of its own, not even those for which Django or a framework has one."""

    def breaks(call: object) -> None:
        raise error(SECRET)

    monkeypatch.setattr("social.service.list_providers", breaks)
    assert_error(api.get("provider/"), "internal_error")
    assert len(told) == 1


@pytest.mark.django_db
def test_a_failure_keeps_the_server_serving(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call after it is answered as ever."""
    with monkeypatch.context() as patch:
        patch.setattr("social.service.list_providers", lambda call: 1 / 0)
        assert_error(api.get("provider/"), "internal_error")
    assert api.get("provider/").status_code == 200


@pytest.mark.threat(26)
@pytest.mark.django_db
def test_a_failing_step_of_the_pipeline_writes_nothing(
    api: ApiClient, providers: Providers, settings: Settings, told: list[dict[str, Any]]
) -> None:
    """A bug in an operator's own step, the user already created, leaves no row behind."""
    from social_core.pipeline import DEFAULT_AUTH_PIPELINE  # noqa: PLC0415 - only here

    settings.SOCIAL_AUTH_PIPELINE = [*DEFAULT_AUTH_PIPELINE, f"{__name__}.step_with_a_bug"]
    link(person("parker").user, uid="1")
    before = all_rows()
    assert_error(api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])), "internal_error")
    assert all_rows() == before
    assert len(told) == 1


def step_with_a_bug(**kwargs: Any) -> None:
    """A step of an operator's pipeline."""
    raise RuntimeError(SECRET)
