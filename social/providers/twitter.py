"""Twitter (X): OAuth 1.0a.

The call is signed with our consumer secret and the token's secret (RFC 5849 section 3.4). The signature is invalid
for a token of another consumer, so the profile call is the check.
https://developer.x.com/en/docs/x-api/v1/accounts-and-users/manage-account-settings/api-reference/get-account-verify_credentials
"""

from shared.contract.sign_up import Credential
from social.engine.addresses import AddressRule
from social.engine.backends import Guarded
from social.engine.policy import Policy
from social.engine.strategy import Pending


class Twitter(Policy):
    """Twitter by an OAuth 1 token and its secret."""

    backend = "social_core.backends.twitter.TwitterOAuth"
    protocol = "oauth1"
    takes_codes = False
    accepts = (("access_token", "access_token_secret"),)
    hosts = frozenset({"api.twitter.com"})
    proof = "the OAuth 1 signature, made with our consumer secret, on the profile call"
    # "If the user does not have an email address on their account, or if the email address is not verified, null will
    # be returned."
    addresses = AddressRule(
        promised=True,
        source="https://developer.x.com/en/docs/x-api/v1/accounts-and-users/manage-account-settings/api-reference/"
        "get-account-verify_credentials",
    )
    # 215 "bad authentication data", 416 "suspended application": errors of the consumer, not of the token.
    misconfigured_codes = frozenset({215, 416})

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Request the profile with a signed call."""
        return backend.do_auth(
            {"oauth_token": credential.access_token, "oauth_token_secret": credential.access_token_secret}
        )
