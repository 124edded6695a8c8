"""Sign-up by authorization code with every OAuth 2 backend, and refused and malformed exchanges."""

import base64
import re
from typing import Any
from urllib.parse import unquote_plus

import pytest
import responses
from pytest_django import Settings
from requests import PreparedRequest
from social_core.utils import setting_name

from social.oidc import discovery, signing_keys
from social.providers import registry
from social.providers.catalogue import CATALOGUE, CredentialKind
from tests.breadth.code_logins import CODE, REDIRECT_URI, VERIFIER, CodeLogin, code_login_of
from tests.breadth.issuers import UID, issuer_of
from tests.breadth.names import pattern_of
from tests.breadth.simulation import simulated
from tests.breadth.stored_rows import rows
from tests.contract.conftest import ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("social_core_tests")]


def exchanged(*kinds: CredentialKind) -> list[str]:
    policies = {name: registry.policy_for(name) for name, entry in CATALOGUE.items() if entry.credential in kinds}
    return [name for name, policy in policies.items() if policy and policy.takes_codes]


NAMES = exchanged(CredentialKind.ACCESS_TOKEN, CredentialKind.CODE)
OPENID_CONNECT = exchanged(CredentialKind.ID_TOKEN)


@pytest.fixture
def login(name: str, settings: Settings) -> CodeLogin:
    """Enable the provider by its redirect URIs alone, and return a login at it."""
    login = code_login_of(name)
    for setting, value in login.settings.items():
        setattr(settings, setting, value)
    return login


@pytest.mark.parametrize("name", NAMES)
def test_a_code_signs_up_and_in(one_api: ApiClient, login: CodeLogin, name: str) -> None:
    """The first code creates a user with the provider's id, and the second one signs in."""
    with simulated(*login.answers_with()) as mock:
        first = one_api.sign_up(login.fields)
        again = one_api.sign_up({**login.fields, "code": "another-code"})
        sent = [text_of(call.request) for call in mock.calls]
    assert (first.status_code, first.json().get("outcome")) == (201, "created"), first.content
    assert (again.status_code, again.json()["outcome"]) == (201, "signed_in")
    assert again.json()["id"] == first.json()["id"]
    assert rows() == [(name, login.uid, first.json()["id"])]
    secrets = [*login.fields.values(), login.token]
    assert re.fullmatch(pattern_of(login.suggested, login.uid, secrets), first.json()["username"])
    exchange = next(text for text in sent if CODE in text)
    assert VERIFIER in exchange
    assert login.settings[setting_name(name, "SECRET")] in exchange


@pytest.mark.parametrize("name", NAMES)
def test_a_refused_exchange_creates_nobody(one_api: ApiClient, login: CodeLogin, name: str) -> None:
    """A refused code is the client's error, a refused client and a malformed answer are not, whatever the backend."""
    answers = (
        (400, '{"error": "invalid_grant"}', "token_rejected"),
        (401, '{"error": "invalid_client"}', "provider_misconfigured"),
        (200, "[]", "provider_bad_response"),
        (200, "{}", "provider_bad_response"),
        (200, "<h1>Welcome</h1>", "provider_bad_response"),
    )
    for status, body, code in answers:
        with simulated(*login.answers_with(body, status)):
            response = one_api.sign_up(login.fields)
        assert response.json().get("code") == code, (body, response.content)
    assert rows() == []


@pytest.mark.parametrize(("name", "is_sent"), [("amazon", True), ("kakao", True), ("stripe", False)])
def test_the_redirect_uri_is_sent_as_the_backend_sends_it(
    one_api: ApiClient, login: CodeLogin, name: str, *, is_sent: bool
) -> None:
    """Some providers have no such parameter at the token endpoint; Kakao has, although social-core leaves it out."""
    with simulated(*login.answers_with()) as mock:
        one_api.sign_up(login.fields)
        sent = [text_of(call.request) for call in mock.calls]
    assert [REDIRECT_URI in text for text in sent if CODE in text] == [is_sent]


@pytest.mark.parametrize("name", OPENID_CONNECT)
def test_a_code_and_an_id_token_are_one_user(one_api: ApiClient, settings: Settings, name: str) -> None:
    """The id_token in the answer of the token endpoint identifies the person, as one that the app sends does."""
    issuer = issuer_of(name)
    for setting, value in {**issuer.settings, **issuer.code_settings(REDIRECT_URI)}.items():
        setattr(settings, setting, value)
    signing_keys.clear_cache()
    discovery.clear_cache()
    fields = {"provider": name, "code": CODE, "code_verifier": VERIFIER, "redirect_uri": REDIRECT_URI}
    everything = re.compile("https://")
    answers = [responses.CallbackResponse(method, everything, callback=issuer.answer) for method in ("GET", "POST")]
    with simulated(*answers) as mock:
        first = one_api.sign_up(fields)
        again = one_api.sign_up({"provider": name, "id_token": issuer.id_token()})
        sent = [text_of(call.request) for call in mock.calls]
    assert (first.status_code, first.json().get("outcome")) == (201, "created"), first.content
    assert (again.status_code, again.json()["outcome"]) == (201, "signed_in")
    assert rows() == [(name, UID, first.json()["id"])]
    (exchange,) = [text for text in sent if CODE in text]
    assert VERIFIER in exchange


def text_of(request: PreparedRequest) -> str:
    """Return the URL, the body and the credentials of a request, decoded."""
    body = request.body.decode() if isinstance(request.body, bytes) else str(request.body or "")
    header: Any = request.headers.get("Authorization", "")  # Some backends send bytes.
    scheme, _, credentials = (header.decode() if isinstance(header, bytes) else header).partition(" ")
    if scheme == "Basic":
        credentials = base64.b64decode(credentials).decode()
    return "\n".join((unquote_plus(str(request.url)), unquote_plus(body), unquote_plus(credentials)))


NONSENSE = (
    '{"error": []}',
    '{"error": {"code": [1]}}',
    '{"errorCode": {}}',
    '{"statusCode": [1]}',
    '{"errcode": [1]}',
    '{"serviceErrorCode": {}}',
    '{"error_code": [1]}',
    '{"access_token": "t", "id": "https://elsewhere.example.com/", "access_url": "https://elsewhere.example.com"}',
    '{"access_token": "t", "id": "//[::1", "access_url": "//[::1"}',
)


@pytest.mark.threat(18)
@pytest.mark.parametrize("name", NAMES)
def test_nonsense_of_an_exchange_is_no_bug_of_ours(one_api: ApiClient, login: CodeLogin, name: str) -> None:
    """An error code that is no code, and a URL that must not be called, never end as a bug of ours."""
    for body in NONSENSE:
        with simulated(*login.answers_with(body)):
            response = one_api.sign_up(login.fields)
        blamed = {"provider_bad_response", "provider_misconfigured"}
        assert response.status_code < 500 or response.json()["code"] in blamed, (body, response.content)
