"""LINE: codes, the verification of a token, which names the app but no user, and the profile."""

from collections.abc import Sequence

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import present
from sandbox.providers.base import Reason, Route
from sandbox.providers.oauth2 import RFC_6749, OAuth2Provider, Refresh, Refusal, oauth_error
from sandbox.tokens import Grant

_UNKNOWN = (
    "Authentication failed due to the following reason: invalid token. "
    "Confirm that the access token in the authorization header is valid."
)

_MESSAGES = {
    Reason.UNKNOWN: _UNKNOWN,
    Reason.EXPIRED: "The access token expired",
    Reason.REVOKED: "The access token revoked",
    Reason.UNREGISTERED: _UNKNOWN,
}

_DESCRIPTIONS = {
    Reason.UNKNOWN: "invalid access token",
    Reason.EXPIRED: "access token expired",
    Reason.REVOKED: "access token revoked",
    Reason.UNREGISTERED: "invalid access token",
}


_BAD_CODE = oauth_error("invalid_grant", "invalid authorization code")
_BAD_REDIRECT = oauth_error("invalid_grant", "redirect_uri does not match")
_BAD_VERIFIER = oauth_error("invalid_grant", "invalid code_verifier")


class Line(OAuth2Provider):
    """LINE.

    Codes: https://developers.line.biz/en/reference/line-login/#issue-access-token and
    https://developers.line.biz/en/docs/line-login/integrate-pkce/. Tokens:
    https://developers.line.biz/en/reference/line-login/#verify-access-token and `#get-user-profile`. That
    page shows the refusal of an expired token only, and none of the profile.
    """

    name = "line"
    title = "LINE"
    hosts = {"https://api.line.me": "", "https://access.line.me": "/access"}
    authorization_path = "/access/oauth2/v2.1/authorize"
    token_path = "/oauth2/v2.1/token"
    default_scope = "profile"
    denied = {
        "error": "access_denied",
        "error_description": "The resource owner denied the request.",
    }
    refresh = Refresh.KEPT
    token_lifetime = 2592000
    token_refusals = {
        **RFC_6749,
        Refusal.CLIENT: oauth_error("invalid_client", "client authentication failed", 401),
        Refusal.CODE: _BAD_CODE,
        Refusal.EXPIRED: _BAD_CODE,
        Refusal.USED: _BAD_CODE,
        Refusal.REDIRECT: _BAD_REDIRECT,
        Refusal.UNREGISTERED_REDIRECT: _BAD_REDIRECT,
        Refusal.NO_VERIFIER: _BAD_VERIFIER,
        Refusal.VERIFIER: _BAD_VERIFIER,
        Refusal.REFRESH_TOKEN: oauth_error("invalid_grant", "invalid refresh token"),
    }
    refusals = {
        Call.PROFILE: {reason: json_reply({"message": message}, 401) for reason, message in _MESSAGES.items()},
        Call.CHECK: {
            reason: json_reply({"error": "invalid_request", "error_description": description}, 400)
            for reason, description in _DESCRIPTIONS.items()
        },
    }

    def routes(self) -> Sequence[Route]:
        """Return the routes of the verification and of the profile."""
        return (
            Route("GET", "/oauth2/v2.1/verify", self._verify),
            Route("GET", "/v2/profile", self._user),
        )

    def user_id(self, number: int) -> str:
        """Return a U and 32 hexadecimal digits."""
        return f"U{number:032x}"

    def error(self, status: int, message: str) -> Reply:
        """Return an error in LINE's format."""
        return json_reply({"message": message}, status)

    def _verify(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.CHECK, request.query.get("access_token"), self._check)

    def _check(self, grant: Grant) -> Reply:
        return json_reply(
            {
                "scope": "profile",
                "client_id": grant.registration.client_id,
                "expires_in": grant.expires_in,
            }
        )

    def _user(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.PROFILE, request.credential("bearer"), self._profile)

    def _profile(self, grant: Grant) -> Reply:
        account = self.profile_account(grant)
        profile = {
            "userId": account.id,
            "displayName": account.name,
            "pictureUrl": "https://profile.line-scdn.net/default",
            "statusMessage": "In space.",
        }
        return json_reply(present(profile))
