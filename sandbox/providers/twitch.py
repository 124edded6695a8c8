"""Twitch: codes, the validation of a token, which names app and user, and the profile of the Helix API."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import present
from sandbox.providers.base import Reason, Route
from sandbox.providers.oauth2 import OAuth2Provider, Refresh, Refusal, scopes_of
from sandbox.tokens import Grant


def _error(status: int, message: str) -> Reply:
    return json_reply({"error": HTTPStatus(status).phrase, "status": status, "message": message}, status)


_INVALID = json_reply({"status": 401, "message": "invalid access token"}, 401)
_MISSING = _error(401, "OAuth token is missing")
_NOT_THEIRS = _error(401, "Client ID and OAuth token do not match")


def _token_error(status: int, message: str) -> Reply:
    return json_reply({"status": status, "message": message}, status)


_BAD_CODE = _token_error(400, "Invalid authorization code")
_BAD_REDIRECT = _token_error(400, "Parameter redirect_uri does not match registered URI")


class Twitch(OAuth2Provider):
    """Twitch.

    Codes: https://dev.twitch.tv/docs/authentication/getting-tokens-oauth/#authorization-code-grant-flow. Its token
    endpoint has no `error` as RFC 6749 requires, but a status and a message:
    https://dev.twitch.tv/docs/authentication/refresh-tokens/.

    Validation: https://dev.twitch.tv/docs/authentication/validate-tokens/. The profile, which
    requires the client id beside the token: https://dev.twitch.tv/docs/api/reference/#get-users.
    """

    name = "twitch"
    title = "Twitch"
    hosts = {"https://id.twitch.tv": "/id", "https://api.twitch.tv": "/api"}
    checks_user = True
    authorization_path = "/id/oauth2/authorize"
    token_path = "/id/oauth2/token"
    default_scope = "user:read:email"
    denied = {
        "error": "access_denied",
        "error_description": "The user denied you access",
    }
    refresh = Refresh.KEPT
    token_lifetime = 14124
    token_refusals = {
        **dict.fromkeys(Refusal, _BAD_CODE),
        Refusal.CLIENT: _token_error(403, "invalid client secret"),
        Refusal.CLIENT_GRANT: _token_error(400, "invalid client"),
        Refusal.GRANT: _token_error(400, "unsupported grant type"),
        Refusal.PARAMETER: _token_error(400, "missing code"),
        Refusal.REDIRECT: _BAD_REDIRECT,
        Refusal.UNREGISTERED_REDIRECT: _BAD_REDIRECT,
        Refusal.REFRESH_TOKEN: _token_error(400, "Invalid refresh token"),
    }
    refusals = {
        Call.PROFILE: dict.fromkeys(Reason, _error(401, "Invalid OAuth token")),
        Call.CHECK: dict.fromkeys(Reason, _INVALID),
    }

    def routes(self) -> Sequence[Route]:
        """Return the routes of the validation and of the profile."""
        return (
            Route("GET", "/id/oauth2/validate", self._validate),
            Route("GET", "/api/helix/users", self._users),
        )

    def user_id(self, number: int) -> str:
        """Return a number as a string."""
        return str(141900000 + number)

    def error(self, status: int, message: str) -> Reply:
        """Return an error in Helix's format, which contains the status."""
        return _error(status, message)

    def token_answer(self, grant: Grant, issued: Mapping[str, object]) -> Mapping[str, object]:
        """Return the answer with the scopes as a list."""
        return {**issued, "scope": scopes_of(grant.scope), "token_type": "bearer"}

    def token_error(self, status: int, message: str) -> Reply:
        """Return an error in the format of the token endpoint."""
        return _token_error(status, message)

    def _validate(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.CHECK, request.credential("oauth", "bearer"), self._check)

    def _check(self, grant: Grant) -> Reply:
        account = self.account(grant.persona)
        validated = {
            "client_id": grant.registration.client_id,
            "login": account.username,
            "scopes": [] if account.email is None else ["user:read:email"],
            "user_id": account.id,
            "expires_in": grant.expires_in,
        }
        return json_reply(present(validated))

    def _users(self, request: Request) -> Answer:
        token = request.credential("bearer")
        client_id = request.headers.get("Client-Id")
        if not token:
            return _MISSING
        return self.answer_for_token(request, Call.PROFILE, token, lambda grant: self._profile(grant, client_id))

    def _profile(self, grant: Grant, client_id: str | None) -> Reply:
        if client_id != grant.registration.client_id:
            return _NOT_THEIRS
        account = self.profile_account(grant)
        user = {
            "id": account.id,
            "login": account.username,
            "display_name": account.first_name,
            "type": "",
            "broadcaster_type": "",
            "description": "",
            "profile_image_url": "https://static-cdn.jtvnw.net/user-default-pictures-uv/default-300x300.png",
            "offline_image_url": "",
            "view_count": 0,
            "created_at": "2026-01-01T00:00:00Z",
        }
        # Helix needs the scope `user:read:email` and returns verified addresses only.
        if account.email is not None and account.email_verified:
            user["email"] = account.email
        return json_reply({"data": [present(user)]})
