"""Apple: sign-ins by id_token, or by a code, whose exchange answers with an id_token.

`aud` is the bundle id of an app or the service id of a site
(https://developer.apple.com/documentation/signinwithapple/verifying-a-user): `_CLIENT`, or one of `_AUDIENCE`. Apple
sends the person's name to the app only, at the first sign-in; the app passes it on. The client secret of an exchange
is a token that social-core signs for any client id of our team
(https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret).
"""

from collections.abc import Callable
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from shared.contract.sign_up import Credential
from social.engine.addresses import AddressRule
from social.engine.backends import Guarded
from social.engine.policy import Policy, names_in
from social.oidc.id_tokens import Claims, Issuer


class Apple(Policy):
    """Sign in with Apple by id_token."""

    backend = "social_core.backends.apple.AppleIdAuth"
    accepts = (("id_token",),)
    hosts = frozenset({"appleid.apple.com"})
    proof = "the id_token's `aud` is one of our client ids"
    # `_KEY` is the id of our signing key, which the verification of id_tokens does not need.
    needs = ("CLIENT",)
    code_needs = ("CLIENT", "TEAM", "KEY", "SECRET")
    secret_fits_any_client = True
    # An e-mail address must not become a user name (docs/contract.md, section 4).
    enforced = {"EMAIL_AS_USERNAME": False, "ID_KEY": None}
    # True also as a string; false for some accounts of Sign in with Apple at Work & School.
    addresses = AddressRule(
        flags=("email_verified",),
        source="https://developer.apple.com/documentation/signinwithapple/authenticating-users-with-sign-in-with-apple",
    )
    issuer = Issuer(frozenset({"https://appleid.apple.com"}), "https://appleid.apple.com/auth/keys")

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Check that the secret is the key with which client secrets are signed (ES256); only codes need it."""
        secret = setting("SECRET") if setting("REDIRECT_URIS") or setting("NATIVE_CLIENT_ID") else None
        try:
            key = load_pem_private_key(str(secret).encode(), password=None) if secret else None
        except (ValueError, TypeError, UnsupportedAlgorithm):
            return "SECRET is not a private key in PEM"
        if secret and not isinstance(key, EllipticCurvePrivateKey):
            return "SECRET is not a key for ES256"
        return super().find_setting_error(setting)

    def client_ids(self, backend: Guarded) -> frozenset[str]:
        """Return the bundle ids and service ids."""
        return names_in(backend.setting("CLIENT")) | names_in(backend.setting("AUDIENCE"))

    def profile_of(self, claims: Claims, credential: Credential) -> dict[str, Any]:
        """Return the claims, with the name that the app has received."""
        name = {"firstName": credential.first_name, "lastName": credential.last_name}
        return {**claims, "_apple_user_name": name}
