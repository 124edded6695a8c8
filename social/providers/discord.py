"""Discord: "get current authorization information" says which application a token is of.

`GET /oauth2/@me` names `application.id`, the `scopes` and, where the token may tell, the `user`
(https://discord.com/developers/docs/topics/oauth2#get-current-authorization-information). That user lacks the
address: where the token may tell it, the profile is asked for as well.
"""

from typing import Any

from shared.errors import TokenRejected
from shared.sign_up import Credential
from social.providers.audience import ask, require_ours
from social.providers.engine import Guarded
from social.providers.policy import Policy
from social.strategy import Pending

CHECK_URL = "https://discord.com/api/oauth2/@me"


class Discord(Policy):
    """Discord by access token."""

    backend = "social_core.backends.discord.DiscordOAuth2"
    hosts = frozenset({"discord.com"})
    proof = "`application.id` of `GET /oauth2/@me` is one of our client ids"
    enforced = {"ID_KEY": None}

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token; its answer is the profile unless there is more to tell."""
        answer = ask(backend, CHECK_URL, headers={"Authorization": f"Bearer {credential.access_token}"})
        application, user, scopes = answer.get("application"), answer.get("user"), answer.get("scopes")
        require_ours(application.get("id") if isinstance(application, dict) else None, self.client_ids(backend))
        if isinstance(user, dict) and isinstance(scopes, list) and "email" not in scopes:
            backend.proven_profile = user
            return backend.do_auth(credential.access_token)
        pending = backend.do_auth(credential.access_token)
        if isinstance(user, dict) and not _is_same(backend, user, pending.profile):
            raise TokenRejected
        return pending


def _is_same(backend: Guarded, user: dict[str, Any], profile: dict[str, Any]) -> bool:
    return backend.get_user_id({}, user) == backend.get_user_id({}, profile)
