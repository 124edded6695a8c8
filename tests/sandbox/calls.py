"""The calls that a service makes to each provider, as social-core makes them, and those of an app for a code."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import jwt
import pytest
import requests
from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # has no stubs

from sandbox.__main__ import environment
from sandbox.providers import PROVIDERS
from sandbox.providers.microsoft import TENANT
from sandbox.registrations import APPLE_KEY, APPLE_TEAM, OURS, Registration, apple_key

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


VERIFY_CREDENTIALS = "https://api.twitter.com/1.1/account/verify_credentials.json?include_email=true"


def signed(sandbox: str, auth: OAuth1, url: str = VERIFY_CREDENTIALS) -> requests.PreparedRequest:
    """Return a request that is signed for X's own URL and then sent to the sandbox, as the service does."""
    request = requests.Request("GET", url, auth=auth).prepare()
    request.url = re.sub(r"https://api\.(?:twitter|x)\.com", f"{sandbox}/twitter", str(request.url))
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


def twitter_oauth2(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    params = {"user.fields": "created_at,confirmed_email"}
    return get(f"{sandbox}/twitter-oauth2/2/users/me", params=params, headers=_bearer(granted), **options)


def slack(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    return get(f"{sandbox}/slack/api/users.identity", headers=_bearer(granted), **options)


def spotify(sandbox: str, granted: Granted, **options: Any) -> requests.Response:
    return get(f"{sandbox}/spotify/api/v1/me", headers=_bearer(granted), **options)


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
    "twitter-oauth2": twitter_oauth2,
    "slack": slack,
    "spotify": spotify,
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


BACK = "https://app.example.com/callback"
"""The redirect URI of an app in these tests."""

VERIFIER = "a-code-verifier-of-an-app-in-these-tests-43"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

CODE_PROVIDERS = [provider.name for provider in PROVIDERS if provider.name != "twitter"]
"""The providers with a client of their own for codes; those for `twitter` are issued to the one of `twitter-oauth2`."""

EACH_CODE_PROVIDER = pytest.mark.parametrize("provider", CODE_PROVIDERS)

TOKEN_URLS = {
    "facebook": "https://graph.facebook.com/v24.0/oauth/access_token",
    "instagram": "https://api.instagram.com/oauth/access_token",
    "google-oauth2": "https://accounts.google.com/o/oauth2/token",
    "apple-id": "https://appleid.apple.com/auth/token",
    "github": "https://github.com/login/oauth/access_token",
    "discord": "https://discord.com/api/oauth2/token",
    "gitlab": "https://gitlab.com/oauth/token",
    "twitch": "https://id.twitch.tv/oauth2/token",
    "line": "https://api.line.me/oauth2/v2.1/token",
    "kakao": "https://kauth.kakao.com/oauth/token",
    "twitter-oauth2": "https://api.twitter.com/2/oauth2/token",
    "linkedin-openidconnect": "https://www.linkedin.com/oauth/v2/accessToken",
    "slack": "https://slack.com/api/oauth.access",
    "spotify": "https://accounts.spotify.com/api/token",
    "azuread-v2-tenant-oauth2": f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
    "oidc": "https://login.example.com/oauth2/token",
}


def authorization_url(sandbox: str, provider: str) -> str:
    [path] = [one().oauth2.authorization_path for one in PROVIDERS if one.name == provider]
    return f"{sandbox}/{provider}{path}"


def authorization(provider: str, **changed: str | None) -> dict[str, str]:
    """Return the parameters of an authorization request; a changed one that is None is left out."""
    parameters = {
        "response_type": "code",
        "client_id": OURS[provider].client_id,
        "redirect_uri": BACK,
        "state": "s t&a=te",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changed,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def consent(url: str, parameters: Mapping[str, str], **choice: str) -> requests.Response:
    """Open the consent page, choose as a person does, and return the answer to the form."""
    shown = get(url, params=parameters)
    assert shown.status_code == 200, shown.text
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', shown.text)
    [action] = re.findall(r'<form method="post" action="([^"]*)">', shown.text)
    fields = {unescape(name): unescape(value) for name, value in hidden}
    target = urljoin(url, unescape(action))
    return _client.post(target, data={**fields, **choice}, timeout=TIMEOUT, allow_redirects=False)


def redirected(answer: requests.Response) -> dict[str, str]:
    """Return the parameters that an app receives by a redirect."""
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query, strict_parsing=True))


def code(sandbox: str, provider: str, persona: str = "ripley", **changed: str | None) -> str:
    """Return a code that an app receives for a persona."""
    parameters = authorization(provider, **changed)
    return redirected(consent(authorization_url(sandbox, provider), parameters, persona=persona))["code"]


def exchange(sandbox: str, provider: str, code: str, **changed: Any) -> requests.Response:
    """Exchange a code; a changed field that is None is left out."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return ask_for_tokens(sandbox, provider, {**fields, **changed})


def refresh(sandbox: str, provider: str, refresh_token: str, **changed: Any) -> requests.Response:
    return ask_for_tokens(sandbox, provider, {"grant_type": "refresh_token", "refresh_token": refresh_token, **changed})


def ask_for_tokens(sandbox: str, provider: str, fields: Mapping[str, Any]) -> requests.Response:
    """Send a request to a token endpoint as the registered client, or with the credentials among the fields."""
    sent = {**credentials(provider), **fields}
    options: dict[str, Any] = {name: sent.pop(name) for name in ("auth", "timeout", "headers") if name in sent}
    options = {"timeout": TIMEOUT, "headers": {"Accept": "application/json"}, **options}
    sent = {name: value for name, value in sent.items() if value is not None}
    url = sent_to_sandbox(TOKEN_URLS[provider], environment(sandbox))
    if provider == "facebook":
        return get(url, params=sent, **options)
    return _client.post(url, data=sent, allow_redirects=False, **options)


def sent_to_sandbox(url: str, variables: Mapping[str, str]) -> str:
    """Return a provider's URL with the sandbox's in place of the origin, as the environment says."""
    hosts: dict[str, str] = json.loads(variables["PROVIDER_HOSTS"])
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return url.replace(origin, hosts.get(origin, origin), 1)


def credentials(provider: str, registration: Registration | None = None) -> dict[str, Any]:
    """Return a client's credentials, by default ours, as the provider's documentation says that they are sent."""
    registration = registration or OURS[provider]
    if provider == "apple-id":
        secret = apple_secret(sub=registration.client_id, key=apple_key(registration))
        return {"client_id": registration.client_id, "client_secret": secret}
    if provider == "twitter-oauth2":
        return {"auth": (registration.client_id, registration.secret)}
    return {"client_id": registration.client_id, "client_secret": registration.secret}


def apple_secret(*, kid: str = APPLE_KEY, key: Any = None, **changed: Any) -> str:
    """Return a client secret for Apple."""
    claims = {
        "iss": APPLE_TEAM,
        "iat": int(time.time()),
        "exp": int(time.time()) + 300,
        "aud": "https://appleid.apple.com",
        "sub": OURS["apple-id"].client_id,
        **changed,
    }
    return jwt.encode(claims, key or apple_key(OURS["apple-id"]), algorithm="ES256", headers={"kid": kid})
