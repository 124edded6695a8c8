"""docs/contract.md, section 1: a wrong Host and an unexpected failure are answered with the envelope."""

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
def test_an_unknown_host_is_refused(api: ApiClient, settings: Settings, subtests: pytest.Subtests, host: str) -> None:
    """An unknown Host is 400 with the envelope, also under DEBUG."""
    for settings.DEBUG in (False, True):
        for method in ("GET", "POST", "OPTIONS", "BREW"):
            with subtests.test(method, debug=settings.DEBUG):
                assert_wrong_host(api.call(method, "provider/", HTTP_HOST=host))


@pytest.mark.parametrize("host", ["api.example.com", "API.example.com", "api.example.com:8000", "api.example.com."])
def test_a_known_host_is_accepted_in_any_case_with_any_port(api: ApiClient, host: str) -> None:
    """The case of the Host, its port and a final dot do not matter."""
    assert api.get("provider/", HTTP_HOST=host).status_code == 200


@pytest.fixture
def reported() -> Iterator[list[dict[str, Any]]]:
    """Return the exceptions reported by the signal `got_request_exception`."""
    sent: list[dict[str, Any]] = []

    def receive(sender: object, **kwargs: Any) -> None:
        sent.append(kwargs)

    got_request_exception.connect(receive)
    yield sent
    got_request_exception.disconnect(receive)


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
def test_a_bug_is_an_internal_error_and_is_reported(
    api: ApiClient,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    reported: list[dict[str, Any]],
    call: str,
    broken: str,
    debug: bool,
) -> None:
    """A bug is `internal_error`; error reporters get it with the request, and the client gets no details."""
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
    [one] = reported
    assert one["request"].path == api.prefix + path


@pytest.mark.threat(28)
@pytest.mark.django_db
@pytest.mark.parametrize(("call", "broken"), BROKEN.items(), ids=BROKEN)
@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
def test_a_database_failure_is_service_unavailable(
    api: ApiClient,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    reported: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
    call: str,
    broken: str,
    debug: bool,
) -> None:
    """A database failure is `service_unavailable`; one log line has its kind but not the driver's text."""
    settings.DEBUG = debug
    ripley = person()

    def breaks(*args: object, **kwargs: object) -> None:
        raise OperationalError(SECRET) from errors.AdminShutdown(SECRET)

    monkeypatch.setattr(broken, breaks)
    method, path = call.split(" ")
    body = {"provider": "facebook", "access_token": "t"}
    response = api.post(path, body) if method == "POST" else api.call(method, path, token=ripley.token)
    assert_error(response, "service_unavailable")
    assert reported == []
    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (line.levelno, line.name) == (logging.ERROR, "tandem.access")
    assert " outcome=service_unavailable " in line.getMessage()
    assert " cause=AdminShutdown" in line.getMessage()
    assert SECRET not in caplog.text + response.content.decode()


@pytest.mark.parametrize(
    "error", [KeyError, ValueError, RecursionError, OSError, PermissionDenied, SuspiciousOperation]
)
def test_an_exception_of_django_or_python_is_an_internal_error(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch, reported: list[dict[str, Any]], error: type[Exception]
) -> None:
    """No exception has an answer of its own, even if Django or a framework has one for it."""

    def breaks(call: object) -> None:
        raise error(SECRET)

    monkeypatch.setattr("social.service.list_providers", breaks)
    assert_error(api.get("provider/"), "internal_error")
    assert len(reported) == 1


@pytest.mark.django_db
def test_the_call_after_a_failure_is_answered(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed call does not affect the next one."""
    with monkeypatch.context() as patch:
        patch.setattr("social.service.list_providers", lambda call: 1 / 0)
        assert_error(api.get("provider/"), "internal_error")
    assert api.get("provider/").status_code == 200


@pytest.mark.threat(26)
@pytest.mark.django_db
def test_a_failing_step_of_the_pipeline_writes_nothing(
    api: ApiClient, providers: Providers, settings: Settings, reported: list[dict[str, Any]]
) -> None:
    """A bug in a custom pipeline step after the user is created leaves no row behind."""
    from social_core.pipeline import DEFAULT_AUTH_PIPELINE  # noqa: PLC0415 - only here

    settings.SOCIAL_AUTH_PIPELINE = [*DEFAULT_AUTH_PIPELINE, f"{__name__}.step_with_a_bug"]
    link(person("parker").user, uid="1")
    before = all_rows()
    assert_error(api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])), "internal_error")
    assert all_rows() == before
    assert len(reported) == 1


def step_with_a_bug(**kwargs: Any) -> None:
    """Fail as a step of a custom pipeline."""
    raise RuntimeError(SECRET)
