"""The calls that a service makes to each provider, as social-core makes them."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # has no stubs

from sandbox.registrations import OURS

Grant = Callable[..., dict[str, str]]
Granted = Mapping[str, str]
Call = Callable[..., requests.Response]

TIMEOUT = 10

# One for all tests: creating a session takes longer than a call to the sandbox.
_client = requests.Session()


def get(url: str, **options: Any) -> requests.Response:
    return _client.get(url, timeout=options.pop("timeout", TIMEOUT), allow_redirects=False, **options)


def proof(token: str, secret: str) -> str:
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def facebook(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    token = granted["access_token"]
    params = {"access_token": token, "appsecret_proof": proof(token, OURS["facebook"].secret)}
    params |= options.pop("params", {})
    return get(f"{sandbox}/facebook/v24.0/me", params=params, **options)


def signed(sandbox: str, auth: OAuth1) -> requests.PreparedRequest:
    """Return a request that is signed for X's own URL and then sent to the sandbox, as the service does."""
    request = requests.Request(
        "GET",
        "https://api.twitter.com/1.1/account/verify_credentials.json",
        params={"include_email": "true"},
        auth=auth,
    ).prepare()
    request.url = str(request.url).replace("https://api.twitter.com", f"{sandbox}/twitter")
    return request


def twitter(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    auth = OAuth1(
        OURS["twitter"].client_id,
        OURS["twitter"].secret,
        granted["access_token"],
        granted["access_token_secret"],
    )
    timeout = options.pop("timeout", TIMEOUT)
    return _client.send(signed(sandbox, auth), timeout=timeout, allow_redirects=False, **options)


def instagram(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    params = {"fields": "id,username", "access_token": granted["access_token"]}
    return get(f"{sandbox}/instagram/me", params=params, **options)


def google(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    return get(f"{sandbox}/google-oauth2/www/oauth2/v3/userinfo", headers=_bearer(granted), **options)


def github(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    headers = {"Authorization": f"token {granted['access_token']}"}
    return get(f"{sandbox}/github/user", headers=headers, **options)


def discord(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    return get(f"{sandbox}/discord/api/users/@me", headers=_bearer(granted), **options)


def gitlab(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    params = {"access_token": granted["access_token"]}
    return get(f"{sandbox}/gitlab/api/v4/user", params=params, **options)


def twitch(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    headers = {**_bearer(granted), "Client-Id": options.pop("client_id", OURS["twitch"].client_id)}
    return get(f"{sandbox}/twitch/api/helix/users", headers=headers, **options)


def line(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    return get(f"{sandbox}/line/v2/profile", headers=_bearer(granted), **options)


def kakao(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    return get(f"{sandbox}/kakao/v2/user/me", headers=_bearer(granted), **options)


PROFILE: Mapping[str, Call] = {
    "facebook": facebook,
    "twitter": twitter,
    "instagram": instagram,
    "google-oauth2": google,
    "github": github,
    "discord": discord,
    "gitlab": gitlab,
    "twitch": twitch,
    "line": line,
    "kakao": kakao,
}


def instagram_exchange(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    params = {
        "grant_type": "ig_exchange_token",
        "client_secret": options.pop("secret", OURS["instagram"].secret),
        "access_token": granted["access_token"],
    }
    return get(f"{sandbox}/instagram/access_token", params=params, **options)


def google_tokeninfo(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    params = {"access_token": granted["access_token"]}
    return get(f"{sandbox}/google-oauth2/oauth2/tokeninfo", params=params, **options)


def github_check(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    client_id, secret = OURS["github"].client_id, OURS["github"].secret
    return _client.post(
        f"{sandbox}/github/applications/{client_id}/token",
        auth=options.pop("auth", (client_id, secret)),
        json=options.pop("json", {"access_token": granted["access_token"]}),
        timeout=options.pop("timeout", TIMEOUT),
        allow_redirects=False,
        **options,
    )


def discord_authorization(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    return get(f"{sandbox}/discord/api/oauth2/@me", headers=_bearer(granted), **options)


def gitlab_token_info(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    return get(f"{sandbox}/gitlab/oauth/token/info", headers=_bearer(granted), **options)


def twitch_validate(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    headers = {"Authorization": f"OAuth {granted['access_token']}"}
    return get(f"{sandbox}/twitch/id/oauth2/validate", headers=headers, **options)


def line_verify(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    params = {"access_token": granted["access_token"]}
    return get(f"{sandbox}/line/oauth2/v2.1/verify", params=params, **options)


def kakao_token_info(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    return get(f"{sandbox}/kakao/v1/user/access_token_info", headers=_bearer(granted), **options)


CHECK: Mapping[str, Call] = {
    "instagram": instagram_exchange,
    "google-oauth2": google_tokeninfo,
    "github": github_check,
    "discord": discord_authorization,
    "gitlab": gitlab_token_info,
    "twitch": twitch_validate,
    "line": line_verify,
    "kakao": kakao_token_info,
}

EACH_CALL = pytest.mark.parametrize(
    ("provider", "call"),
    [*PROFILE.items(), *CHECK.items()],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)


def _bearer(granted: Granted) -> dict[str, str]:
    return {"Authorization": f"Bearer {granted['access_token']}"}
