"""docs/contract.md, section 3: every code of the table has its status and its envelope."""

import json

import pytest
from django.http import HttpRequest

from shared.contract.errors import ApiError, InvalidRequest, MethodNotAllowed, leaves
from shared.http.failures import failure_reply
from shared.http.responses import django_response
from tests.contract.answers import ERRORS, RETRY_LATER, assert_error, envelope
from tests.contract.conftest import ApiClient
from tests.providers import Providers

TABLE = {
    400: {
        "invalid_json",
        "invalid_request",
        "unknown_provider",
        "account_in_use",
        "account_conflict",
        "account_inactive",
        "token_rejected",
        "token_audience_mismatch",
        "interaction_required",
    },
    401: {"not_authenticated", "invalid_credentials", "credentials_in_url"},
    403: {"sign_up_not_allowed", "recent_sign_in_required"},
    404: {"not_found"},
    405: {"method_not_allowed"},
    409: {"last_login_method"},
    410: {"version_retired"},
    413: {"payload_too_large"},
    415: {"unsupported_media_type"},
    429: {"throttled"},
    500: {"internal_error"},
    502: {"provider_bad_response"},
    503: {"service_unavailable", "provider_unavailable", "provider_misconfigured"},
    504: {"provider_timeout"},
}


def example_of(kind: type[ApiError]) -> ApiError:
    return kind(allow="GET") if kind is MethodNotAllowed else kind()


def test_the_error_classes_are_the_table_of_the_contract() -> None:
    """The error classes have exactly the codes of the contract, each with its status."""
    found: dict[int, set[str]] = {}
    for leaf in leaves():
        found.setdefault(leaf.status, set()).add(leaf.code)
    assert found == TABLE
    assert sum(map(len, TABLE.values())) == len(leaves())


def test_error_texts_are_those_of_the_contract() -> None:
    """Error texts do not change: clients display them."""
    assert {leaf.code: (leaf.status, leaf.message) for leaf in leaves()} == ERRORS


@pytest.mark.parametrize("kind", [leaf for leaf in leaves() if leaf.status != 410], ids=lambda kind: kind.code)
def test_every_error_has_its_status_and_envelope(
    api: ApiClient, kind: type[ApiError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error raised by the service reaches the client with its status and its envelope."""

    def raises(call: object) -> None:
        raise example_of(kind)

    monkeypatch.setattr("social.service.list_providers", raises)
    allow = "GET" if kind is MethodNotAllowed else None
    assert_error(api.get("provider/"), kind.code, allow=allow)


@pytest.mark.parametrize("kind", leaves(), ids=lambda kind: kind.code)
def test_an_error_has_the_headers_of_its_status(kind: type[ApiError]) -> None:
    """A 401 has a challenge, a 405 has Allow, and a temporary error has Retry-After in whole seconds, at least one."""
    response = django_response(failure_reply(example_of(kind), HttpRequest()))
    own = {name: value for name, value in response.items() if name != "Content-Type"}
    assert set(own) == {
        401: {"WWW-Authenticate"},
        405: {"Allow"},
    }.get(kind.status, {"Retry-After"} if kind.code in RETRY_LATER else set())
    if "Retry-After" in own:
        assert int(own["Retry-After"]) >= 1


def test_errors_name_all_invalid_fields_in_table_order() -> None:
    """The sentence is about the first invalid field, and `fields` names all of them."""
    error = InvalidRequest({"b": ["Wrong."], "a": ["Worse.", "Twice."]})
    assert json.dumps(error.body()) == json.dumps(
        {"errors": "b: Wrong.", "code": "invalid_request", "fields": {"b": ["Wrong."], "a": ["Worse.", "Twice."]}}
    )


def test_the_sample_error_is_the_answer(api: ApiClient) -> None:
    """The second sample of section 3 is the answer that a client gets."""
    response = api.sign_up({"provider": "facebook"})
    assert_error(response, "invalid_request", fields={"access_token": "This field is required."})
    assert response.content == (
        b'{"errors":"access_token: This field is required.","code":"invalid_request",'
        b'"fields":{"access_token":["This field is required."]}}'
    )
    assert envelope("account_in_use") == (
        b'{"errors":"That social media account is already in use","code":"account_in_use"}'
    )


@pytest.mark.threat(29)
@pytest.mark.django_db
def test_errors_do_not_repeat_the_request(api: ApiClient, providers: Providers) -> None:
    """An error holds neither the token nor the provider's message."""
    canary = "canary-4711"
    providers.answers("facebook", (400, {}, json.dumps({"error": {"message": canary, "code": 190, "type": canary}})))
    for fields in (
        {"provider": canary, "access_token": canary},
        {"provider": "facebook", "access_token": canary},
        {"provider": "facebook", "access_token": canary + "é"},
        {"provider": "github", "id_token": canary, "first_name": canary + "\x00"},
    ):
        response = api.sign_up(fields)
        assert response.status_code == 400
        assert canary not in response.content.decode() + str(dict(response.items()))
