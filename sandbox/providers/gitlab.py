"""GitLab: the information about a token, which names app and user, and the profile."""

from collections.abc import Sequence

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import present
from sandbox.providers.base import Provider, Reason, Route
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


class GitLab(Provider):
    """GitLab."""

    name = "gitlab"
    title = "GitLab"
    hosts = {"https://gitlab.com": ""}
    checks_user = True
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
