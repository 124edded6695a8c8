"""Discord: "get current authorization information" says which application a token is of.

`GET /oauth2/@me` names `application.id`, the `scopes` and, where the token may tell, the `user`
(https://discord.com/developers/docs/topics/oauth2#get-current-authorization-information). That user lacks the
address: where the token may tell it, the profile is asked for as well, and at once where the operator's own `_SCOPE`
says that tokens may.
"""

from typing import Any

from shared.contract.errors import ProviderBadResponse, TokenRejected
from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy, ask, listed, require_ours
from social.engine.strategy import Pending
from social.network.concurrency import together

CHECK_URL = "https://discord.com/api/oauth2/@me"


class Discord(Policy):
    """Discord by access token."""

    backend = "social_core.backends.discord.DiscordOAuth2"
    hosts = frozenset({"discord.com"})
    proof = "`application.id` of `GET /oauth2/@me` is one of our client ids"
    enforced = {"ID_KEY": None}

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token; its answer is the profile unless there is more to tell."""
        token = credential.access_token
        if "email" in listed(backend.setting("SCOPE")):
            answer, profile = together(lambda: self._check(backend, token), lambda: backend.user_data(token))
        else:
            answer = self._check(backend, token)
            profile = answer["user"] if _tells_all(answer) else backend.user_data(token)
        if not isinstance(profile, dict):
            raise ProviderBadResponse
        user = answer.get("user")
        if isinstance(user, dict) and backend.get_user_id({}, user) != backend.get_user_id({}, profile):
            raise TokenRejected
        backend.proven_profile = profile
        return backend.do_auth(token)

    def _check(self, backend: Guarded, token: str | None) -> dict[str, Any]:
        answer = ask(backend, CHECK_URL, headers={"Authorization": f"Bearer {token}"})
        application = answer.get("application")
        require_ours(application.get("id") if isinstance(application, dict) else None, self.client_ids(backend))
        return answer


def _tells_all(answer: dict[str, Any]) -> bool:
    user, scopes = answer.get("user"), answer.get("scopes")
    return isinstance(user, dict) and isinstance(scopes, list) and "email" not in scopes
