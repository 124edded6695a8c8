"""Discord: "get current authorization information" names the application that a token was issued to.

`GET /oauth2/@me` returns `application.id`, the `scopes` and, if these include `identify`, the `user`
(https://discord.com/developers/docs/topics/oauth2#get-current-authorization-information). This user has no e-mail
address. If the token's scopes include `email`, the profile is requested too, and at the same time as the check if the
operator's `_SCOPE` includes `email`.
"""

from typing import Any

from shared.contract.errors import ProviderBadResponse
from shared.contract.sign_up import Credential
from social.engine.addresses import AddressRule
from social.engine.backends import Guarded
from social.engine.policy import Policy, get_claims, names_in, require_our_client_id, require_same_user
from social.engine.strategy import Pending
from social.network.concurrency import run_concurrently

CHECK_URL = "https://discord.com/api/oauth2/@me"


class Discord(Policy):
    """Discord by access token."""

    backend = "social_core.backends.discord.DiscordOAuth2"
    hosts = frozenset({"discord.com"})
    pkce = True  # https://discord.com/.well-known/oauth-authorization-server
    proof = "`application.id` of `GET /oauth2/@me` is one of our client ids"
    names_application = True
    enforced = {"ID_KEY": None}
    addresses = AddressRule(
        flags=("verified",), source="https://discord.com/developers/docs/resources/user#user-object-user-structure"
    )

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token; the response is the profile, unless the token also gives access to the address."""
        token = credential.access_token
        if "email" in names_in(backend.setting("SCOPE")):
            answer, profile = run_concurrently(lambda: self._check(backend, token), lambda: backend.user_data(token))
        else:
            answer = self._check(backend, token)
            profile = answer["user"] if _is_complete(answer) else backend.user_data(token)
        if not isinstance(profile, dict):
            raise ProviderBadResponse("no_profile")
        # The profile call requires the scope `identify`, and with it the check names the user.
        user = answer.get("user")
        require_same_user(user.get("id") if isinstance(user, dict) else None, backend.get_user_id({}, profile))
        backend.proven_profile = profile
        return backend.do_auth(token)

    def _check(self, backend: Guarded, token: str | None) -> dict[str, Any]:
        answer = get_claims(backend, CHECK_URL, headers={"Authorization": f"Bearer {token}"})
        application = answer.get("application")
        require_our_client_id(
            application.get("id") if isinstance(application, dict) else None, self.client_ids(backend)
        )
        return answer


def _is_complete(answer: dict[str, Any]) -> bool:
    user, scopes = answer.get("user"), answer.get("scopes")
    return isinstance(user, dict) and isinstance(scopes, list) and "email" not in scopes
