"""Any other OAuth provider of social-core, as the catalogue describes it.

A code of an OAuth 2 provider is proven by its exchange. Few have a known way to name the application that a bare access
token was issued to: the owner of any application there could sign in here as its users, with their tokens. So the
operator has to accept bare tokens for each provider with `SOCIAL_AUTH_<NAME>_ACCEPT_UNVERIFIED=1`; a system check warns
about it.
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


class SignedTokenPair(UnverifiedTokenPair):
    """An OAuth 1 provider by token and secret of our consumer.

    The signature of the profile call is made with our consumer secret and the token's secret, and the provider compares
    the consumer with the one to which it issued the token. RFC 5849 section 3.2 leaves that to the provider, so the
    catalogue has the source for each (`binding_source`).
    """

    verified = True
    proof = "the OAuth 1 signature, made with our consumer secret, on the profile call"


class CodeOnly(UnverifiedAccessToken):
    """An OAuth 2 provider by code: the answer of the token endpoint, not a token, identifies the person."""

    accepts: ClassVar[tuple[tuple[str, ...], ...]] = ()
