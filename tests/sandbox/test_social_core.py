import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from social_core.backends.discord import DiscordOAuth2
from social_core.backends.facebook import FacebookOAuth2
from social_core.backends.github import GithubOAuth2
from social_core.backends.gitlab import GitLabOAuth2
from social_core.backends.google import GoogleOAuth2
from social_core.backends.instagram import InstagramOAuth2
from social_core.backends.kakao import KakaoOAuth2
from social_core.backends.line import LineOAuth2
from social_core.backends.open_id_connect import OpenIdConnectAuth
from social_core.backends.twitch import TwitchOAuth2
from social_core.backends.twitter import TwitterOAuth
from social_core.exceptions import SocialAuthBaseException
from social_core.strategy import BaseStrategy

from sandbox.__main__ import environment
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
]


class Strategy(BaseStrategy[Any]):
    """A strategy without a framework: settings, and a session that stores nothing."""

    def __init__(self, settings: dict[str, str]) -> None:
        super().__init__()
        self.settings = settings

    def get_setting(self, name: str) -> Any:
        return self.settings[name]

    def request_data(self, merge: bool = True) -> dict[str, Any]:
        return {}

    def build_absolute_uri(self, path: str | None = None) -> str:
        return f"http://localhost{path}"

    def session_get(self, name: str, default: Any = None) -> Any:
        return default

    def session_set(self, name: str, value: Any) -> None:
        pass


@pytest.fixture
def sandbox_environment(sandbox: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Send signed calls to the sandbox instead of the providers; return the environment."""
    variables = environment(sandbox)
    hosts = json.loads(variables["PROVIDER_HOSTS"])
    send = requests.adapters.HTTPAdapter.send

    def redirected(adapter: Any, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        origin = f"{parts.scheme}://{parts.netloc}"
        request.url = str(request.url).replace(origin, hosts.get(origin, origin), 1)
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
    if backend.name not in {"instagram", "discord", "twitch"}:
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
