"""Twitch: `oauth2/validate` names the application that a token was issued to, and the user.

https://dev.twitch.tv/docs/authentication/validate-tokens/. The profile call must send the client id of the token
(https://dev.twitch.tv/docs/api/reference/#get-users).
"""

from collections.abc import Mapping
from typing import Any

from shared.contract.errors import ProviderBadResponse
from shared.contract.sign_up import Credential
from social.engine.addresses import AddressRule
from social.engine.backends import Guarded
from social.engine.policy import Policy, get_claims, require_our_client_id, require_same_user
from social.engine.strategy import Pending
from social.network.concurrency import run_concurrently

CHECK_URL = "https://id.twitch.tv/oauth2/validate"
PROFILE_URL = "https://api.twitch.tv/helix/users"


REFUSALS_OF_THE_CLIENT = frozenset({"invalid client", "invalid client secret"})
"""Messages of the token endpoint, whose answers have no `error` as RFC 6749 requires."""


class Twitch(Policy):
    """Twitch by access token."""

    backend = "social_core.backends.twitch.TwitchOAuth2"
    hosts = frozenset({"id.twitch.tv", "api.twitch.tv"})
    proof = "`client_id` of `oauth2/validate` is one of our client ids"
    names_application = True
    enforced = {"ID_KEY": None}
    # "The user's verified email address."
    addresses = AddressRule(promised=True, source="https://dev.twitch.tv/docs/api/reference/#get-users")

    def code_in(self, answer: Mapping[str, Any]) -> str | int | None:
        """Return RFC 6749's code for a refusal of our client."""
        return "invalid_client" if answer.get("message") in REFUSALS_OF_THE_CLIENT else super().code_in(answer)

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token and request the profile; one after the other if we have several client ids."""
        token, ours = str(credential.access_token), self.client_ids(backend)
        if len(ours) == 1:
            claims, profile = run_concurrently(
                lambda: self._check(backend, token, ours), lambda: _profile(backend, token, *ours)
            )
        else:
            claims = self._check(backend, token, ours)
            profile = _profile(backend, token, claims["client_id"])
        require_same_user(claims.get("user_id"), backend.get_user_id({}, profile))
        backend.proven_profile = profile
        return backend.do_auth(token)

    def _check(self, backend: Guarded, token: str, ours: frozenset[str]) -> dict[str, Any]:
        claims = get_claims(backend, CHECK_URL, headers={"Authorization": f"OAuth {token}"})
        require_our_client_id(claims.get("client_id"), ours)
        return claims


def _profile(backend: Guarded, token: str, client_id: str) -> dict[str, Any]:
    answer = backend.get_json(PROFILE_URL, headers={"Authorization": f"Bearer {token}", "Client-Id": client_id})
    users = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(users, list) or len(users) != 1 or not isinstance(users[0], dict):
        raise ProviderBadResponse("no_profile")
    profile: dict[str, Any] = users[0]
    return profile
