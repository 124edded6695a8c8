"""Providers that have no known way to name the application that a token was issued to.

The owner of any application at such a provider can sign in here as its users, with their tokens. The operator has to
accept this for each provider with `SOCIAL_AUTH_<NAME>_ACCEPT_UNVERIFIED=1`; a system check warns about it. A code of an
OAuth 2 provider needs no such setting: its exchange is the proof.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy
from social.engine.strategy import Pending
from social.providers import catalogue
from social.providers.catalogue import Entry, find_invalid_url


class UnverifiedAccessToken(Policy):
    """Any other OAuth 2 provider by access token."""

    verified = False
    proof = "none"
    entry: ClassVar[Entry]
    """The backend's entry in the catalogue."""

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Check the operator's URLs."""
        return find_invalid_url(cls.entry, setting)

    def hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Return the provider's hosts."""
        return catalogue.hosts_of(self.entry, backend.setting)

    def code_hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Return the further hosts of the exchange of a code."""
        return catalogue.code_hosts_of(self.entry, backend.setting)

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Request the profile."""
        return backend.do_auth(credential.access_token)


class UnverifiedTokenPair(UnverifiedAccessToken):
    """Any other OAuth 1 provider by token and secret; it may accept signatures of any consumer."""

    protocol = "oauth1"
    takes_codes = False
    accepts = (("access_token", "access_token_secret"),)

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Request the profile with a signed call."""
        return backend.do_auth(
            {"oauth_token": credential.access_token, "oauth_token_secret": credential.access_token_secret}
        )
