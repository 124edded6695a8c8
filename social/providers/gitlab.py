"""GitLab: `/oauth/token/info` names the application that a token was issued to, and the user.

https://docs.gitlab.com/api/oauth2/#retrieve-the-token-information.
`_API_URL` is the URL of an installation other than gitlab.com.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from shared.contract.errors import TokenRejected
from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy, get_claims, require_our_client_id
from social.engine.strategy import Pending
from social.network.concurrency import run_concurrently
from social.providers.catalogue import CATALOGUE, find_invalid_url

DEFAULT_URL = "https://gitlab.com"


class GitLab(Policy):
    """GitLab by access token."""

    backend = "social_core.backends.gitlab.GitLabOAuth2"
    proof = "`application.uid` of `/oauth/token/info` is one of our client ids"
    enforced = {"ID_KEY": None}

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Check the URL of the installation."""
        return find_invalid_url(CATALOGUE["gitlab"], setting)

    def hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Return the host of the installation."""
        return frozenset({urlsplit(_installation(backend)).hostname or ""})

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token and request the profile."""
        claims, pending = run_concurrently(
            lambda: self._check(backend, credential), lambda: backend.do_auth(credential.access_token)
        )
        owner = claims.get("resource_owner_id")
        if owner is not None and str(owner) != backend.get_user_id({}, pending.profile):
            raise TokenRejected
        return pending

    def is_address_unverified(self, profile: Mapping[str, Any]) -> bool:
        """Return True if the profile says that the address is not confirmed."""
        return "confirmed_at" in profile and not profile["confirmed_at"]

    def _check(self, backend: Guarded, credential: Credential) -> dict[str, Any]:
        url = f"{_installation(backend)}/oauth/token/info"
        claims = get_claims(backend, url, headers={"Authorization": f"Bearer {credential.access_token}"})
        application = claims.get("application")
        require_our_client_id(
            application.get("uid") if isinstance(application, dict) else None, self.client_ids(backend)
        )
        return claims


def _installation(backend: Guarded) -> str:
    return str(backend.setting("API_URL") or DEFAULT_URL).rstrip("/")
