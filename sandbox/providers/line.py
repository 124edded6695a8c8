"""LINE: the verification of a token, which names the app but no user, and the profile."""

from collections.abc import Sequence

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import present
from sandbox.providers.base import Provider, Reason, Route
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


class Line(Provider):
    """LINE.

    https://developers.line.biz/en/reference/line-login/#verify-access-token and `#get-user-profile`. That
    page shows the refusal of an expired token only, and none of the profile.
    """

    name = "line"
    title = "LINE"
    hosts = {"https://api.line.me": ""}
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
