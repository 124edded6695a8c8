"""Providers that cannot say whom a token was issued to, or not in a way that is known here.

Whoever has an application at such a provider can use the tokens of its visitors to sign in here as them. That is
the operator's to accept, for each provider, with `SOCIAL_AUTH_<NAME>_ACCEPT_UNVERIFIED=1`; a check warns of it.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy
from social.engine.strategy import Pending
from social.providers import catalogue
from social.providers.catalogue import Entry, fault_of_urls


class UnverifiedAccessToken(Policy):
    """Any other OAuth 2 provider by access token."""

    verified = False
    proof = "none"
    entry: ClassVar[Entry]
    """What the catalogue says of the backend."""

    @classmethod
    def fault(cls, setting: Callable[[str], Any]) -> str | None:
        """Say which address of the operator's cannot be called."""
        return fault_of_urls(cls.entry, setting)

    def hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Give the provider's hosts."""
        return catalogue.hosts_of(self.entry, backend.setting)

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Ask for the profile, which is all there is to ask."""
        return backend.do_auth(credential.access_token)


class UnverifiedTokenPair(UnverifiedAccessToken):
    """Any other OAuth 1 provider by token and secret; whether it minds whose consumer signs is not known."""

    protocol = "oauth1"
    accepts = (("access_token", "access_token_secret"),)

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Ask for the profile, signed."""
        return backend.do_auth(
            {"oauth_token": credential.access_token, "oauth_token_secret": credential.access_token_secret}
        )
