"""Spotify: codes, and the profile."""

from collections.abc import Sequence

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import present
from sandbox.providers.base import Reason, Route
from sandbox.providers.oauth2 import RFC_6749, ClientIn, OAuth2Provider, Refresh, Refusal, oauth_error
from sandbox.tokens import Grant

_BAD_REDIRECT = oauth_error("invalid_grant", "Invalid redirect URI")


def _error(status: int, message: str) -> Reply:
    return json_reply({"error": {"status": status, "message": message}}, status)


class Spotify(OAuth2Provider):
    """Spotify.

    Codes: https://developer.spotify.com/documentation/web-api/tutorials/code-flow. The texts of the errors:
    https://github.com/spotify/web-api/issues/267 and https://github.com/spotify/web-api-examples/issues/126.
    """

    name = "spotify"
    title = "Spotify"
    hosts = {"https://accounts.spotify.com": "/accounts", "https://api.spotify.com": "/api"}
    authorization_path = "/accounts/authorize"
    token_path = "/accounts/api/token"
    client_in = frozenset(ClientIn)
    default_scope = "user-read-email"
    refresh = Refresh.KEPT
    token_refusals = {
        **RFC_6749,
        Refusal.CLIENT: oauth_error("invalid_client", "Invalid client secret"),
        Refusal.GRANT: oauth_error("unsupported_grant_type", "grant_type parameter is invalid"),
        Refusal.PARAMETER: oauth_error("invalid_request", "code must be supplied"),
        Refusal.CODE: oauth_error("invalid_grant", "Invalid authorization code"),
        Refusal.EXPIRED: oauth_error("invalid_grant", "Authorization code expired"),
        Refusal.USED: oauth_error("invalid_grant", "Invalid authorization code"),
        Refusal.REDIRECT: _BAD_REDIRECT,
        Refusal.UNREGISTERED_REDIRECT: _BAD_REDIRECT,
        Refusal.NO_VERIFIER: oauth_error("invalid_request", "code_verifier must be supplied"),
        Refusal.VERIFIER: oauth_error("invalid_grant", "code_verifier was incorrect"),
        Refusal.REFRESH_TOKEN: oauth_error("invalid_grant", "Refresh token revoked"),
    }
    refusals = {
        Call.PROFILE: {
            **dict.fromkeys(Reason, _error(401, "Invalid access token")),
            Reason.EXPIRED: _error(401, "The access token expired"),
        },
    }

    def routes(self) -> Sequence[Route]:
        """Return the route of the profile."""
        return (Route("GET", "/api/v1/me", self._me),)

    def user_id(self, number: int) -> str:
        """Return an id of 25 lower-case letters and digits."""
        return f"31sandbox{number:016}"

    def error(self, status: int, message: str) -> Reply:
        """Return an error of the Web API, which contains the status."""
        return _error(status, message)

    def _me(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.PROFILE, request.credential("bearer"), self._profile)

    def _profile(self, grant: Grant) -> Reply:
        account = self.profile_account(grant)
        profile: dict[str, object] = {
            "id": account.id,
            "display_name": account.name,
            "uri": f"spotify:user:{account.username[:40]}",
            "type": "user",
            "images": [],
        }
        if account.email is not None:
            # "This email address is unverified; there is no proof that it actually belongs to the user."
            profile["email"] = account.email
        return json_reply(present(profile))
