"""Google: the claims of an id_token, or `tokeninfo` for an access token, name the application.

`aud` and `azp` are client ids (https://developers.google.com/identity/sign-in/web/backend-auth and
https://oauth2.googleapis.com/tokeninfo). One of them must be ours. If `tokeninfo` returns a `sub`, it must be the
profile's.
"""

from dataclasses import replace
from typing import Any, ClassVar

from shared.contract.errors import ProviderBadResponse, SignUpNotAllowed, TokenAudienceMismatch
from shared.contract.sign_up import Credential
from social.engine.addresses import AddressRule
from social.engine.backends import Guarded
from social.engine.policy import Policy, get_claims, require_same_user
from social.engine.strategy import Pending
from social.network.concurrency import run_concurrently
from social.oidc.id_tokens import Claims, Issuer

TOKENINFO_URL = "https://oauth2.googleapis.com/tokeninfo"
USERINFO_URL = "https://www.googleapis.com/oauth2/v3/userinfo"


class Google(Policy):
    """Google by id_token or access token; either way the address must be verified."""

    backend = "social_core.backends.google.GoogleOAuth2"
    accepts: ClassVar[tuple[tuple[str, ...], ...]] = (("access_token",), ("id_token",))
    hosts = frozenset({"oauth2.googleapis.com", "www.googleapis.com"})
    proof = "id_token: `aud` is one of our client ids; access token: `aud` or `azp` of `tokeninfo` is"
    names_application = True
    # https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
    issuer = Issuer(
        frozenset({"https://accounts.google.com", "accounts.google.com"}),
        "https://www.googleapis.com/oauth2/v3/certs",
        accepts_unrequested_nonce=True,
    )
    addresses = AddressRule(
        flags=("email_verified",),
        source="https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload",
    )
    pkce = True  # https://developers.google.com/identity/protocols/oauth2/native-app#step1-code-verifier
    # A `serverAuthCode` is exchanged with an empty redirect URI, if the site has none
    # (https://developers.google.com/identity/sign-in/android/offline-access).
    native_redirect_uri = ""
    # social-core's URL is an older one (https://developers.google.com/identity/protocols/oauth2/web-server).
    defaults = {"ACCESS_TOKEN_URL": "https://oauth2.googleapis.com/token"}
    # The operator's settings could make social-core use another key, such as the e-mail address.
    enforced = {"ID_KEY": None, "USE_UNIQUE_USER_ID": False}

    def profile_of(self, claims: Claims, credential: Credential) -> dict[str, Any]:
        """Return the claims, which have the same names as in userinfo; the address must be verified."""
        if claims.get("email_verified") is not True:
            raise SignUpNotAllowed("email_not_verified")
        return dict(claims)

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the audience and request the profile."""
        token = credential.access_token
        claims, profile = run_concurrently(
            lambda: self._check(backend, token),
            lambda: backend.get_json(USERINFO_URL, headers={"Authorization": f"Bearer {token}"}),
        )
        if not isinstance(profile, dict):
            raise ProviderBadResponse("no_profile")
        uid = backend.get_user_id({}, profile)
        if "sub" in claims:
            require_same_user(claims["sub"], uid)
        # The backend's own call would check the address before the id.
        backend.proven_profile = self.profile_of(profile, credential)
        return backend.do_auth(token)

    def _check(self, backend: Guarded, token: str | None) -> dict[str, Any]:
        claims = get_claims(backend, TOKENINFO_URL, params={"access_token": token})
        named = {claims[name] for name in ("aud", "azp") if isinstance(claims.get(name), str) and claims[name]}
        if not named:
            raise ProviderBadResponse("no_client_id")
        if not named & self.client_ids(backend):
            raise TokenAudienceMismatch
        return claims


class GoogleOpenIDConnect(Google):
    """Google by id_token; the address must be verified."""

    backend = "social_core.backends.google_openidconnect.GoogleOpenIdConnect"
    accepts = (("id_token",),)
    needs = ("KEY",)
    proof = "the id_token's `aud` is one of our client ids"
    # Without it, social-core asks the published configuration how to send the secret.
    defaults = {**Google.defaults, "TOKEN_ENDPOINT_AUTH_METHOD": "client_secret_post"}
    # Apps with Google's iOS SDK use `google-oauth2` (docs/contract.md, section 7).
    issuer = replace(Google.issuer, accepts_unrequested_nonce=False)
