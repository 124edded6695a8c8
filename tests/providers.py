"""The five providers, mocked with `responses`: each token has a profile, and answers are like the real ones."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses
from requests import PreparedRequest

Answer = tuple[int, dict[str, str], str]
JSON = {"Content-Type": "application/json"}


def json_answer(status: int, body: Any) -> Answer:
    return status, JSON, json.dumps(body)


class Providers:
    """The mocked providers; `knows` adds a token and its profile."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock
        self.profiles: dict[tuple[str, str], dict[str, Any]] = {}
        self.calls = mock.calls
        self.scripted: dict[str, Answer | Exception] = {}
        routes: tuple[tuple[str, str, str, Callable[[PreparedRequest], Answer]], ...] = (
            ("facebook", "GET", r"graph\.facebook\.com/v[0-9.]+/me", self._facebook),
            ("twitter", "GET", r"api\.twitter\.com/2/users/me", self._twitter),
            ("twitter-code", "POST", r"api\.twitter\.com/2/oauth2/token", self._exchange),
            ("facebook-code", "GET", r"graph\.facebook\.com/v[0-9.]+/oauth/access_token", self._exchange),
            ("instagram-code", "POST", r"api\.instagram\.com/oauth/access_token", self._instagram_code),
            ("twitter-1.1", "GET", r"api\.twitter\.com/1\.1/account/verify_credentials\.json", self._twitter_1),
            ("instagram-exchange", "GET", r"graph\.instagram\.com/access_token", self._instagram_exchange),
            ("instagram", "GET", r"graph\.instagram\.com/me", self._instagram),
            ("google-tokeninfo", "GET", r"oauth2\.googleapis\.com/tokeninfo", self._tokeninfo),
            ("google-oauth2", "GET", r"www\.googleapis\.com/oauth2/v3/userinfo", self._userinfo),
            ("github", "POST", r"api\.github\.com/applications/our-github-key/token", self._github),
        )
        for step, method, url, callback in routes:
            mock.add_callback(method, re.compile(f"https://{url}(\\?.*)?$"), callback=self._mocked(step, callback))

    def answers(self, step: str, answer: Answer | Exception) -> None:
        """Replace one call of a provider by this answer, for every token."""
        self.scripted[step] = answer

    def _mocked(self, step: str, callback: Callable[[PreparedRequest], Answer]) -> Callable[[PreparedRequest], Any]:
        return lambda request: self.scripted.get(step) or callback(request)

    def knows(self, provider: str, token: str, **profile: Any) -> dict[str, Any]:
        """Add a token with its profile to a provider; return the fields of a sign-up with it."""
        self.profiles[provider, token] = profile
        fields = {"provider": provider, "access_token": token}
        if provider == "twitter":
            fields["access_token_secret"] = "secret-of-" + token
        return fields

    def _profile(self, provider: str, token: str | None) -> dict[str, Any] | None:
        return self.profiles.get((provider, token or ""))

    def _exchange(self, request: PreparedRequest) -> Answer:
        """Answer with a token that is the code."""
        return json_answer(200, {"access_token": _sent(request)["code"], "token_type": "bearer", "expires_in": 7200})

    def _instagram_code(self, request: PreparedRequest) -> Answer:
        answer = {"access_token": "long-" + _sent(request)["code"], "user_id": 7, "permissions": ["x"]}
        return json_answer(200, answer)

    def _facebook(self, request: PreparedRequest) -> Answer:
        query = _query(request)
        profile = self._profile("facebook", query.get("access_token"))
        if profile is None or "appsecret_proof" not in query:
            return json_answer(400, {"error": {"message": "Invalid token", "type": "OAuthException", "code": 190}})
        return json_answer(200, profile)

    def _twitter(self, request: PreparedRequest) -> Answer:
        profile = self._twitter_profile(request)
        if profile is None:
            return json_answer(401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "?"})
        # The profiles have the names of v1.1; v2 has other ones, and the id as a string.
        names = {"id": "id", "name": "name", "screen_name": "username", "email": "confirmed_email"}
        user = {theirs: profile[name] for name, theirs in names.items() if name in profile}
        if isinstance(user.get("id"), int) and not isinstance(user["id"], bool):
            user["id"] = str(user["id"])
        return json_answer(200, {"data": user})

    def _twitter_1(self, request: PreparedRequest) -> Answer:
        profile = self._twitter_profile(request)
        if profile is None:
            return json_answer(401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]})
        return json_answer(200, profile)

    def _twitter_profile(self, request: PreparedRequest) -> dict[str, Any] | None:
        header = str(request.headers["Authorization"])
        pair = header.partition('oauth_token="')[2].partition('"')[0]
        return self._profile("twitter", pair or header.removeprefix("Bearer "))

    def _instagram_exchange(self, request: PreparedRequest) -> Answer:
        query = _query(request)
        if self._profile("instagram", query.get("access_token")) is None:
            return json_answer(400, {"error": {"message": "Invalid token", "type": "OAuthException", "code": 190}})
        return json_answer(200, {"access_token": "long-" + query["access_token"], "expires_in": 5184000})

    def _instagram(self, request: PreparedRequest) -> Answer:
        token = _query(request).get("access_token", "")
        assert token.startswith("long-"), "called with the token that was not exchanged"
        profile = self._profile("instagram", token.removeprefix("long-"))
        assert profile is not None
        return json_answer(200, profile)

    def _tokeninfo(self, request: PreparedRequest) -> Answer:
        profile = self._profile("google-oauth2", _query(request).get("access_token"))
        if profile is None:
            return json_answer(400, {"error": "invalid_token", "error_description": "Invalid Value"})
        aud = profile.get("aud", "our-google_oauth2-key")
        return json_answer(200, {"aud": aud, "azp": aud, "sub": profile.get("sub"), "expires_in": "3599"})

    def _userinfo(self, request: PreparedRequest) -> Answer:
        token = str(request.headers["Authorization"]).removeprefix("Bearer ")
        profile = self._profile("google-oauth2", token)
        assert profile is not None
        return json_answer(200, {name: value for name, value in profile.items() if name != "aud"})

    def _github(self, request: PreparedRequest) -> Answer:
        expected = base64.b64encode(b"our-github-key:our-github-secret").decode()
        assert request.headers["Authorization"] == f"Basic {expected}"
        profile = self._profile("github", json.loads(request.body or "{}").get("access_token"))
        if profile is None:
            return json_answer(404, {"message": "Not Found"})
        return json_answer(200, {"app": {"client_id": "our-github-key"}, "user": profile})


def _sent(request: PreparedRequest) -> dict[str, str]:
    form = parse_qs(request.body if isinstance(request.body, str) else "")
    return {**_query(request), **{name: values[0] for name, values in form.items()}}


def _query(request: PreparedRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(str(request.url)).query).items()}
