"""A generic OpenID Connect provider: codes, userinfo, id_tokens, discovery and the keys."""

from collections.abc import Mapping, Sequence

from sandbox import id_tokens
from sandbox.faults import Call
from sandbox.messages import Reply, json_reply
from sandbox.personas import Account, present
from sandbox.providers.base import Reason, Route
from sandbox.providers.oauth2 import RFC_6749, ClientIn, OAuth2Provider, Refresh, oauth_error

ISSUER = "https://login.example.com"

_DISCOVERY = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/oauth2/token",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "jwks_uri": f"{ISSUER}/jwks",
    "scopes_supported": ["openid", "email", "profile"],
    "response_types_supported": ["code"],
    "grant_types_supported": ["authorization_code", "refresh_token"],
    "code_challenge_methods_supported": ["S256"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "claims_supported": [
        *("iss", "sub", "aud", "azp", "exp", "iat", "nonce"),
        *("name", "given_name", "family_name", "preferred_username", "email", "email_verified"),
    ],
}

_INVALID_TOKEN = json_reply({"error": "invalid_token"}, 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'})


class OpenIDConnect(OAuth2Provider):
    """The provider that an operator names by its endpoint; it follows the specifications.

    The document: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata. The claims:
    https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims.
    """

    name = "oidc"
    title = "OpenID Connect"
    hosts = {ISSUER: ""}
    issuer = ISSUER
    issues_access_token = False
    authorization_path = "/authorize"
    token_path = "/oauth2/token"
    client_in = frozenset(ClientIn)
    default_scope = "openid profile email"
    refresh = Refresh.ROTATED
    token_refusals = RFC_6749
    refusals = dict.fromkeys(Call, dict.fromkeys(Reason, _INVALID_TOKEN))

    def routes(self) -> Sequence[Route]:
        """Return the routes of userinfo, of discovery and of the keys."""
        return (
            Route("GET", "/userinfo", self.userinfo),
            Route("GET", "/.well-known/openid-configuration", lambda _: json_reply(_DISCOVERY)),
            Route("GET", "/jwks", lambda _: json_reply(id_tokens.key_set(self.name))),
        )

    def user_id(self, number: int) -> str:
        """Return a UUID."""
        return f"00000000-0000-4000-8000-{number:012}"

    def error(self, status: int, message: str) -> Reply:
        """Return an error of RFC 6749, section 5.2."""
        return oauth_error("server_error", message, status)

    def claims(self, account: Account) -> Mapping[str, object]:
        """Return the standard claims of the scopes `profile` and `email`."""
        claims: dict[str, object] = {
            "sub": account.id,
            "name": account.name,
            "given_name": account.first_name,
            "family_name": account.last_name,
            "preferred_username": account.username,
        }
        if account.email is not None:
            claims |= {"email": account.email, "email_verified": account.email_verified}
        return present(claims)
