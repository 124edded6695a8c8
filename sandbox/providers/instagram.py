"""Instagram: codes, the profile, and the exchange of a short-lived token, which checks the application."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sandbox import tokens
from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import present
from sandbox.providers.base import Route
from sandbox.providers.graph import VERSION, GraphProvider, graph_error, select_fields
from sandbox.providers.oauth2 import Refusal
from sandbox.tokens import Grant


def _error(message: str, status: int = 400) -> Reply:
    return json_reply({"error_type": "OAuthException", "code": status, "error_message": message}, status)


_BAD_CODE = _error("Matching code was not found or was already used")
_BAD_REDIRECT = _error(
    "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the "
    "OAuth dialog request"
)

NESTED = "nested-token"


class Instagram(GraphProvider):
    """Instagram, with the API with Instagram Login.

    Codes: https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login.
    That page shows the answer in a list `data`; social-core expects it as it was before, without one. The persona
    `nested-token` gets the former. The error of a used code: https://openillumi.com/?p=57909.
    """

    name = "instagram"
    title = "Instagram"
    hosts = {
        "https://graph.instagram.com": "",
        "https://api.instagram.com": "/api",
        "https://www.instagram.com": "/www",
    }
    sees_registration = frozenset({Call.CHECK})
    authorization_path = "/www/oauth/authorize"
    authorization_paths = "/(?:www|api)/oauth/authorize"
    token_path = "/api/oauth/access_token"
    default_scope = "instagram_business_basic"
    denied = {
        "error": "access_denied",
        "error_reason": "user_denied",
        "error_description": "The user denied your request",
    }
    token_refusals = {
        Refusal.CLIENT: _error("Error validating client secret"),
        Refusal.CLIENT_GRANT: _error("Invalid platform app"),
        Refusal.GRANT: _error("Invalid grant_type"),
        Refusal.PARAMETER: _error("Missing required field"),
        Refusal.CODE: _BAD_CODE,
        Refusal.EXPIRED: _error("This authorization code has expired"),
        Refusal.USED: _BAD_CODE,
        Refusal.REDIRECT: _BAD_REDIRECT,
        Refusal.UNREGISTERED_REDIRECT: _error("Invalid redirect_uri"),
        Refusal.NO_VERIFIER: _BAD_CODE,
        Refusal.VERIFIER: _BAD_CODE,
        Refusal.REFRESH_TOKEN: _BAD_CODE,
    }

    def routes(self) -> Sequence[Route]:
        """Return the routes of the profile and of the exchange of tokens."""
        return (
            Route("GET", f"{VERSION}/me", self._me),
            Route("GET", f"{VERSION}/access_token", self._access_token),
        )

    def user_id(self, number: int) -> str:
        """Return an app-scoped id."""
        return str(17841400000030000 + number)

    def token_answer(self, grant: Grant, issued: Mapping[str, object]) -> Mapping[str, object]:
        """Return the short-lived token with the user's id, as a number, and the permissions."""
        answer: dict[str, object] = {
            "user_id": int(self.user_id(grant.persona.number)),
            "permissions": grant.scope.split(","),
        }
        if "access_token" in issued:
            answer["access_token"] = issued["access_token"]
        return {"data": [answer]} if grant.persona.name == NESTED else answer

    def token_error(self, status: int, message: str) -> Reply:
        """Return an error of the token endpoint, which has a format of its own."""
        return _error(message, status)

    def _me(self, request: Request) -> Answer:
        fields = request.query.get("fields") or "id"
        return self.answer_for_token(
            request,
            Call.PROFILE,
            request.query.get("access_token"),
            lambda grant: self._profile(grant, fields),
        )

    def _profile(self, grant: Grant, fields: str) -> Reply:
        account = self.profile_account(grant)
        profile = {
            "id": account.id,
            "user_id": account.id,
            "username": account.username,
            "account_type": "PERSONAL",
            "media_count": 0,
        }
        return select_fields(present(profile), fields, frozenset({"id", "user_id"}))

    def _access_token(self, request: Request) -> Answer:
        if request.query.get("grant_type") != "ig_exchange_token":
            return graph_error("Missing or invalid grant_type", 100)
        token = request.query.get("access_token")
        secret = request.query.get("client_secret", "")
        return self.answer_for_token(request, Call.CHECK, token, lambda grant: self._exchanged(grant, secret))

    def _exchanged(self, grant: Grant, secret: str) -> Reply:
        if not hmac.compare_digest(secret.encode(), grant.registration.secret.encode()):
            return graph_error("Error validating client secret.", 1)
        if grant.long_lived:
            return graph_error(
                "Session key invalid. This could be because the session key has an incorrect format, "
                "or because the user has revoked this session",
                452,
            )
        long_lived = replace(grant, long_lived=True)
        return json_reply(
            {
                "access_token": tokens.write(long_lived),
                "token_type": "bearer",
                "expires_in": long_lived.expires_in,
            }
        )
