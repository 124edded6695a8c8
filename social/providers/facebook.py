"""Facebook: `appsecret_proof` on each Graph call; Limited Login (iOS) uses id_tokens instead.

Graph compares the proof with the secret of the application that the token was issued to
(https://developers.facebook.com/docs/graph-api/guides/secure-requests). It refuses a proof made with our secret for
another application's token, so the profile call is the check. An id_token names its application in `aud`
(https://developers.facebook.com/docs/facebook-login/limited-login/token/validating).
"""

from typing import Any, ClassVar

from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy
from social.engine.strategy import Pending
from social.oidc.id_tokens import Claims, Issuer


class Facebook(Policy):
    """Facebook Login by access token, Limited Login by id_token; the same person is the same user."""

    backend = "social_core.backends.facebook.FacebookOAuth2"
    accepts: ClassVar[tuple[tuple[str, ...], ...]] = (("access_token",), ("id_token",))
    hosts = frozenset({"graph.facebook.com", "limited.facebook.com"})
    proof = "`appsecret_proof`, made with our app secret, on the profile call; id_token: `aud` is one of our app ids"
    issuer = Issuer(
        # The documentation has the first name; some real tokens have the second.
        frozenset({"https://www.facebook.com", "https://facebook.com"}),
        "https://limited.facebook.com/.well-known/oauth/openid/jwks/",
    )
    enforced = {"APPSECRET_PROOF": True}
    # By default Graph returns id and name only.
    defaults = {"PROFILE_EXTRA_PARAMS": {"fields": "id,name,first_name,last_name,email"}}
    # https://developers.facebook.com/docs/graph-api/guides/error-handling: 101 is "API key invalid".
    misconfigured_codes = frozenset({101})

    def profile_of(self, claims: Claims, credential: Credential) -> dict[str, Any]:
        """Return the claims under Graph's names for them; `sub` is Graph's `id`."""
        names = {"id": "sub", "first_name": "given_name", "last_name": "family_name"}
        names |= {name: name for name in ("name", "email", "email_verified")}
        return {ours: claims[theirs] for ours, theirs in names.items() if theirs in claims}

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Request the profile; social-core adds the proof, because `enforced` sets `APPSECRET_PROOF`."""
        return backend.do_auth(credential.access_token)


class FacebookApp(Facebook):
    """Facebook Login under social-core's name for applications inside Facebook, which old associations can have."""

    backend = "social_core.backends.facebook.FacebookAppOAuth2"
    accepts = (("access_token",),)
    takes_codes = False
    proof = "`appsecret_proof`, made with our app secret, on the profile call"


class FacebookLimitedLogin(Policy):
    """Facebook's Limited Login by id_token."""

    backend = "social_core.backends.facebook_limited.FacebookLimitedLogin"
    accepts = (("id_token",),)
    takes_codes = False
    needs = ("KEY",)
    hosts = Facebook.hosts
    proof = "the id_token's `aud` is one of our app ids"
    enforced = {"ID_KEY": None}
    issuer = Facebook.issuer
