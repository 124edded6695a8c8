from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
import requests
from social_core.backends.apple import AppleIdAuth
from social_core.backends.discord import DiscordOAuth2
from social_core.backends.facebook import FacebookOAuth2
from social_core.backends.github import GithubOAuth2
from social_core.backends.gitlab import GitLabOAuth2
from social_core.backends.google import GoogleOAuth2
from social_core.backends.instagram import InstagramOAuth2
from social_core.backends.kakao import KakaoOAuth2
from social_core.backends.line import LineOAuth2
from social_core.backends.linkedin import LinkedinOpenIdConnect
from social_core.backends.open_id_connect import OpenIdConnectAuth
from social_core.backends.slack import SlackOAuth2
from social_core.backends.spotify import SpotifyOAuth2
from social_core.backends.twitch import TwitchOAuth2
from social_core.backends.twitter import TwitterOAuth
from social_core.backends.twitter_oauth2 import TwitterOAuth2
from social_core.exceptions import AuthResponseError, SocialAuthBaseException
from social_core.strategy import BaseStrategy

from sandbox.__main__ import environment
from tests.sandbox import calls
from tests.sandbox.calls import Grant

BACKENDS: list[type[Any]] = [
    FacebookOAuth2,
    TwitterOAuth,
    InstagramOAuth2,
    GoogleOAuth2,
    GithubOAuth2,
    DiscordOAuth2,
    GitLabOAuth2,
    TwitchOAuth2,
    LineOAuth2,
    KakaoOAuth2,
    SlackOAuth2,
    SpotifyOAuth2,
    TwitterOAuth2,
]

NAMELESS = {"instagram", "discord", "twitch"}
"""The backends whose details contain no full name."""


class Kakao(KakaoOAuth2[Any]):
    """social-core's does not send the redirect URI, as RFC 6749, section 4.1.3, requires."""

    def auth_complete_params(self, state: str | None = None) -> dict[str, Any]:
        return {**super().auth_complete_params(state), "redirect_uri": self.get_redirect_uri(state)}


class Instagram(InstagramOAuth2[Any]):
    """social-core's adds a parameter to the redirect URI, which is then no registered one."""

    REDIRECT_STATE = False


WITH_CODES: list[type[Any]] = [
    AppleIdAuth,
    DiscordOAuth2,
    FacebookOAuth2,
    GithubOAuth2,
    GitLabOAuth2,
    GoogleOAuth2,
    Instagram,
    Kakao,
    LineOAuth2,
    LinkedinOpenIdConnect,
    OpenIdConnectAuth,
    SlackOAuth2,
    SpotifyOAuth2,
    TwitchOAuth2,
    TwitterOAuth2,
]

EACH_WITH_CODES = pytest.mark.parametrize("backend_class", WITH_CODES, ids=lambda backend: backend.name)


class Nonces:
    """The part of a storage that OAuth 2 and OpenID Connect use."""

    def __init__(self) -> None:
        self._stored: set[tuple[object, ...]] = set()

    def use(self, *nonce: object) -> bool:
        self._stored.add(nonce)
        return True

    def consume(self, *nonce: object) -> bool:
        consumed = nonce in self._stored
        self._stored.discard(nonce)
        return consumed


class Associations:
    """The part of a storage that OpenID Connect uses."""

    def __init__(self) -> None:
        self._stored: list[Any] = []

    def store(self, server_url: str, association: Any) -> None:
        association.id, association.is_expired = len(self._stored), lambda: False
        self._stored.append(association)

    def get(self, server_url: str, handle: str) -> list[Any]:
        return [each for each in self._stored if each.handle == handle]

    def remove(self, ids_to_delete: list[Any]) -> None:
        pass


class Storage:
    """A storage in memory."""

    def __init__(self) -> None:
        self.nonce = Nonces()
        self.association = Associations()


class Strategy(BaseStrategy[Any]):
    """A strategy without a framework: settings, a session, and the response in place of a pipeline."""

    def __init__(self, settings: dict[str, Any]) -> None:
        storage: Any = Storage()
        super().__init__(storage)
        self.settings = settings
        self.session: dict[str, Any] = {}

    def get_setting(self, name: str) -> Any:
        return self.settings[name]

    def request_data(self, merge: bool = True) -> dict[str, Any]:
        return {}

    def build_absolute_uri(self, path: str | None = None) -> str:
        return urljoin("http://localhost", path or "")

    def session_get(self, name: str, default: Any = None) -> Any:
        return self.session.get(name, default)

    def session_set(self, name: str, value: Any) -> None:
        self.session[name] = value

    def session_pop(self, name: str) -> Any:
        return self.session.pop(name, None)

    def authenticate(self, backend: Any, *args: Any, **kwargs: Any) -> Any:
        return kwargs["response"]


@pytest.fixture
def sandbox_environment(sandbox: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Send signed calls to the sandbox instead of the providers; return the environment."""
    variables = environment(sandbox)
    send = requests.adapters.HTTPAdapter.send

    def redirected(adapter: Any, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        request.url = calls.sent_to_sandbox(str(request.url), variables)
        return send(adapter, request, **options)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", redirected)
    return variables


@pytest.mark.parametrize("backend_class", BACKENDS, ids=lambda backend: backend.name)
def test_backends_read_the_profile(sandbox_environment: dict[str, str], grant: Grant, backend_class: type[Any]) -> None:
    """social-core's own backends, unchanged, read id and name from the sandbox."""
    granted = grant(backend_class.name, "zoe")
    backend = backend_class(Strategy(sandbox_environment), redirect_uri="/")
    token: Any = granted["access_token"]
    if "access_token_secret" in granted:
        token = {"oauth_token": token, "oauth_token_secret": granted["access_token_secret"]}

    response = backend.user_data(token)

    details = backend.get_user_details(response)
    assert backend.get_user_id(details, response)
    if backend.name not in NAMELESS:
        assert details["fullname"] == "Zoë Łukasiewicz-山田"


def _oidc_claims(variables: dict[str, str], granted: dict[str, str]) -> dict[str, Any]:
    backend: Any = OpenIdConnectAuth(Strategy(variables), redirect_uri="/")
    claims: dict[str, Any] = backend.decode_and_validate_id_token(granted["id_token"], "")
    return claims


def test_oidc_is_configured_by_its_endpoint_only(sandbox_environment: dict[str, str], grant: Grant) -> None:
    """The generic backend finds the discovery document by the issuer, and the keys by the document."""
    claims = _oidc_claims(sandbox_environment, grant("oidc", "zoe"))

    assert (claims["name"], claims["preferred_username"]) == ("Zoë Łukasiewicz-山田", "zoe")


@pytest.mark.parametrize(
    "persona",
    [
        "foreign",
        "expired",
        "future",
        "wrong-issuer",
        "wrong-party",
        "unsigned",
        "public-key",
        "wrong-key",
        "unknown-key",
    ],
)
def test_oidc_refuses_invalid_id_tokens(sandbox_environment: dict[str, str], grant: Grant, persona: str) -> None:
    """social-core's own check refuses every invalid id_token."""
    with pytest.raises(SocialAuthBaseException):
        _oidc_claims(sandbox_environment, grant("oidc", persona))


def _signed_in(variables: dict[str, str], backend_class: type[Any], **choice: str) -> tuple[Any, Any]:
    """Return the backend and the response that its pipeline would get, after a consent with this choice."""
    settings = {**variables, "SOCIAL_AUTH_OIDC_USE_PKCE": True}
    backend = backend_class(Strategy(settings), redirect_uri=calls.BACK)
    url = calls.sent_to_sandbox(backend.auth_url(), variables)
    parts = urlsplit(url)
    received = calls.redirected(
        calls.consent(parts._replace(query="").geturl(), dict(parse_qsl(parts.query)), **choice)
    )
    backend.data = received
    return backend, backend.auth_complete()


@EACH_WITH_CODES
def test_backends_exchange_codes(sandbox_environment: dict[str, str], backend_class: type[Any]) -> None:
    """Their URLs, parameters, headers and client secrets are accepted, and the person is the one of the consent."""
    backend, response = _signed_in(sandbox_environment, backend_class, persona="zoe")

    details = backend.get_user_details(response)
    assert backend.get_user_id(details, response)
    if backend.name not in {*NAMELESS, "apple-id"}:
        assert details["fullname"] == "Zoë Łukasiewicz-山田"


@EACH_WITH_CODES
@pytest.mark.parametrize("persona", ["used-code", "unregistered", "no-token", "html", "error-500", "redirect"])
def test_backends_refuse_failures(sandbox_environment: dict[str, str], backend_class: type[Any], persona: str) -> None:
    """Whatever form the provider's error has, social-core takes no answer of these for a success."""
    with pytest.raises(SocialAuthBaseException):
        _signed_in(sandbox_environment, backend_class, persona=persona)


@EACH_WITH_CODES
def test_backends_notice_a_refused_consent(sandbox_environment: dict[str, str], backend_class: type[Any]) -> None:
    """The redirect with an error raises one."""
    with pytest.raises(SocialAuthBaseException):
        _signed_in(sandbox_environment, backend_class, decision="refuse")


def test_oidc_takes_no_id_token_for_another_audience(sandbox_environment: dict[str, str]) -> None:
    """The exchange succeeds; its id_token is another app's."""
    with pytest.raises(AuthResponseError) as raised:
        _signed_in(sandbox_environment, OpenIdConnectAuth, persona="foreign")

    assert raised.value.claim == "aud"


@pytest.mark.parametrize(
    "backend_class",
    [DiscordOAuth2, GitLabOAuth2, TwitchOAuth2, LineOAuth2, Kakao, LinkedinOpenIdConnect, SpotifyOAuth2],
    ids=lambda backend: backend.name,
)
def test_backends_refresh(sandbox_environment: dict[str, str], backend_class: type[Any]) -> None:
    """With the refresh token that came with the code."""
    backend, response = _signed_in(sandbox_environment, backend_class, persona="zoe")

    renewed = backend.refresh_token(response["refresh_token"])

    assert renewed["access_token"] != response["access_token"]


def test_x_refuses_the_refresh_of_social_core(sandbox_environment: dict[str, str]) -> None:
    """It sends the secret in the form, while X wants confidential clients to authenticate in the header."""
    backend: Any = TwitterOAuth2(Strategy(sandbox_environment), redirect_uri=calls.BACK)

    with pytest.raises(SocialAuthBaseException) as raised:
        backend.refresh_token("any")

    assert raised.value.provider_code == "unauthorized_client"
