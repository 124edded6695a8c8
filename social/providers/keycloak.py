"""Keycloak: the access token is a signed JWT, which the backend verifies with the realm's public key.

`azp` is the client that the token was issued to. `aud` lists the services that accept it, including our client if the
realm has an audience mapper (https://www.keycloak.org/docs/latest/server_admin/#audience-support). `aud` alone is no
proof, since tokens of other clients can name us there.
"""

from social_core.exceptions import AuthResponseError

from shared.contract.errors import TokenAudienceMismatch, TokenRejected
from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy, require_our_client_id
from social.engine.strategy import Pending


class Keycloak(Policy):
    """Keycloak by access token; no call is made."""

    backend = "social_core.backends.keycloak.KeycloakOAuth2"
    needs = ("KEY", "PUBLIC_KEY")
    proof = "the access token is signed with the realm's `_PUBLIC_KEY`, its `azp` and `aud` are our client id"
    # The backend's default is a string, in which PyJWT would search for the algorithm as a substring.
    enforced = {"ALGORITHM": ["RS256"]}

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Verify the token; its claims are the profile."""
        try:
            pending = backend.do_auth(credential.access_token)
        except AuthResponseError as error:
            if error.claim == "aud" and error.code == "invalid_claim":
                raise TokenAudienceMismatch from error
            raise
        claims = pending.profile
        # Keycloak signs id tokens, refresh tokens and logout tokens with the same key.
        if "exp" not in claims or "azp" not in claims or claims.get("typ", "Bearer") != "Bearer":
            raise TokenRejected
        require_our_client_id(claims["azp"], self.client_ids(backend))
        return pending
