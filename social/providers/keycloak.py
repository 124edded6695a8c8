"""Keycloak: the access token is a signed JWT, which the backend verifies with the realm's public key.

`azp` is the client that the token was issued to. `aud` lists the services that accept it, including our client if the
realm has an audience mapper (https://www.keycloak.org/docs/latest/server_admin/#audience-support). `aud` alone is no
proof, since tokens of other clients can name us there.

Keycloak signs id_tokens and logout tokens with the same key. The payload's `typ` tells them apart
(https://www.keycloak.org/docs-api/latest/javadocs/org/keycloak/util/TokenUtil.html); that of an access token is Bearer,
or DPoP if it requires a proof of possession, which nobody makes here. The header's `typ` is JWT, or `at+jwt` (RFC 9068)
if the client is so configured. An access token has `scope` and may have `client_id`; neither proves anything.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
from social_core.exceptions import AuthResponseError

from shared.contract.errors import ProviderMisconfigured, TokenAudienceMismatch, TokenRejected
from shared.contract.sign_up import Credential
from social.engine.addresses import OPENID_CONNECT
from social.engine.backends import Guarded
from social.engine.policy import Policy, require_our_client_id
from social.engine.strategy import Pending
from social.oidc.id_tokens import HEADER_TYPES
from social.providers.catalogue import CATALOGUE, find_invalid_url

ACCESS_TOKEN_HEADER_TYPES = HEADER_TYPES | {"at+jwt", "application/at+jwt"}


class Keycloak(Policy):
    """Keycloak by access token; no call is made."""

    backend = "social_core.backends.keycloak.KeycloakOAuth2"
    needs = ("KEY", "PUBLIC_KEY")
    code_needs = ("KEY", "SECRET", "ACCESS_TOKEN_URL")
    proof = "the access token is signed with the realm's `_PUBLIC_KEY`, its `azp` and `aud` are our client id"
    names_application = True
    verifies_access_tokens = True
    addresses = OPENID_CONNECT
    # The backend's default is a string, in which PyJWT would search for the algorithm as a substring.
    enforced = {"ALGORITHM": ["RS256"]}

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Check the URL of the token endpoint."""
        return find_invalid_url(CATALOGUE["keycloak"], setting)

    def code_hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Return the host of the realm's token endpoint."""
        return frozenset({urlsplit(str(backend.setting("ACCESS_TOKEN_URL"))).hostname or ""})

    def by_exchange(
        self, backend: Guarded, credential: Credential, answer: Mapping[str, Any], profile: Callable[[], Pending]
    ) -> Pending:
        """Return the claims of the exchanged access token.

        :raises ProviderMisconfigured: it is not signed with `_PUBLIC_KEY`, or is not for our client. It has come from
            the realm itself, so a setting of ours or of the realm is wrong.
        """
        try:
            return super().by_exchange(backend, credential, answer, profile)
        except AuthResponseError as error:
            raise ProviderMisconfigured("exchanged_token_not_verified") from error

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Verify the token; its claims are the profile."""
        try:
            pending = backend.do_auth(credential.access_token)
        except AuthResponseError as error:
            if error.claim == "aud" and error.code == "invalid_claim":
                raise TokenAudienceMismatch from error
            raise
        claims = pending.profile
        header_type = jwt.get_unverified_header(str(credential.access_token)).get("typ", "JWT")
        if str(header_type).lower() not in ACCESS_TOKEN_HEADER_TYPES:
            raise TokenRejected("no_access_token")
        if "exp" not in claims or "azp" not in claims or claims.get("typ", "Bearer") != "Bearer":
            raise TokenRejected("no_access_token")
        require_our_client_id(claims["azp"], self.client_ids(backend))
        return pending
