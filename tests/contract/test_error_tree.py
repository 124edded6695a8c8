"""docs/contract.md, section 3: every code of the table, its status, its envelope."""

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
    403: {"sign_up_not_allowed"},
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


def made(kind: type[ApiError]) -> ApiError:
    return kind(allow="GET") if kind is MethodNotAllowed else kind()


def test_the_tree_is_the_table() -> None:
    """Every code of the contract is in the tree, with its status, and none besides."""
    found: dict[int, set[str]] = {}
    for leaf in leaves():
        found.setdefault(leaf.status, set()).add(leaf.code)
    assert found == TABLE
    assert sum(map(len, TABLE.values())) == len(leaves())


def test_the_texts_are_the_contracts() -> None:
    """Texts are fixed: clients show them."""
    assert {leaf.code: (leaf.status, leaf.message) for leaf in leaves()} == ERRORS


@pytest.mark.parametrize("kind", [leaf for leaf in leaves() if leaf.status != 410], ids=lambda kind: kind.code)
def test_every_envelope(api: ApiClient, kind: type[ApiError], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the service raises reaches the client as its status and its envelope."""

    def raises(call: object) -> None:
        raise made(kind)

    monkeypatch.setattr("social.service.list_providers", raises)
    allow = "GET" if kind is MethodNotAllowed else None
    assert_error(api.get("provider/"), kind.code, allow=allow)


@pytest.mark.parametrize("kind", leaves(), ids=lambda kind: kind.code)
def test_headers_of_its_own(kind: type[ApiError]) -> None:
    """401 has its challenge, 405 its Allow, what passes by itself a Retry-After of whole seconds, at least one."""
    response = django_response(failure_reply(made(kind), HttpRequest()))
    own = {name: value for name, value in response.items() if name != "Content-Type"}
    assert set(own) == {
        401: {"WWW-Authenticate"},
        405: {"Allow"},
    }.get(kind.status, {"Retry-After"} if kind.code in RETRY_LATER else set())
    if "Retry-After" in own:
        assert int(own["Retry-After"]) >= 1


def test_fields_in_their_order() -> None:
    """The sentence is of the first field at fault; all are named, none without need."""
    error = InvalidRequest({"b": ["Wrong."], "a": ["Worse.", "Twice."]})
    assert json.dumps(error.body()) == json.dumps(
        {"errors": "b: Wrong.", "code": "invalid_request", "fields": {"b": ["Wrong."], "a": ["Worse.", "Twice."]}}
    )


def test_the_samples_of_the_contract(api: ApiClient) -> None:
    """The second sample of section 3, as a client sees it."""
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
def test_no_error_holds_what_was_sent(api: ApiClient, providers: Providers) -> None:
    """Not the token, not the provider's message."""
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
