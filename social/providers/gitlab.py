"""GitLab: `/oauth/token/info` says which application a token is of, and whose.

https://docs.gitlab.com/api/oauth2/#retrieve-the-token-information.
`_API_URL` names an installation other than gitlab.com.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from shared.contract.errors import TokenRejected
from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy, ask, require_ours
from social.engine.strategy import Pending
from social.network.concurrency import together
from social.providers.catalogue import CATALOGUE, fault_of_urls

DEFAULT_URL = "https://gitlab.com"


class GitLab(Policy):
    """GitLab by access token."""

    backend = "social_core.backends.gitlab.GitLabOAuth2"
    proof = "`application.uid` of `/oauth/token/info` is one of our client ids"
    enforced = {"ID_KEY": None}

    @classmethod
    def fault(cls, setting: Callable[[str], Any]) -> str | None:
        """Say that the installation's address cannot be called."""
        return fault_of_urls(CATALOGUE["gitlab"], setting)

    def hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Give the installation's host."""
        return frozenset({urlsplit(_installation(backend)).hostname or ""})

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token and ask for the profile."""
        claims, pending = together(
            lambda: self._check(backend, credential), lambda: backend.do_auth(credential.access_token)
        )
        owner = claims.get("resource_owner_id")
        if owner is not None and str(owner) != backend.get_user_id({}, pending.profile):
            raise TokenRejected
        return pending

    def is_address_unverified(self, profile: Mapping[str, Any]) -> bool:
        """Look when it was confirmed."""
        return "confirmed_at" in profile and not profile["confirmed_at"]

    def _check(self, backend: Guarded, credential: Credential) -> dict[str, Any]:
        url = f"{_installation(backend)}/oauth/token/info"
        claims = ask(backend, url, headers={"Authorization": f"Bearer {credential.access_token}"})
        application = claims.get("application")
        require_ours(application.get("uid") if isinstance(application, dict) else None, self.client_ids(backend))
        return claims


def _installation(backend: Guarded) -> str:
    return str(backend.setting("API_URL") or DEFAULT_URL).rstrip("/")
