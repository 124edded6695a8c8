"""Twitch: `oauth2/validate` says which application a token is of, and whose.

https://dev.twitch.tv/docs/authentication/validate-tokens/. The profile call must name the same client id as the token
(https://dev.twitch.tv/docs/api/reference/#get-users).
"""

from typing import Any

from shared.contract.errors import ProviderBadResponse, TokenRejected
from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy, ask, require_ours
from social.engine.strategy import Pending
from social.network.concurrency import together

CHECK_URL = "https://id.twitch.tv/oauth2/validate"
PROFILE_URL = "https://api.twitch.tv/helix/users"


class Twitch(Policy):
    """Twitch by access token."""

    backend = "social_core.backends.twitch.TwitchOAuth2"
    hosts = frozenset({"id.twitch.tv", "api.twitch.tv"})
    proof = "`client_id` of `oauth2/validate` is one of our client ids"
    enforced = {"ID_KEY": None}

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token and ask for the profile; in turn only where the check must say which client id to name."""
        token, ours = str(credential.access_token), self.client_ids(backend)
        if len(ours) == 1:
            claims, profile = together(
                lambda: self._check(backend, token, ours), lambda: _profile(backend, token, *ours)
            )
        else:
            claims = self._check(backend, token, ours)
            profile = _profile(backend, token, claims["client_id"])
        if backend.get_user_id({}, profile) != claims.get("user_id"):
            raise TokenRejected
        backend.proven_profile = profile
        return backend.do_auth(token)

    def _check(self, backend: Guarded, token: str, ours: frozenset[str]) -> dict[str, Any]:
        claims = ask(backend, CHECK_URL, headers={"Authorization": f"OAuth {token}"})
        require_ours(claims.get("client_id"), ours)
        return claims


def _profile(backend: Guarded, token: str, client_id: str) -> dict[str, Any]:
    answer = backend.get_json(PROFILE_URL, headers={"Authorization": f"Bearer {token}", "Client-Id": client_id})
    people = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(people, list) or len(people) != 1 or not isinstance(people[0], dict):
        raise ProviderBadResponse
    profile: dict[str, Any] = people[0]
    return profile
