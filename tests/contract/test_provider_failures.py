"""Each failure of a provider has its error code, and nothing is stored: docs/contract.md, section 3."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from pytest_django import Settings

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, all_rows, person
from tests.providers import JSON, Answer, Providers, json_answer

pytestmark = pytest.mark.django_db

# Each call that a sign-up makes, and its provider.
STEPS = {
    "facebook": "facebook",
    "twitter": "twitter",
    "instagram-exchange": "instagram",
    "instagram": "instagram",
    "google-tokeninfo": "google-oauth2",
    "google-oauth2": "google-oauth2",
    "github": "github",
}
REJECTED, BAD, AWAY, LATE = "token_rejected", "provider_bad_response", "provider_unavailable", "provider_timeout"
MISCONFIGURED = "provider_misconfigured"
HTML = {"Content-Type": "text/html"}
FAULTS: dict[str, tuple[Answer | Exception, str]] = {
    "400": (json_answer(400, {"error": "invalid_token"}), REJECTED),
    "400 of no JSON": ((400, HTML, "<h1>Bad Request</h1>"), REJECTED),
    "403": (json_answer(403, {"message": "no"}), REJECTED),
    "404": (json_answer(404, {"message": "Not Found"}), REJECTED),
    "410": (json_answer(410, {}), REJECTED),
    "418": ((418, {}, ""), REJECTED),
    "422": (json_answer(422, {"message": "Validation Failed"}), REJECTED),
    "an error with 200": (json_answer(200, {"error": {"message": "canary", "code": 190}}), REJECTED),
    "an error's name with 200": (json_answer(200, {"error": "invalid_token", "error_description": "x"}), REJECTED),
    "429": (json_answer(429, {"error": "slow down"}), AWAY),
    "500": (json_answer(500, {"error": "oops"}), AWAY),
    "502": ((502, HTML, "<h1>Bad Gateway</h1>"), AWAY),
    "503": ((503, {}, ""), AWAY),
    "504": ((504, HTML, ""), AWAY),
    "599": ((599, {}, ""), AWAY),
    "no connection": (requests.ConnectionError("canary"), AWAY),
    "a reset connection": (requests.ConnectionError("Connection reset by peer"), AWAY),
    "a broken handshake": (requests.exceptions.SSLError("canary"), AWAY),
    "silence before it connects": (requests.ConnectTimeout("canary"), LATE),
    "silence": (requests.ReadTimeout("canary"), LATE),
    "HTML": ((200, HTML, "<h1>Welcome</h1>"), BAD),
    "HTML called JSON": ((200, JSON, "<h1>Welcome</h1>"), BAD),
    "nothing": ((200, JSON, ""), BAD),
    "null": ((200, JSON, "null"), BAD),
    "a list": ((200, JSON, "[]"), BAD),
    "a list of people": ((200, JSON, '[{"id":"1"}]'), BAD),
    "a string": ((200, JSON, '"1"'), BAD),
    "a number": ((200, JSON, "1"), BAD),
    "true": ((200, JSON, "true"), BAD),
    "an empty object": ((200, JSON, "{}"), BAD),
    "half an object": ((200, JSON, '{"id":"1"'), BAD),
    "deep JSON": ((200, JSON, "[" * 100_000 + "]" * 100_000), BAD),
    "a deep part": ((200, JSON, '{"id":"1","granted_scopes":' + "[" * 500 + "]" * 500 + "}"), BAD),
    "a deep object": ((200, JSON, '{"id":' + '{"id":' * 50_000 + "1" + "}" * 50_001), BAD),
    "2 MiB": ((200, JSON, '{"id":"1","x":"' + "x" * 2**21 + '"}'), BAD),
    "a redirect": ((302, {"Location": "http://169.254.169.254/latest"}, ""), BAD),
    "a redirect to itself": ((307, {"Location": "https://graph.facebook.com/me"}, ""), BAD),
    "a redirect with a profile": ((301, {"Location": "/", **JSON}, '{"id":"1","sub":"1"}'), BAD),
}

OURS_AT_X = {"400 of no JSON", "403", "404", "410", "422"}
"""Failures that are ours at X: all of its call but the tokens is ours, and an invalid token is a 401."""


def fields_of(providers: Providers, provider: str, **changed: Any) -> dict[str, Any]:
    return providers.knows(provider, "t", **{**PROFILES[provider], **changed})


def refused(api: ApiClient, fields: dict[str, Any], code: str) -> Any:
    before = all_rows()
    response = api.sign_up(fields)
    assert_error(response, code)
    assert all_rows() == before
    return response


@pytest.mark.threat(16, 17, 18)
@pytest.mark.parametrize("failure", FAULTS)
def test_each_failure_has_its_code_in_every_call(
    one_api: ApiClient, providers: Providers, subtests: pytest.Subtests, failure: str
) -> None:
    """Each failure has its code in the check and in the profile call."""
    answer, code = FAULTS[failure]
    for step, provider in STEPS.items():
        with subtests.test(step):
            fields = fields_of(providers, provider)
            providers.scripted = {step: answer}
            refused(one_api, fields, MISCONFIGURED if step == "twitter" and failure in OURS_AT_X else code)


@pytest.mark.threat(16)
@pytest.mark.parametrize("step", [step for step in STEPS if step != "github"])
def test_a_401_rejects_the_token(one_api: ApiClient, providers: Providers, step: str) -> None:
    """A 401 rejects the token in each call that sends it."""
    fields = fields_of(providers, STEPS[step])
    providers.answers(step, json_answer(401, {"error": "unauthorized"}))
    refused(one_api, fields, REJECTED)


def test_a_401_of_github_is_our_misconfiguration(
    api: ApiClient, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    """This call sends our client id and secret, so the log tells the operator."""
    fields = fields_of(providers, "github")
    providers.answers("github", json_answer(401, {"message": "Bad credentials canary"}))
    refused(api, fields, MISCONFIGURED)
    assert [record for record in caplog.records if record.levelname == "ERROR"]
    assert "canary" not in caplog.text


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client"])
@pytest.mark.parametrize("status", [400, 401])
def test_an_unknown_client_is_our_misconfiguration(
    one_api: ApiClient, providers: Providers, error: str, status: int
) -> None:
    """OAuth error codes about the client id or secret are our misconfiguration."""
    fields = fields_of(providers, "google-oauth2")
    providers.answers("google-tokeninfo", json_answer(status, {"error": error}))
    refused(one_api, fields, MISCONFIGURED)


@pytest.mark.threat(17)
@pytest.mark.parametrize(
    ("given", "least", "most"),
    [
        ("7", 7, 7),
        ("120", 120, 120),
        (None, 1, 60),
        ("0", 1, 60),
        ("-5", 1, 60),
        ("soon", 1, 60),
        ("1.5", 1, 60),
        ("", 1, 60),
        ("\u0661", 1, 60),
        ("in 90 s", 85, 90),
        ("90 s ago", 1, 60),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_the_providers_or_ours(
    one_api: ApiClient, providers: Providers, status: int, given: str | None, least: int, most: int
) -> None:
    """Retry-After is the provider's seconds or date, or our default: whole seconds, at least one."""
    moments = {"in 90 s": timedelta(seconds=90), "90 s ago": timedelta(seconds=-90)}
    if given in moments:
        given = format_datetime(datetime.now(UTC) + moments[given], usegmt=True)
    fields = fields_of(providers, "facebook")
    headers = {} if given is None else {"Retry-After": given}
    providers.answers("facebook", (status, headers, "{}"))
    response = refused(one_api, fields, AWAY)
    assert least <= int(response["Retry-After"]) <= most


@pytest.mark.threat(16)
def test_an_unknown_token_is_rejected_at_every_provider(api: ApiClient, providers: Providers) -> None:
    """Each provider refuses an unknown token in its own way; our answer is the same."""
    for provider in PROFILES:
        fields = {"provider": provider, "access_token": "unknown", "access_token_secret": "s"}
        refused(api, fields, REJECTED)


def test_linking_has_the_same_failures(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """A request that links has the same answers."""
    ripley = person()
    fields = fields_of(providers, "facebook")
    for answer, code in (FAULTS["400"], FAULTS["503"], FAULTS["silence"], FAULTS["HTML"]):
        providers.answers("facebook", answer)
        before = all_rows()
        assert_error(api.sign_up(fields, token=ripley.token), code)
        assert all_rows() == before


@pytest.mark.parametrize("content_type", ["text/html", "text/javascript; charset=UTF-8", "", "nonsense"])
def test_the_media_type_of_an_answer_is_ignored(one_api: ApiClient, providers: Providers, content_type: str) -> None:
    """A JSON body is read whatever its media type: Facebook has sent `text/javascript`."""
    fields = fields_of(providers, "facebook")
    providers.answers("facebook", (200, {"Content-Type": content_type}, json.dumps(PROFILES["facebook"])))
    assert one_api.sign_up(fields).status_code == 201
