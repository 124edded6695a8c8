"""What sign-ins store of a code's tokens, and how each backend refreshes them (docs/decisions/0023)."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest
import responses
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import override_settings
from social_django.models import UserSocialAuth

from shared.contract.sign_up import Credential
from social.engine.backends import backend_class
from social.engine.strategy import StatelessStrategy
from social.models import User
from social.provider_token_storage import EXPIRES_AT, REFRESH_CLIENT, StoredTokens, encrypt, expiry_of
from social.provider_tokens import get_provider_token
from social.providers.registry import policy_for
from social.sign_up import sign_up
from tests.adopting import document
from tests.contract.conftest import no_cached_keys
from tests.contract.signers import OURS, SIGNERS
from tests.social.conftest import Where
from tests.social.grants import ENABLED, EXPIRED, TOKEN_URL, GitLab
from tests.social.rows import linked

__all__ = ["no_cached_keys"]

KEY = Fernet.generate_key().decode()
HERE = "https://app.example.com/callback"
PROFILE_URL = "https://gitlab.com/api/v4/user"
CHECK_URL = "https://gitlab.com/oauth/token/info"
APPLE_TOKEN = "https://appleid.apple.com/auth/token"


@pytest.fixture(autouse=True)
def _enabled(database: Where) -> Iterator[None]:
    with ENABLED, override_settings(SOCIAL_AUTH_GITLAB_REDIRECT_URIS=HERE, PROVIDER_TOKEN_KEYS=[KEY]):
        yield


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    """GitLab's profile and its check of bare tokens."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(PROFILE_URL, json={"id": 1, "username": "ripley"})
        mock.get(CHECK_URL, json={"resource_owner_id": 1, "application": {"uid": "our-gitlab-key"}})
        yield mock


def by_code(mock: responses.RequestsMock, **answer: Any) -> User:
    """Sign up by a code, to which the token endpoint gives this answer."""
    mock.upsert("POST", TOKEN_URL, json={"token_type": "Bearer", "scope": "api", **answer})
    credential = Credential(provider="gitlab", code="a-code", code_verifier="v" * 43, redirect_uri=HERE)
    return sign_up(credential=credential, token=None, api_version="tests").user


def by_access_token(token: str) -> User:
    credential = Credential(provider="gitlab", access_token=token)
    return sign_up(credential=credential, token=None, api_version="tests").user


def kept() -> StoredTokens:
    return StoredTokens(UserSocialAuth.objects.get().extra_data)


@pytest.mark.threat(30)
def test_the_tokens_of_a_code_are_stored_encrypted(mock: responses.RequestsMock) -> None:
    """Both tokens are, and in clear when the access token expires; a second code replaces them all."""
    user = by_code(mock, access_token="canary-access", refresh_token="canary-refresh", expires_in=7200)
    assert "canary" not in json.dumps(kept().extra_data)
    assert get_provider_token(user=user, provider="gitlab") == kept().access_token == "canary-access"
    assert kept().refresh_token == "canary-refresh"
    assert isinstance(kept().expires_at, int)
    by_code(mock, access_token="canary-newer", refresh_token="canary-newest")
    assert (kept().access_token, kept().refresh_token, kept().expires_at) == ("canary-newer", "canary-newest", None)


@pytest.mark.threat(30)
def test_without_keys_nothing_of_a_code_is_stored(mock: responses.RequestsMock) -> None:
    """Neither tokens nor their expiry."""
    with override_settings(PROVIDER_TOKEN_KEYS=[]):
        by_code(mock, access_token="canary-access", refresh_token="canary-refresh", expires_in=7200)
    assert "canary" not in json.dumps(kept().extra_data)
    assert kept().extra_data.keys().isdisjoint({"access_token", "refresh_token", EXPIRES_AT, REFRESH_CLIENT})


@pytest.mark.parametrize("sign_in", ["code", "access token", "id_token"])
def test_a_refresh_token_outlives_sign_ins_without_one(mock: responses.RequestsMock, sign_in: str) -> None:
    """The newest access token is returned, and the refresh token can still be used.

    Google issues a refresh token with the first code only.
    """
    user = by_code(mock, access_token="access-0", refresh_token="refresh-0", expires_in=7200)
    if sign_in == "code":
        by_code(mock, access_token="access-9", expires_in=7200)
    elif sign_in == "access token":
        by_access_token("access-9")
        assert kept().expires_at is None
    newest = "access-0" if sign_in == "id_token" else "access-9"
    assert get_provider_token(user=user, provider="gitlab") == newest
    mock.remove("POST", TOKEN_URL)
    gitlab = GitLab(mock)
    assert get_provider_token(user=user, provider="gitlab", refused=newest) == "access-1"
    assert [one["refresh_token"] for one in gitlab.requests] == ["refresh-0"]


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (7200, 7200),
        ("7200", 7200),
        (0, None),
        (-1, None),
        (True, None),
        (7200.5, None),
        ("soon", None),
        ("٧", None),
        (None, None),
        (10**12, None),
        ("9" * 5000, None),
    ],
    ids=lambda value: repr(value)[:10],
)
def test_an_unusable_lifetime_is_unknown(expires_in: Any, seconds: int | None) -> None:
    """A whole number of seconds, also as a string, up to ten years."""
    before = int(time.time())
    expires_at = expiry_of({"expires_in": expires_in})
    assert expires_at is None if seconds is None else expires_at is not None and expires_at >= before + seconds


def expire() -> None:
    UserSocialAuth.objects.update(extra_data={**kept().extra_data, EXPIRES_AT: EXPIRED})


def sent(mock: responses.RequestsMock) -> dict[str, str]:
    """Return the fields of the last request."""
    return dict(parse_qsl(str(mock.calls[-1].request.body)))


@pytest.mark.usefixtures("no_cached_keys")
@pytest.mark.parametrize(("redirect_uri", "client"), [(None, "com.example.app"), (HERE, OURS)], ids=["native", "web"])
def test_apple_is_asked_as_the_client_of_the_code(
    mock: responses.RequestsMock, redirect_uri: str | None, client: str
) -> None:
    """A refresh token works for the client only that it was issued to (RFC 6749 section 6)."""
    key = ec.generate_private_key(ec.SECP256R1())
    settings = {
        "CLIENT": OURS,
        "TEAM": "TEAM",
        "KEY": "KEYID",
        "SECRET": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "REDIRECT_URIS": HERE,
        "NATIVE_CLIENT_ID": "com.example.app",
    }
    apple = SIGNERS["apple-id"]
    apple.register(mock)
    answer = {"access_token": "access-0", "refresh_token": "refresh-0", "expires_in": 3600}
    mock.post(APPLE_TOKEN, json={**answer, "id_token": apple.token(aud=client)})
    with override_settings(
        SOCIAL_PROVIDERS=["apple-id"], **{f"SOCIAL_AUTH_APPLE_ID_{name}": value for name, value in settings.items()}
    ):
        credential = Credential(provider="apple-id", code="c", redirect_uri=redirect_uri)
        user = sign_up(credential=credential, token=None, api_version="tests").user
        expire()
        mock.upsert("POST", APPLE_TOKEN, json={"access_token": "access-1", "expires_in": 3600, "id_token": "unread"})
        assert get_provider_token(user=user, provider="apple-id") == "access-1"
    secret = jwt.decode(sent(mock)["client_secret"], options={"verify_signature": False})
    assert (sent(mock)["refresh_token"], sent(mock)["client_id"], secret["sub"]) == ("refresh-0", client, client)


@pytest.mark.parametrize("refusals", [0, 1, 2], ids=["accepted", "revoked", "withdrawn"])
def test_the_documented_code_for_adopters(mock: responses.RequestsMock, refusals: int) -> None:
    """A token that the API refuses is refreshed once; if the provider refuses again, the user must sign in."""
    page: dict[str, Any] = {}
    document.run("repositories", page)
    row = linked("1", kept={"access_token": encrypt("access-0"), "refresh_token": encrypt("refresh-0")})
    mock.post("https://github.com/login/oauth/access_token", json={**REFRESHED, "expires_in": 28800})
    for _ in range(refusals):
        mock.get("https://api.github.com/user/repos", status=401)
    mock.get("https://api.github.com/user/repos", json=["tandem"])
    with override_settings(SOCIAL_PROVIDERS=["github"]):
        assert page["repositories_of"](row.user) == (None if refusals == 2 else ["tandem"])
        assert page["repositories_of"](linked("2", provider="facebook").user) is None
    used = [call.request.headers.get("Authorization") for call in mock.calls if "repos" in str(call.request.url)]
    assert used == ["Bearer access-0", "Bearer access-1"][: 2 if refusals else 1]


REFRESHED = {"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 7200}


def refreshed(mock: responses.RequestsMock, provider: str, url: str, answer: dict[str, Any]) -> Any:
    """Return what a provider's backend makes of an answer."""
    policy = policy_for(provider)
    assert policy is not None
    mock.post(url, json=answer)
    backend = backend_class(policy, for_code=True)(StatelessStrategy())
    tokens = {"refresh_token": encrypt("refresh-0")}
    named = provider.upper().replace("-", "_")
    with override_settings(**{f"SOCIAL_AUTH_{named}_KEY": "our-key", f"SOCIAL_AUTH_{named}_SECRET": "our-secret"}):
        return backend.refresh(StoredTokens(tokens))


def test_a_client_of_basic_authentication_sends_no_secret_in_the_body(mock: responses.RequestsMock) -> None:
    """X refuses a refresh without the header; social-core sends the secret in the body."""
    answer = refreshed(mock, "twitter-oauth2", "https://api.twitter.com/2/oauth2/token", REFRESHED)
    assert answer["refresh_token"] == "refresh-1"
    assert sent(mock) == {"grant_type": "refresh_token", "refresh_token": "refresh-0"}
    basic = base64.b64encode(b"our-key:our-secret").decode()
    assert mock.calls[-1].request.headers["Authorization"] == f"Basic {basic}"


def test_a_header_without_a_value_is_not_sent(mock: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Naver's backend has a header with the code, and a refresh has no code."""
    monkeypatch.setattr(policy_for("naver"), "code_hosts", frozenset({"nid.naver.com"}))
    refreshed(mock, "naver", "https://nid.naver.com/oauth2.0/token", REFRESHED)
    assert sent(mock)["refresh_token"] == "refresh-0"
    assert "code" not in mock.calls[-1].request.headers


@pytest.mark.usefixtures("no_cached_keys")
def test_an_id_token_that_comes_with_a_refresh_is_not_read(mock: responses.RequestsMock) -> None:
    """The refresh token that came with it is not lost, whatever the id_token is."""
    signer, token_url = SIGNERS["oidc"], "https://login.example.com/token"
    assert signer.configuration_url is not None
    published = {"issuer": signer.issuer, "jwks_uri": signer.keys_url, "token_endpoint": token_url}
    mock.get(signer.configuration_url, json=published)
    with signer.enabled("oidc"):
        answer = refreshed(mock, "oidc", token_url, {**REFRESHED, "id_token": "no.id.token"})
    assert answer["refresh_token"] == "refresh-1"
