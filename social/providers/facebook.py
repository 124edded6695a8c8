"""Facebook: `appsecret_proof` on each Graph call; Limited Login (iOS) uses id_tokens instead.

Graph compares the proof with the secret of the application that the token was issued to
(https://developers.facebook.com/docs/graph-api/guides/secure-requests). It refuses a proof made with our secret for
another application's token, so the profile call is the check. An id_token names its application in `aud`
(https://developers.facebook.com/docs/facebook-login/limited-login/token/validating).
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.faults import Fault, Faults
from social.engine.policy import Policy
from social.engine.strategy import Pending
from social.oidc.id_tokens import Claims, Issuer

GRAPH_FAULTS: Faults = {
    **Fault.CREDENTIAL.of(102, 190, 463, 467, 2500),
    # Permissions and capabilities of the app (3, 10 and 200 to 299, also a deactivated app), its IP addresses (5), its
    # id (101), its signature (104), the version (12, 2635), the address that we call (803) and its parameters (100).
    **Fault.OPERATOR.of(3, 5, 10, 12, 100, 101, 104, 803, 2635, *range(200, 300)),
    # An outage (-1, 1, 2), limits (4, 17, 32, 341, 613), and 368 "temporarily blocked": "wait and retry".
    **Fault.TEMPORARY.of(-1, 1, 2, 4, 17, 32, 341, 368, 613),
}
"""Errors of the Graph API (https://developers.facebook.com/docs/graph-api/guides/error-handling).

The subcodes of 102 and 190 say what became of the token, so they make no difference.
"""


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
    faults = {
        **GRAPH_FAULTS,
        **Fault.EITHER.of("invalid_appsecret_proof"),
        **Fault.CREDENTIAL.of("token_of_a_page"),
    }
    exchange_faults = {
        **GRAPH_FAULTS,
        **Fault.EITHER.of(100),  # the code is used, expired or another client's, or has another redirect URI
        # 191 is a redirect URI whose domain the app does not have.
        **Fault.OPERATOR.of("invalid_client_secret", 191),
    }

    def profile_of(self, claims: Claims, credential: Credential) -> dict[str, Any]:
        """Return the claims under Graph's names for them; `sub` is Graph's `id`."""
        names = {"id": "sub", "first_name": "given_name", "last_name": "family_name"}
        names |= {name: name for name in ("name", "email", "email_verified")}
        return {ours: claims[theirs] for ours, theirs in names.items() if theirs in claims}

    def code_in(self, answer: Mapping[str, Any]) -> str | int | None:
        """Return a code for errors whose own says too little: 100 is any invalid parameter, and 1 any unknown error.

        A page has a token too, but not a person's fields. A refused proof was made for another application's token, or
        with a secret of ours that is no longer valid.
        """
        error = answer.get("error")
        message = str(error.get("message")) if isinstance(error, Mapping) else ""
        if message.startswith("Invalid appsecret_proof"):
            return "invalid_appsecret_proof"
        if message.startswith("Error validating client secret"):
            return "invalid_client_secret"
        return "token_of_a_page" if "on node type (Page)" in message else None

    def by_exchange(
        self, backend: Guarded, credential: Credential, answer: Mapping[str, Any], profile: Callable[[], Pending]
    ) -> Pending:
        """Return Graph's profile; the id_token, which has less of it, decides only if there is a nonce to compare."""
        return profile() if credential.nonce is None else super().by_exchange(backend, credential, answer, profile)

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Request the profile; social-core adds the proof, because `enforced` sets `APPSECRET_PROOF`."""
        return backend.do_auth(credential.access_token)


class FacebookApp(Facebook):
    """Facebook Login under social-core's name for applications inside Facebook, which old associations can have."""

    backend = "social_core.backends.facebook.FacebookAppOAuth2"
    accepts = (("access_token",),)
    takes_codes = False  # its sign-in is callback parameters
    proof = "`appsecret_proof`, made with our app secret, on the profile call"


class FacebookLimitedLogin(Policy):
    """Facebook's Limited Login by id_token."""

    backend = "social_core.backends.facebook_limited.FacebookLimitedLogin"
    accepts = (("id_token",),)
    takes_codes = False  # Limited Login is not available for codes
    needs = ("KEY",)
    hosts = Facebook.hosts
    proof = "the id_token's `aud` is one of our app ids"
    enforced = {"ID_KEY": None}
    issuer = Facebook.issuer
