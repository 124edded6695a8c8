"""Slack: codes, and the identity of a user in a workspace."""

from collections.abc import Mapping, Sequence

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import present
from sandbox.providers.base import Reason, Route
from sandbox.providers.oauth2 import ClientIn, OAuth2Provider, Refusal
from sandbox.tokens import Grant

_TEAM = {"id": "T0SANDBOX1", "name": "Nostromo"}


def _error(error: str, status: int = 200) -> Reply:
    return json_reply({"ok": False, "error": error}, status)


class Slack(OAuth2Provider):
    """Slack, which answers 200 to what it refuses.

    The methods that social-core calls, and their errors: https://docs.slack.dev/reference/methods/oauth.access/ and
    https://docs.slack.dev/reference/methods/users.identity/.
    """

    name = "slack"
    title = "Slack"
    hosts = {"https://slack.com": ""}
    authorization_path = "/oauth/authorize"
    token_path = "/api/oauth.access"
    client_in = frozenset(ClientIn)
    reads_json = True
    default_grant = "authorization_code"
    default_response_type = "code"
    default_scope = "identity.basic,identity.email"
    token_refusals = {
        **dict.fromkeys(Refusal, _error("invalid_code")),
        Refusal.CLIENT: _error("bad_client_secret"),
        Refusal.CLIENT_GRANT: _error("invalid_client_id"),
        Refusal.GRANT: _error("invalid_grant_type"),
        Refusal.REDIRECT: _error("bad_redirect_uri"),
        Refusal.UNREGISTERED_REDIRECT: _error("bad_redirect_uri"),
    }
    refusals = {
        Call.PROFILE: {
            **dict.fromkeys(Reason, _error("invalid_auth")),
            Reason.EXPIRED: _error("token_expired"),
            Reason.REVOKED: _error("token_revoked"),
        },
    }

    def routes(self) -> Sequence[Route]:
        """Return the route of the identity."""
        return (Route("GET", "/api/users.identity", self._identity),)

    def user_id(self, number: int) -> str:
        """Return a U and capital letters or digits."""
        return f"U0{number:09}"

    def error(self, status: int, message: str) -> Reply:
        """Return an error with Slack's name for the status."""
        return _error({429: "ratelimited", 503: "service_unavailable"}.get(status, "internal_error"), status)

    def token_error(self, status: int, message: str) -> Reply:
        """Return an error in the format of every other method."""
        return self.error(status, message)

    def token_answer(self, grant: Grant, issued: Mapping[str, object]) -> Mapping[str, object]:
        """Return the answer, which names the user and the workspace, and no lifetime."""
        user_id = self.account(grant.persona).id
        answer = {"ok": True, "scope": grant.scope, "user_id": user_id, "team_id": _TEAM["id"]}
        if "access_token" in issued:
            answer["access_token"] = issued["access_token"]
        return present(answer)

    def _identity(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.PROFILE, request.credential("bearer"), self._profile)

    def _profile(self, grant: Grant) -> Reply:
        account = self.profile_account(grant)
        user: dict[str, object] = {"id": account.id, "name": account.name}
        if account.email is not None:
            user["email"] = account.email
        return json_reply({"ok": True, "user": present(user), "team": _TEAM})
