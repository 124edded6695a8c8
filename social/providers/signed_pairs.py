"""OAuth 1 providers that accept a token with the signature of its own consumer only.

The signature of the profile call is made with our consumer secret and the token's secret, and the provider compares
the consumer with the one to which it issued the token. RFC 5849 section 3.2 leaves that to the provider, so the
catalogue has the source for each (`binding_source`).
"""

from social.providers.unverified import UnverifiedTokenPair


class SignedTokenPair(UnverifiedTokenPair):
    """An OAuth 1 provider by token and secret of our consumer."""

    verified = True
    proof = "the OAuth 1 signature, made with our consumer secret, on the profile call"
