"""GitLab: codes, the information about a token, which names app and user, and the profile."""

from collections.abc import Mapping, Sequence

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import present
from sandbox.providers.base import Reason, Route
from sandbox.providers.oauth2 import RFC_6749, ClientIn, OAuth2Provider, Refresh, Refusal, oauth_error
from sandbox.tokens import Grant

_DESCRIPTIONS = {
    Reason.UNKNOWN: "The access token is invalid",
    Reason.EXPIRED: "The access token expired",
    Reason.REVOKED: "The access token was revoked",
    Reason.UNREGISTERED: "The access token is invalid",
}


def _refusal(description: str) -> Reply:
    return json_reply(
        {"error": "invalid_token", "error_description": description, "state": "unauthorized"},
        401,
        {"WWW-Authenticate": f'Bearer realm="Protected by OAuth 2.0", error_description="{description}"'},
    )


_REFUSALS = {reason: _refusal(description) for reason, description in _DESCRIPTIONS.items()}
_UNAUTHORIZED = json_reply({"message": "401 Unauthorized"}, 401)

_BAD_GRANT = oauth_error(
    "invalid_grant",
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client.",
)


class GitLab(OAuth2Provider):
    """GitLab.

    Codes: https://docs.gitlab.com/api/oauth2/#authorization-code-flow; the texts are those of Doorkeeper, which it
    uses: https://github.com/doorkeeper-gem/doorkeeper/blob/main/config/locales/en.yml.
    """

    name = "gitlab"
    title = "GitLab"
    hosts = {"https://gitlab.com": ""}
    checks_user = True
    authorization_path = "/oauth/authorize"
    token_path = "/oauth/token"
    client_in = frozenset(ClientIn)
    default_scope = "read_user"
    denied = {
        "error": "access_denied",
        "error_description": "The resource owner or authorization server denied the request.",
    }
    refresh = Refresh.ROTATED
    token_lifetime = 7200
    token_refusals = {
        **dict.fromkeys(RFC_6749, _BAD_GRANT),
        Refusal.CLIENT: oauth_error(
            "invalid_client",
            "Client authentication failed due to unknown client, no client authentication included, or unsupported "
            "authentication method.",
            401,
        ),
        Refusal.CLIENT_GRANT: oauth_error(
            "unauthorized_client", "The client is not authorized to perform this request using this method."
        ),
        Refusal.GRANT: oauth_error(
            "unsupported_grant_type", "The authorization grant type is not supported by the authorization server."
        ),
        Refusal.PARAMETER: oauth_error("invalid_request", "Missing required parameter: code."),
    }
    refusals = {
        Call.PROFILE: {**_REFUSALS, Reason.UNKNOWN: _UNAUTHORIZED},
        Call.CHECK: _REFUSALS,
    }

    def routes(self) -> Sequence[Route]:
        """Return the routes of the check and of the profile."""
        return (
            Route("GET", "/oauth/token/info", self._token_info),
            Route("GET", "/api/v4/user", self._user),
        )

    def user_id(self, number: int) -> int:
        """Return an integer."""
        return 70000 + number

    def error(self, status: int, message: str) -> Reply:
        """Return an error in GitLab's format."""
        return json_reply({"message": message}, status)

    def token_answer(self, grant: Grant, issued: Mapping[str, object]) -> Mapping[str, object]:
        """Return the answer with the time of issue, as Doorkeeper adds it."""
        return {**issued, "created_at": grant.issued}

    def _token_info(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.CHECK, _token(request), self._check)

    def _check(self, grant: Grant) -> Reply:
        info = {
            "resource_owner_id": self.account(grant.persona).id,
            "scope": ["read_user"],
            "expires_in": grant.expires_in,
            "application": {"uid": grant.registration.client_id},
            "created_at": grant.issued,
        }
        return json_reply(present(info))

    def _user(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.PROFILE, _token(request), self._profile)

    def _profile(self, grant: Grant) -> Reply:
        account = self.profile_account(grant)
        profile = {
            "id": account.id,
            "username": account.username,
            "name": account.name,
            "state": "active",
            "locked": False,
            "avatar_url": None,
            "web_url": f"https://gitlab.com/{account.username[:40]}",
            "email": account.email,
            "confirmed_at": "2026-01-01T00:00:00.000Z" if account.email_verified else None,
        }
        return json_reply(present(profile))


def _token(request: Request) -> str | None:
    return request.credential("bearer") or request.query.get("access_token")
