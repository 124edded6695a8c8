"""GitLab: `/oauth/token/info` names the application that a token was issued to, and the user.

https://docs.gitlab.com/api/oauth2/#retrieve-the-token-information.
`_API_URL` is the URL of an installation other than gitlab.com.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.dateparse import parse_datetime

from shared.contract.sign_up import Credential
from social.engine.addresses import AddressRule, Verification
from social.engine.backends import Guarded
from social.engine.policy import Policy, get_claims, require_our_client_id, require_same_user
from social.engine.strategy import Pending
from social.network.concurrency import run_concurrently
from social.providers.catalogue import CATALOGUE, find_invalid_url

DEFAULT_URL = "https://gitlab.com"


class GitLab(Policy):
    """GitLab by access token."""

    backend = "social_core.backends.gitlab.GitLabOAuth2"
    proof = "`application.uid` of `/oauth/token/info` is one of our client ids"
    names_application = True
    pkce = True  # https://docs.gitlab.com/api/oauth2/#supported-oauth-20-flows
    enforced = {"ID_KEY": None}
    addresses = AddressRule(
        flags=("confirmed_at",),
        source="https://docs.gitlab.com/administration/settings/sign_up_restrictions/",
        note="a time, and the installation is gitlab.com",
    )

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Check the URL of the installation."""
        return find_invalid_url(CATALOGUE["gitlab"], setting)

    @classmethod
    def can_verify_addresses(cls, setting: Callable[[str], Any]) -> bool:
        """Return True for gitlab.com."""
        return _installation(setting) == DEFAULT_URL

    def hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Return the host of the installation."""
        return frozenset({urlsplit(_installation(backend.setting)).hostname or ""})

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token and request the profile."""
        claims, pending = run_concurrently(
            lambda: self._check(backend, credential), lambda: backend.do_auth(credential.access_token)
        )
        require_same_user(claims.get("resource_owner_id"), backend.get_user_id({}, pending.profile))
        return pending

    def verification_of(self, backend: Guarded, profile: Mapping[str, Any], address: object) -> Verification:
        """Return what GitLab says about the address: it is verified if gitlab.com has the time of a confirmation.

        An installation whose e-mail confirmation is off, the default, also has such a time of each user.
        """
        if "confirmed_at" in profile:
            profile = {**profile, "confirmed_at": _is_time(profile["confirmed_at"])}
        said = super().verification_of(backend, profile, address)
        elsewhere = not self.can_verify_addresses(backend.setting)
        return Verification.UNKNOWN if said is Verification.VERIFIED and elsewhere else said

    def _check(self, backend: Guarded, credential: Credential) -> dict[str, Any]:
        url = f"{_installation(backend.setting)}/oauth/token/info"
        claims = get_claims(backend, url, headers={"Authorization": f"Bearer {credential.access_token}"})
        application = claims.get("application")
        require_our_client_id(
            application.get("uid") if isinstance(application, dict) else None, self.client_ids(backend)
        )
        return claims


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and parse_datetime(value) is not None
    except ValueError:  # of the right form, but no date
        return False


def _installation(setting: Callable[[str], Any]) -> str:
    return str(setting("API_URL") or DEFAULT_URL).rstrip("/")
