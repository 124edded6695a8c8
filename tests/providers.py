"""Simulated providers, on `responses`: each profile has a token, and each provider answers as the real one does."""

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
    """The five providers; `knows` adds a profile."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock
        self.people: dict[tuple[str, str], dict[str, Any]] = {}
        self.calls = mock.calls
        self.scripted: dict[str, Answer | Exception] = {}
        routes: tuple[tuple[str, str, str, Callable[[PreparedRequest], Answer]], ...] = (
            ("facebook", "GET", r"graph\.facebook\.com/v[0-9.]+/me", self._facebook),
            ("twitter", "GET", r"api\.twitter\.com/1\.1/account/verify_credentials\.json", self._twitter),
            ("instagram-exchange", "GET", r"graph\.instagram\.com/access_token", self._instagram_exchange),
            ("instagram", "GET", r"graph\.instagram\.com/me", self._instagram),
            ("google-tokeninfo", "GET", r"oauth2\.googleapis\.com/tokeninfo", self._tokeninfo),
            ("google-oauth2", "GET", r"www\.googleapis\.com/oauth2/v3/userinfo", self._userinfo),
            ("github", "POST", r"api\.github\.com/applications/our-github-key/token", self._github),
        )
        for step, method, url, callback in routes:
            mock.add_callback(method, re.compile(f"https://{url}(\\?.*)?$"), callback=self._played(step, callback))

    def answers(self, step: str, answer: Answer | Exception) -> None:
        """Set the answer of one call of a provider, for any token."""
        self.scripted[step] = answer

    def _played(self, step: str, callback: Callable[[PreparedRequest], Answer]) -> Callable[[PreparedRequest], Any]:
        return lambda request: self.scripted.get(step) or callback(request)

    def knows(self, provider: str, token: str, **profile: Any) -> dict[str, Any]:
        """Add a profile that a provider returns for a token; return the fields of a sign-up with it."""
        self.people[provider, token] = profile
        fields = {"provider": provider, "access_token": token}
        if provider == "twitter":
            fields["access_token_secret"] = "secret-of-" + token
        return fields

    def _person(self, provider: str, token: str | None) -> dict[str, Any] | None:
        return self.people.get((provider, token or ""))

    def _facebook(self, request: PreparedRequest) -> Answer:
        query = _query(request)
        person = self._person("facebook", query.get("access_token"))
        if person is None or "appsecret_proof" not in query:
            return json_answer(400, {"error": {"message": "Invalid token", "type": "OAuthException", "code": 190}})
        return json_answer(200, person)

    def _twitter(self, request: PreparedRequest) -> Answer:
        header = str(request.headers["Authorization"])
        token = header.partition('oauth_token="')[2].partition('"')[0]
        person = self._person("twitter", token)
        if person is None:
            return json_answer(401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]})
        return json_answer(200, person)

    def _instagram_exchange(self, request: PreparedRequest) -> Answer:
        query = _query(request)
        if self._person("instagram", query.get("access_token")) is None:
            return json_answer(400, {"error": {"message": "Invalid token", "type": "OAuthException", "code": 190}})
        return json_answer(200, {"access_token": "long-" + query["access_token"], "expires_in": 5184000})

    def _instagram(self, request: PreparedRequest) -> Answer:
        token = _query(request).get("access_token", "")
        assert token.startswith("long-"), "asked with the token that was not exchanged"
        person = self._person("instagram", token.removeprefix("long-"))
        assert person is not None
        return json_answer(200, person)

    def _tokeninfo(self, request: PreparedRequest) -> Answer:
        person = self._person("google-oauth2", _query(request).get("access_token"))
        if person is None:
            return json_answer(400, {"error": "invalid_token", "error_description": "Invalid Value"})
        aud = person.get("aud", "our-google_oauth2-key")
        return json_answer(200, {"aud": aud, "azp": aud, "sub": person.get("sub"), "expires_in": "3599"})

    def _userinfo(self, request: PreparedRequest) -> Answer:
        token = str(request.headers["Authorization"]).removeprefix("Bearer ")
        person = self._person("google-oauth2", token)
        assert person is not None
        return json_answer(200, {name: value for name, value in person.items() if name != "aud"})

    def _github(self, request: PreparedRequest) -> Answer:
        expected = base64.b64encode(b"our-github-key:our-github-secret").decode()
        assert request.headers["Authorization"] == f"Basic {expected}"
        person = self._person("github", json.loads(request.body or "{}").get("access_token"))
        if person is None:
            return json_answer(404, {"message": "Not Found"})
        return json_answer(200, {"app": {"client_id": "our-github-key"}, "user": person})


def _query(request: PreparedRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(str(request.url)).query).items()}
