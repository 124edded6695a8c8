"""The access line of a request: with its id an operator finds the cause of any refusal (docs/operators.md)."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, override_settings
from psycopg import errors

from config.logs import FORMATTERS, logging_config
from shared.contract.errors import NotFound
from shared.contract.replies import Reply
from shared.http import hosts
from shared.http.failures import RefusedRequests
from shared.http.logs import Fields, RequestIdFilter
from shared.http.responses import is_sign_in, outcome_of
from social import limits
from social.models import AccessToken
from tests.contract.answers import Response
from tests.contract.conftest import HOST, ApiClient
from tests.contract.signers import SIGNERS
from tests.contract.users import PROFILES, link, person
from tests.providers import Providers, json_answer
from tests.rollout.conftest import moment

pytestmark = pytest.mark.django_db

CALLER = {"REMOTE_ADDR": "203.0.113.7", "HTTP_X_CLIENT": "ShopApp/2.1"}


class Lines(logging.Handler):
    """What has been logged: each record as a line of text and as JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.addFilter(RequestIdFilter())

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def of(self, response: Response) -> tuple[str, dict[str, Any]]:
        """Return the one line of a request in both formats; the id in the answer leads to it."""
        (found,) = [one for one in self.records if getattr(one, "request_id", "") == response["X-Request-ID"]]
        assert found.name == "tandem.access"
        text, structured = (FORMATTERS[name]().format(found) for name in ("text", "json"))
        return text, json.loads(structured)


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Collect the records of the service's loggers."""
    found, logger = Lines(), logging.getLogger("tandem")
    logger.addHandler(found)
    yield found
    logger.removeHandler(found)


def test_a_sign_up_has_one_line(api: ApiClient, providers: Providers, lines: Lines) -> None:
    """It has the client, its address, the user and the outcome, in both formats."""
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    response = api.sign_up(fields, **CALLER)
    text, line = lines.of(response)
    user, version = response.json()["id"], api.prefix.split("/")[2]
    assert text.endswith(
        f" ms outcome=created provider=facebook api_version={version} client=ShopApp/2.1 user={user} "
        "address=203.0.113.7"
    )
    assert line.pop("duration_ms") >= 0
    assert line == {
        "time": text.split()[0],
        "level": "INFO",
        "logger": "tandem.access",
        "request_id": response["X-Request-ID"],
        "message": text.partition("] ")[2],
        "method": "POST",
        "path": f"{api.prefix}social_sign_up/",
        "status": 201,
        "outcome": "created",
        "provider": "facebook",
        "api_version": version,
        "client": "ShopApp/2.1",
        "user": user,
        "address": "203.0.113.7",
    }


FACEBOOK: dict[str, Any] = {"provider": "facebook", "access_token": "t"}
GOOGLE: dict[str, Any] = {"provider": "google-oauth2", "access_token": "t"}
WRONG_FIELDS = {"provider": "facebook", "access_token": 7, "id_token": None}
REFUSALS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an empty object": (
        {},
        {"outcome": "invalid_request", "fields": "provider,access_token", "provider": "(unknown)"},
    ),
    "wrong fields": (
        WRONG_FIELDS,
        {"outcome": "invalid_request", "fields": "access_token,id_token", "provider": "facebook"},
    ),
    "a disabled provider": (
        {**FACEBOOK, "provider": "discord"},
        {"outcome": "unknown_provider", "provider": "discord"},
    ),
    "no provider": ({**FACEBOOK, "provider": "a-secret"}, {"outcome": "unknown_provider", "provider": "(unknown)"}),
    "a refused token": (
        FACEBOOK,
        {"outcome": "token_rejected", "provider": "facebook", "provider_status": 400, "provider_code": "190"},
    ),
    "no code, but a status": (
        {"provider": "twitter", "access_token": "t", "access_token_secret": "s"},
        {"outcome": "token_rejected", "provider_status": 401, "provider_code": "none", "fault": "either"},
    ),
    "an id_token that is none": (
        {"provider": "google-oauth2", "id_token": "t"},
        {"outcome": "token_rejected", "provider": "google-oauth2", "cause": "DecodeError"},
    ),
}


@pytest.mark.parametrize(("fields", "expected"), REFUSALS.values(), ids=REFUSALS)
def test_a_refused_sign_up_has_its_cause_in_one_line(
    api: ApiClient, providers: Providers, lines: Lines, fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    """The line has the code, the provider with its status and code, and the caller."""
    _, line = lines.of(api.sign_up(fields, **CALLER))
    assert expected.items() <= line.items()
    assert (line["client"], line["address"]) == ("ShopApp/2.1", "203.0.113.7")
    assert line["status"] == 400


FAULTS = {
    "500": (json_answer(500, {}), "provider_unavailable", 500, "temporary_or_none", "WARNING"),
    "our client": (json_answer(400, {"error": "invalid_client"}), "provider_misconfigured", 400, "operator", "ERROR"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_failing_provider_has_the_level_of_the_fault(
    api: ApiClient, providers: Providers, lines: Lines, fault: tuple[Any, str, int, str, str]
) -> None:
    """A failure for which the operator has to do something is an error, one of the provider a warning."""
    answer, outcome, status, whose, level = fault
    providers.answers("google-tokeninfo", answer)
    providers.knows("google-oauth2", "t", **PROFILES["google-oauth2"])
    _, line = lines.of(api.sign_up(GOOGLE))
    assert (line["outcome"], line["provider_status"], line["level"]) == (outcome, status, level)
    assert line.get("fault", "temporary_or_none") == whose


def test_an_inactive_user_is_named(api: ApiClient, providers: Providers, lines: Lines) -> None:
    """The client must not learn whose account it is; the operator must."""
    ripley = person(is_active=False)
    link(ripley.user)
    _, line = lines.of(api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])))
    assert (line["outcome"], line["user"]) == ("account_inactive", ripley.user.pk)


def test_a_refused_link_names_the_caller(api: ApiClient, providers: Providers, lines: Lines) -> None:
    """The user of the access token is in the line, whatever fails."""
    ripley, other = person(), person("other")
    link(other.user)
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    _, line = lines.of(api.sign_up(fields, token=ripley.token))
    assert (line["outcome"], line["user"]) == ("account_in_use", ripley.user.pk)


@pytest.mark.usefixtures("no_cached_keys")
def test_a_refused_id_token_has_the_reason(api: ApiClient, mock: responses.RequestsMock, lines: Lines) -> None:
    """The client gets one code for all of them."""
    google = SIGNERS["google-oauth2"]
    google.register(mock)
    reasons = []
    with google.enabled("google-oauth2"):
        for token, nonce in (
            (google.token(nonce="theirs"), "ours"),
            (google.token(iss="https://issuer.example.com"), None),
            (google.token(exp=1), None),
        ):
            fields = {"provider": "google-oauth2", "id_token": token, **({"nonce": nonce} if nonce else {})}
            _, line = lines.of(api.sign_up(fields))
            assert line["outcome"] == "token_rejected"
            reasons.append(line.get("reason") or line["cause"])
    assert reasons == ["nonce_differs", "other_issuer", "ExpiredSignatureError"]


def with_an_unknown_token(api: ApiClient) -> Response:
    return api.sign_up(FACEBOOK, token="unknown")


def with_an_expired_token(api: ApiClient) -> Response:
    ripley = person()
    AccessToken.objects.filter(pk=ripley.row.pk).update(expires_at=moment("2020-01-01T00:00:00"))
    return api.sign_up(FACEBOOK, token=ripley.token)


def beyond_the_limit(api: ApiClient) -> Response:
    limits._local.cache_clear()
    with override_settings(THROTTLE_ANONYMOUS="1/day"):
        api.sign_up({})
        refused = api.sign_up({})
    limits._local.cache_clear()
    return refused


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (with_an_unknown_token, {"outcome": "invalid_credentials", "reason": "unknown_token"}),
        (with_an_expired_token, {"outcome": "invalid_credentials", "reason": "expired_token"}),
        (beyond_the_limit, {"outcome": "throttled", "reason": "address"}),
    ],
)
def test_refusals_before_the_operation(
    api: ApiClient, lines: Lines, call: Callable[[ApiClient], Response], expected: dict[str, Any]
) -> None:
    """The line says which check refused the call."""
    _, line = lines.of(call(api))
    assert expected.items() <= line.items()
    assert ("user" in line) == (call is with_an_expired_token)


def test_a_database_failure_has_its_kind(api: ApiClient, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is an error with the driver's exception, without its message."""

    def breaks(*args: object) -> None:
        raise OperationalError("canary") from errors.AdminShutdown("canary")

    monkeypatch.setattr("social.service.list_tokens", breaks)
    text, line = lines.of(api.get("token/", token=person().token))
    assert (line["level"], line["outcome"], line["cause"]) == ("ERROR", "service_unavailable", "AdminShutdown")
    assert "canary" not in text


@pytest.mark.threat(29)
def test_a_path_cannot_add_fields(api: ApiClient, lines: Lines) -> None:
    """Django decodes the path; its blanks, line ends and marks of direction are encoded again."""
    text, line = lines.of(api.get("user/%20200%201%20ms/%20outcome=created%0A/%20user=1/%E2%80%AE%3Fa=b"))
    assert line["path"] == f"{api.prefix}user/%20200%201%20ms/%20outcome=created%0A/%20user=1/%E2%80%AE%3Fa=b"
    assert [word for word in text.split() if word.startswith(("outcome=", "user="))] == ["outcome=not_found"]


def test_django_logs_a_failure_with_the_request_id(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """It logs an answer of 5xx after all middleware; a server that is not ready has one line, without Django's."""

    def breaks(*args: object) -> HttpResponse:
        return HttpResponse(status=503)

    def is_away() -> None:
        raise OperationalError

    monkeypatch.setattr("config.front.render", breaks)
    monkeypatch.setattr("config.health.KEPT_FOR", 0)
    monkeypatch.setattr("config.health.unapplied_migrations", is_away)
    django = logging.getLogger("django.request")
    django.addHandler(lines)
    try:
        answers = [Client(SERVER_NAME=HOST).get(path) for path in ("/", "/readyz")]
    finally:
        django.removeHandler(lines)
    page, ready = (answer["X-Request-ID"] for answer in answers)
    found = [(one.name, vars(one)["request_id"]) for one in lines.records]
    assert found == [("tandem.access", page), ("django.request", page), ("tandem.access", ready)]


@pytest.mark.threat(29)
def test_an_object_with_an_outcome_is_no_sign_up() -> None:
    """A project's own resources may have fields called `code` or `outcome`: their values are not the log's."""
    bodies: tuple[dict[str, Any], ...] = ({"code": "SUMMER 26"}, {"outcome": "a text", "id": 7}, {"objects": []}, {})
    for body in bodies:
        assert outcome_of(Reply(200, body)) == "ok"
        assert not is_sign_in(Reply(200, body))
    assert outcome_of(NotFound().reply()) == "not_found"


def test_a_value_with_blanks_is_quoted() -> None:
    """The key of a project's user may be a text that the user has chosen."""
    assert str(Fields({"user": 'a outcome="ok"', "client": "ShopApp/2.1"})) == (
        ' user="a outcome=\\"ok\\"" client=ShopApp/2.1'
    )


def test_a_request_that_django_refuses_is_no_error(lines: Lines) -> None:
    """Any client can send too many fields to the admin's form; their access line has the cause, without a traceback."""
    lines.addFilter(RefusedRequests())
    security = logging.getLogger("django.security")
    security.addHandler(lines)
    try:
        browser = Client(SERVER_NAME=HOST, raise_request_exception=False)
        response = browser.post("/admin/login/", "a=&" * 1001, content_type="application/x-www-form-urlencoded")
    finally:
        security.removeHandler(lines)
    assert response.status_code == 400
    assert [(one.name, one.levelname) for one in lines.records] == [("tandem.access", "INFO")]
    assert vars(lines.records[0])["fields"]["cause"] == "TooManyFieldsSent"
    assert "refused_requests" in logging_config("INFO", "text")["handlers"]["console"]["filters"]


def test_a_wrong_host_is_a_warning_once_a_minute(api: ApiClient, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the host and what is allowed; a scanner's further requests are in their access lines alone."""
    monkeypatch.setattr(hosts._wrong_host, "_logged_at", float("-inf"))
    first = api.sign_up(FACEBOOK, HTTP_HOST="shop.example.net:8000")
    (warning,) = [one for one in lines.records if one.name == "tandem.hosts"]
    assert warning.levelno == logging.WARNING
    assert warning.getMessage().startswith(
        "A request for the host shop.example.net:8000 was refused, because ALLOWED_HOSTS has only api.example.com,"
    )
    assert first.status_code == 400
    token = "x" * 30 + "1"
    for host, shown in (
        ("shop.example.net", "shop.example.net"),
        (f"{token}.example.net", "[redacted].example.net"),
        ("<script>", "(unreadable)"),
        ("a." * 400, "(unreadable)"),
    ):
        _, line = lines.of(api.sign_up(FACEBOOK, HTTP_HOST=host))
        assert (line["outcome"], line["reason"], line["host"]) == ("invalid_request", "host_not_allowed", shown)


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING, logging.ERROR])
def test_a_level_selects_the_lines_of_failures(api: ApiClient, providers: Providers, lines: Lines, level: int) -> None:
    """With LOG_LEVEL=WARNING the log has the lines of the failures only."""
    access = logging.getLogger("tandem.access")
    before = access.level
    access.setLevel(level)
    try:
        api.get("provider/")
        providers.answers("facebook", json_answer(500, {}))
        api.sign_up(FACEBOOK)
    finally:
        access.setLevel(before)
    assert len(lines.records) == {logging.INFO: 2, logging.WARNING: 1, logging.ERROR: 0}[level]
