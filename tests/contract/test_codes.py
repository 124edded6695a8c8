"""docs/contract.md, section 4: sign-ups by authorization code."""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import override_settings
from requests import PreparedRequest
from social_django.models import UserSocialAuth

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.signers import OURS, SIGNERS, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_cached_keys")]

HERE = "https://app.example.com/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CODE = {"provider": "github", "code": "a-code", "code_verifier": VERIFIER, "redirect_uri": HERE}
GITHUB_TOKEN = "https://github.com/login/oauth/access_token"
GITHUB_USER = "https://api.github.com/user"
GOOGLE_TOKEN = "https://oauth2.googleapis.com/token"
APPLE_TOKEN = "https://appleid.apple.com/auth/token"
UNREGISTERED = "This redirect URI is not registered for the provider."
REQUIRED = "This field is required."
NATIVE = {"provider": "google-oauth2", "code": "a-server-auth-code"}


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    """Enable three providers by code: GitHub, Google with its native SDK, Apple with both."""
    key = ec.generate_private_key(ec.SECP256R1())
    with override_settings(
        SOCIAL_PROVIDERS=["github", "google-oauth2", "apple-id", "facebook", "twitter"],
        SOCIAL_AUTH_GITHUB_REDIRECT_URIS=f"{HERE}, com.example.app:/callback",
        SOCIAL_AUTH_GOOGLE_OAUTH2_KEY=OURS,
        SOCIAL_AUTH_GOOGLE_OAUTH2_REDIRECT_URIS=HERE,
        SOCIAL_AUTH_GOOGLE_OAUTH2_NATIVE_CLIENT_ID=OURS,
        SOCIAL_AUTH_APPLE_ID_CLIENT=OURS,
        SOCIAL_AUTH_APPLE_ID_TEAM="TEAM",
        SOCIAL_AUTH_APPLE_ID_KEY="KEYID",
        SOCIAL_AUTH_APPLE_ID_SECRET=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        SOCIAL_AUTH_APPLE_ID_REDIRECT_URIS=HERE,
        SOCIAL_AUTH_APPLE_ID_NATIVE_CLIENT_ID="com.example.app",
    ):
        yield


@pytest.fixture
def github(mock: responses.RequestsMock) -> responses.RequestsMock:
    """Answer the exchange and the profile call of GitHub."""
    mock.post(GITHUB_TOKEN, json={"access_token": "gho_1", "scope": "read:user", "token_type": "bearer"})
    mock.get(GITHUB_USER, json={"id": 10015, "login": "ripley", "name": "Ellen Ripley", "email": "r@example.com"})
    mock.get(f"{GITHUB_USER}/emails", status=404)
    return mock


def form(request: PreparedRequest) -> dict[str, str]:
    """Return the fields of a request's body."""
    return {name: values[0] for name, values in parse_qs(str(request.body), keep_blank_values=True).items()}


def test_a_code_signs_up_once_and_in_again(api: ApiClient, github: responses.RequestsMock) -> None:
    """The service exchanges the code with its secret, the verifier and the redirect URI; a second code signs in."""
    created = api.sign_up(CODE)
    assert (created.status_code, created.json()["outcome"], created.json()["username"]) == (201, "created", "ripley")
    assert form(github.calls[0].request) == {
        "grant_type": "authorization_code",
        "code": "a-code",
        "redirect_uri": HERE,
        "client_id": "our-github-key",
        "client_secret": "our-github-secret",
        "code_verifier": VERIFIER,
    }
    assert github.calls[1].request.headers["Authorization"] in {"token gho_1", "Bearer gho_1"}
    again = api.sign_up({**CODE, "code": "another", "redirect_uri": "com.example.app:/callback"})
    assert (again.status_code, again.json()["outcome"], again.json()["id"]) == (201, "signed_in", created.json()["id"])
    assert UserSocialAuth.objects.get().uid == "10015"


def test_code_and_access_token_are_the_same_user(api: ApiClient, github: responses.RequestsMock) -> None:
    """A person who came with an access token comes back with a code, and is the same user."""
    profile = {"id": 10015, "login": "ripley"}
    check = "https://api.github.com/applications/our-github-key/token"
    github.post(check, json={"app": {"client_id": "our-github-key"}, "user": profile})
    by_token = api.sign_up({"provider": "github", "access_token": "t"})
    by_code = api.sign_up(CODE)
    assert (by_token.json()["outcome"], by_code.json()["outcome"]) == ("created", "signed_in")
    assert by_token.json()["id"] == by_code.json()["id"]


@pytest.mark.parametrize("secret", ["a-code", "gho_1"], ids=["code", "token"])
def test_a_secret_is_no_user_name(api: ApiClient, mock: responses.RequestsMock, secret: str) -> None:
    """A suggestion that is the code, or a token that the provider has exchanged it for, is not published."""
    mock.post(GITHUB_TOKEN, json={"access_token": "gho_1"})
    mock.get(GITHUB_USER, json={"id": 10015, "login": secret})
    mock.get(f"{GITHUB_USER}/emails", status=404)
    assert secret not in api.sign_up(CODE).json()["username"]


@pytest.mark.threat(47)
@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"redirect_uri": HERE + "/"}, {"redirect_uri": UNREGISTERED}),
        ({"redirect_uri": "https://evil.example.com/"}, {"redirect_uri": UNREGISTERED}),
        ({"redirect_uri": HERE.upper()}, {"redirect_uri": UNREGISTERED}),
        ({"redirect_uri": ""}, {"redirect_uri": "This field may not be blank."}),
        ({"redirect_uri": None}, {"redirect_uri": "This field may not be null."}),
        ({"redirect_uri": [HERE]}, {"redirect_uri": "Not a valid string."}),
        ({"redirect_uri": "x" * 2049}, {"redirect_uri": "Ensure this field has no more than 2048 characters."}),
        ({"code_verifier": "x" * 42}, {"code_verifier": "Ensure this field has at least 43 characters."}),
        ({"code_verifier": "x" * 129}, {"code_verifier": "Ensure this field has no more than 128 characters."}),
        ({"code_verifier": ""}, {"code_verifier": "This field may not be blank."}),
        (
            {"code_verifier": "x" * 42 + "+"},
            {"code_verifier": "Only these characters are allowed: A-Z a-z 0-9 - . _ ~"},
        ),
        ({"code": ""}, {"code": "This field may not be blank."}),
        ({"code": "a code"}, {"code": "Only visible ASCII characters are allowed."}),
        ({"code": "x" * 4097}, {"code": "Ensure this field has no more than 4096 characters."}),
        ({"access_token": ""}, {"access_token": "This field may not be blank."}),
        (
            {"code": None, "code_verifier": None, "redirect_uri": "/relative"},
            {
                "code": "This field may not be null.",
                "code_verifier": "This field may not be null.",
                "redirect_uri": UNREGISTERED,
            },
        ),
    ],
    ids=str,
)
def test_fields_are_checked_before_any_call(
    one_api: ApiClient, mock: responses.RequestsMock, change: dict[str, Any], faults: dict[str, str]
) -> None:
    """An invalid code, verifier or redirect URI is refused before the provider is called."""
    assert_error(one_api.sign_up({**CODE, **change}), "invalid_request", fields=faults)
    assert not mock.calls


@pytest.mark.parametrize("name", ["code_verifier", "redirect_uri"])
def test_what_accepts_lists_is_required(one_api: ApiClient, mock: responses.RequestsMock, name: str) -> None:
    """The verifier and the redirect URI are required where `accepts` lists them."""
    fields = {field: value for field, value in CODE.items() if field != name}
    assert_error(one_api.sign_up(fields), "invalid_request", fields={name: REQUIRED})
    assert not mock.calls


@pytest.mark.parametrize("provider", ["facebook", "twitter"])
def test_a_provider_without_redirect_uris_takes_no_code(
    one_api: ApiClient, mock: responses.RequestsMock, provider: str
) -> None:
    """A code alone is refused by a provider for which no redirect URI is registered."""
    missing = dict.fromkeys(["access_token", "access_token_secret"][: 2 if provider == "twitter" else 1], REQUIRED)
    faults = {**missing, "code": "This provider takes no code."}
    assert_error(one_api.sign_up({**CODE, "provider": provider}), "invalid_request", fields=faults)
    assert not mock.calls


@pytest.mark.threat(47)
def test_the_code_decides_before_the_access_token(api: ApiClient, github: responses.RequestsMock) -> None:
    """With a code and an access token in one request, the code alone identifies the person."""
    assert api.sign_up({**CODE, "access_token": "someone-elses"}).status_code == 201
    assert "someone-elses" not in "".join(f"{call.request.url}{call.request.body!r}" for call in github.calls)


@pytest.mark.threat(47)
def test_the_id_token_decides_before_the_code(api: ApiClient, mock: responses.RequestsMock) -> None:
    """With an id_token too, neither the code nor its companions are looked at."""
    google = SIGNERS["google-oauth2"]
    google.register(mock)
    fields = {**CODE, "provider": "google-oauth2", "id_token": google.token(), "code_verifier": 7, "redirect_uri": None}
    assert api.sign_up(fields).status_code == 201
    assert [call.request.url for call in mock.calls] == [google.keys_url]


def test_providers_list_their_codes(api: ApiClient) -> None:
    """`provider/` lists the sets of fields with a code."""
    accepts = {one["name"]: one["accepts"] for one in api.get("provider/").json()["objects"]}
    with_code = ["code", "code_verifier", "redirect_uri"]
    assert accepts["github"] == [["access_token"], with_code]
    assert accepts["google-oauth2"] == [["access_token"], ["id_token"], with_code, ["code"]]
    assert accepts["apple-id"] == [["id_token"], ["code", "redirect_uri"], ["code"]]
    assert accepts["facebook"] == [["access_token"], ["id_token"]]


@pytest.mark.parametrize("redirect_uri", [{}, {"redirect_uri": ""}], ids=["absent", "empty"])
def test_a_native_sdk_has_no_redirect_uri(
    api: ApiClient, mock: responses.RequestsMock, redirect_uri: dict[str, str]
) -> None:
    """Google's `serverAuthCode` is exchanged with an empty redirect URI; the answer's id_token is verified."""
    google = SIGNERS["google-oauth2"]
    google.register(mock)
    mock.post(GOOGLE_TOKEN, json={"access_token": "ya29", "id_token": google.token()})
    answer = api.sign_up({**NATIVE, **redirect_uri})
    assert (answer.status_code, answer.json()["email"]) == (201, "ripley@example.com")
    sent = form(mock.calls[0].request)
    assert (sent["redirect_uri"], sent["client_id"], sent["client_secret"]) == ("", OURS, "our-google_oauth2-secret")
    assert "code_verifier" not in sent


@pytest.mark.parametrize(
    ("redirect_uri", "client"), [({}, "com.example.app"), ({"redirect_uri": HERE}, OURS)], ids=["native", "web"]
)
def test_apple_gets_the_secret_of_the_right_client(
    api: ApiClient, mock: responses.RequestsMock, redirect_uri: dict[str, str], client: str
) -> None:
    """A native code is exchanged as the native client, a web code as `_CLIENT`; an id_token alone is enough."""
    apple = SIGNERS["apple-id"]
    apple.register(mock)
    mock.post(APPLE_TOKEN, json={"id_token": apple.token(aud=client)})
    fields = {"provider": "apple-id", "code": "c", "first_name": "Ellen", "last_name": "Ripley", **redirect_uri}
    answer = api.sign_up(fields)
    assert (answer.status_code, answer.json()["first_name"]) == (201, "Ellen")
    sent = form(mock.calls[0].request)
    claims = jwt.decode(sent["client_secret"], options={"verify_signature": False})
    assert (sent["client_id"], claims["sub"], claims["iss"]) == (client, client, "TEAM")
    assert sent.get("redirect_uri") == redirect_uri.get("redirect_uri")


@pytest.mark.threat(47)
@pytest.mark.parametrize(
    ("claims", "nonce", "code"),
    [
        ({"aud": "another-application"}, {}, "token_audience_mismatch"),
        ({"nonce": "n-1"}, {"nonce": "n-2"}, "token_rejected"),
        ({}, {"nonce": "n-2"}, "token_rejected"),
        ({"iss": "https://evil.example.com"}, {}, "token_rejected"),
    ],
    ids=["audience", "nonce", "no nonce", "issuer"],
)
def test_the_exchanged_id_token_is_verified(
    api: ApiClient, mock: responses.RequestsMock, claims: dict[str, Any], nonce: dict[str, str], code: str
) -> None:
    """The id_token in the exchange's answer is verified like any other, with the request's nonce."""
    google = SIGNERS["google-oauth2"]
    google.register(mock)
    mock.post(GOOGLE_TOKEN, json={"access_token": "ya29", "id_token": google.token(**claims)})
    refused(api.sign_up({**NATIVE, **nonce}), code)


def test_the_nonce_of_an_exchange_is_honoured(api: ApiClient, mock: responses.RequestsMock) -> None:
    """The nonce that the app has given to the provider is in the exchanged id_token."""
    google = SIGNERS["google-oauth2"]
    google.register(mock)
    mock.post(GOOGLE_TOKEN, json={"access_token": "ya29", "id_token": google.token(nonce="n-1")})
    assert api.sign_up({**NATIVE, "nonce": "n-1"}).status_code == 201


@pytest.mark.threat(47)
def test_a_nonce_needs_an_id_token(api: ApiClient, mock: responses.RequestsMock) -> None:
    """Whoever injects a code has chosen its scopes: an exchange without id_token does not make the nonce disappear."""
    mock.post(GOOGLE_TOKEN, json={"access_token": "ya29"})
    refused(api.sign_up({**NATIVE, "nonce": "n-1"}), "token_rejected")
    assert len(mock.calls) == 1


@pytest.mark.parametrize("value", [None, ""], ids=["null", "empty"])
def test_an_old_clients_empty_code_is_ignored(api: ApiClient, mock: responses.RequestsMock, value: str | None) -> None:
    """Enabling codes does not break clients that send one structure, with null in what they do not use."""
    check = "https://api.github.com/applications/our-github-key/token"
    mock.post(check, json={"app": {"client_id": "our-github-key"}, "user": {"id": 10015, "login": "ripley"}})
    assert api.sign_up({"provider": "github", "access_token": "t", "code": value}).status_code == 201


def test_the_profile_says_who_it_is(api: ApiClient, mock: responses.RequestsMock) -> None:
    """Where an access token identifies the person, an id in the exchange's answer does not replace a missing one."""
    mock.post(GITHUB_TOKEN, json={"access_token": "gho_1", "id": 10015})
    mock.get(GITHUB_USER, json={"login": "ripley"})
    mock.get(f"{GITHUB_USER}/emails", status=404)
    refused(api.sign_up(CODE), "provider_bad_response")


def test_an_exchange_of_apple_must_answer_with_an_id_token(api: ApiClient, mock: responses.RequestsMock) -> None:
    """Where only id_tokens tell who the person is, an exchange without one is useless."""
    mock.post(APPLE_TOKEN, json={"access_token": "a"})
    refused(api.sign_up({"provider": "apple-id", "code": "c"}), "provider_bad_response")


REFUSALS: dict[str, tuple[int, dict[str, Any], str, int]] = {
    # The status, the body, the answer's code, the level of the log record.
    "used or expired": (200, {"error": "bad_verification_code"}, "token_rejected", logging.INFO),
    "RFC 6749": (400, {"error": "invalid_grant"}, "token_rejected", logging.INFO),
    "ambiguous": (400, {"error": "invalid_request"}, "token_rejected", logging.WARNING),
    "our secret": (200, {"error": "incorrect_client_credentials"}, "provider_misconfigured", logging.ERROR),
    "either's redirect URI": (200, {"error": "redirect_uri_mismatch"}, "token_rejected", logging.WARNING),
    "our client": (401, {"error": "invalid_client"}, "provider_misconfigured", logging.ERROR),
    "our client, without a code": (401, {}, "provider_misconfigured", logging.ERROR),
    "our grants": (400, {"error": "unauthorized_client"}, "provider_misconfigured", logging.ERROR),
    "our grant": (400, {"error": "unsupported_grant_type"}, "provider_misconfigured", logging.ERROR),
}


@pytest.mark.parametrize("case", REFUSALS.values(), ids=REFUSALS)
def test_refusals_of_the_exchange(
    api: ApiClient,
    mock: responses.RequestsMock,
    caplog: pytest.LogCaptureFixture,
    case: tuple[int, dict[str, Any], str, int],
) -> None:
    """A refused code is the client's, a refused registration ours; the access line has the provider's code."""
    status, body, code, level = case
    mock.post(GITHUB_TOKEN, status=status, json=body)
    with caplog.at_level(logging.INFO, "tandem"):
        refused(api.sign_up(CODE), code)
    [record] = [one for one in caplog.records if one.name.startswith("tandem.")]
    assert record.levelno == level
    assert f" provider_status={status} provider_code={body.get('error', 'none')} " in record.getMessage()
    assert "a-code" not in caplog.text
    assert VERIFIER not in caplog.text
    assert len(mock.calls) == 1


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "HTML": ({"body": "<html>"}, "provider_bad_response"),
    "a list": ({"json": []}, "provider_bad_response"),
    "no access token": ({"json": {"scope": ""}}, "provider_bad_response"),
    "an error that is an object": ({"status": 400, "json": {"error": {"code": {"a": 1}}}}, "token_rejected"),
    "an error that is a list": ({"status": 400, "json": {"error": ["a"]}}, "token_rejected"),
    "an access token that is no string": ({"json": {"access_token": 7}}, "provider_bad_response"),
    "a redirect": ({"status": 302, "headers": {"Location": "https://internal.example.com/"}}, "provider_bad_response"),
    "429": ({"status": 429}, "provider_unavailable"),
    "500": ({"status": 500}, "provider_unavailable"),
    "no connection": ({"body": ConnectionError("refused")}, "provider_unavailable"),
    "silence": ({"body": TimeoutError()}, "provider_timeout"),
}


@pytest.mark.parametrize("case", FAULTS.values(), ids=FAULTS)
def test_faults_of_the_exchange(
    one_api: ApiClient, mock: responses.RequestsMock, case: tuple[dict[str, Any], str]
) -> None:
    """Faults of the token endpoint end like those of any other call, and the code is not sent again."""
    answer, code = case
    mock.post(GITHUB_TOKEN, **answer)
    refused(one_api.sign_up(CODE), code)
    assert len(mock.calls) == 1


@pytest.mark.threat(47)
def test_a_revoked_token_of_an_exchange_is_rejected(
    api: ApiClient, mock: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    """A profile call that is refused with a 401 is about the token, although GitHub's check is then about us."""
    mock.post(GITHUB_TOKEN, json={"access_token": "gho_1"})
    mock.get(GITHUB_USER, status=401, json={"message": "Bad credentials"})
    with caplog.at_level(logging.INFO, "tandem"):
        refused(api.sign_up(CODE), "token_rejected")
    assert not [record for record in caplog.records if record.levelno > logging.INFO or "fault" in record.getMessage()]


def test_a_code_links_to_the_caller(api: ApiClient, github: responses.RequestsMock) -> None:
    """An authenticated call with a code links the identity to the caller."""
    google = SIGNERS["google-oauth2"]
    google.register(github)
    token = api.sign_up({"provider": "google-oauth2", "id_token": google.token()}).json()["token"]
    linked = api.sign_up(CODE, token=token)
    assert (linked.status_code, linked.json()["outcome"], linked.json()["token"]) == (201, "linked", None)
