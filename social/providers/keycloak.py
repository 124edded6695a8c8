"""Keycloak: the access token is a signed JWT, which the backend verifies with the realm's public key.

`azp` is the client that it was issued to. `aud` is who may be called with it, among them our client where the realm
has an audience mapper (https://www.keycloak.org/docs/latest/server_admin/#audience-support): it alone proves nothing,
other clients' tokens may name us there.
"""

from social_core.exceptions import AuthResponseError

from shared.contract.errors import TokenAudienceMismatch, TokenRejected
from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy, require_ours
from social.engine.strategy import Pending


class Keycloak(Policy):
    """Keycloak by access token; no call is made."""

    backend = "social_core.backends.keycloak.KeycloakOAuth2"
    needs = ("KEY", "PUBLIC_KEY")
    proof = "the access token is signed with the realm's `_PUBLIC_KEY`, its `azp` and `aud` are our client id"
    # The backend's own default is text, in which PyJWT looks for the algorithm as a part.
    enforced = {"ALGORITHM": ["RS256"]}

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Verify the token, which is the profile."""
        try:
            pending = backend.do_auth(credential.access_token)
        except AuthResponseError as error:
            if error.claim == "aud" and error.code == "invalid_claim":
                raise TokenAudienceMismatch from error
            raise
        claims = pending.profile
        # Its id, refresh and logout tokens are signed with the same key.
        if "exp" not in claims or "azp" not in claims or claims.get("typ", "Bearer") != "Bearer":
            raise TokenRejected
        require_ours(claims["azp"], self.client_ids(backend))
        return pending
