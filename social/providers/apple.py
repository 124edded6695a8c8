"""Apple: an id_token is all there is.

Its `aud` is the app's bundle id or the site's service id
(https://developer.apple.com/documentation/signinwithapple/verifying-a-user): `_CLIENT`, or one of
`_AUDIENCE`. Apple tells the name to the app alone, once; the app passes it on.
"""

from typing import Any

from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy, listed
from social.oidc.id_tokens import Claims, Issuer


class Apple(Policy):
    """Sign in with Apple by id_token."""

    backend = "social_core.backends.apple.AppleIdAuth"
    accepts = (("id_token",),)
    hosts = frozenset({"appleid.apple.com"})
    proof = "the id_token's `aud` is one of our client ids"
    # `_KEY` is the id of a signing key of ours, which nothing here needs.
    needs = ("CLIENT",)
    # An address is never a name (docs/contract.md, section 4).
    enforced = {"EMAIL_AS_USERNAME": False, "ID_KEY": None}
    issuer = Issuer(frozenset({"https://appleid.apple.com"}), "https://appleid.apple.com/auth/keys")

    def client_ids(self, backend: Guarded) -> frozenset[str]:
        """Give the bundle and service ids."""
        return listed(backend.setting("CLIENT")) | listed(backend.setting("AUDIENCE"))

    def profile_of(self, claims: Claims, credential: Credential) -> dict[str, Any]:
        """Give the claims with the name that the app was told."""
        name = {"firstName": credential.first_name, "lastName": credential.last_name}
        return {**claims, "_apple_user_name": name}
