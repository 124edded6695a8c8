"""Microsoft Entra: codes, id_tokens, discovery and the keys of one tenant."""

from collections.abc import Mapping, Sequence

from sandbox import id_tokens
from sandbox.messages import Reply, json_reply
from sandbox.personas import Account, present
from sandbox.providers.base import Route
from sandbox.providers.oauth2 import RFC_6749, ClientIn, OAuth2Provider, Refresh, oauth_error, scopes_of

TENANT = "00000000-0000-4000-8000-000000001042"

_HOST = "https://login.microsoftonline.com"
_ISSUER = f"{_HOST}/{TENANT}/v2.0"

_DISCOVERY = {
    "issuer": _ISSUER,
    "authorization_endpoint": f"{_HOST}/{TENANT}/oauth2/v2.0/authorize",
    "token_endpoint": f"{_HOST}/{TENANT}/oauth2/v2.0/token",
    "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
    "jwks_uri": f"{_HOST}/{TENANT}/discovery/v2.0/keys",
    "response_types_supported": ["code"],
    "response_modes_supported": ["query", "fragment", "form_post"],
    "subject_types_supported": ["pairwise"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "scopes_supported": ["openid", "profile", "email", "offline_access"],
    "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
}


class Microsoft(OAuth2Provider):
    """Microsoft Entra, for work and school accounts of one tenant; its access tokens are of no use here.

    Codes: https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow. The claims:
    https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference. Its errors have the codes of
    RFC 6749; their descriptions, with the AADSTS numbers, are left out.
    """

    name = "azuread-v2-tenant-oauth2"
    title = "Microsoft"
    hosts = {_HOST: ""}
    issuer = _ISSUER
    issues_access_token = False
    authorization_path = f"/{TENANT}/oauth2/v2.0/authorize"
    token_path = f"/{TENANT}/oauth2/v2.0/token"
    client_in = frozenset(ClientIn)
    default_scope = "openid profile email"
    refresh = Refresh.KEPT
    token_refusals = RFC_6749
    refusals = {}

    def routes(self) -> Sequence[Route]:
        """Return the routes of discovery and of the keys."""
        return (
            Route("GET", f"/{TENANT}/v2.0/.well-known/openid-configuration", lambda _: json_reply(_DISCOVERY)),
            Route("GET", f"/{TENANT}/discovery/v2.0/keys", lambda _: json_reply(id_tokens.key_set(self.name))),
        )

    def user_id(self, number: int) -> str:
        """Return a `sub`, which is another one for each application."""
        return f"sandbox-pairwise-{number:026}"

    def error(self, status: int, message: str) -> Reply:
        """Return an error of RFC 6749, section 5.2."""
        return oauth_error("server_error", message, status)

    def gives_refresh_token(self, parameters: Mapping[str, str]) -> bool:
        """Return True for the scope `offline_access`."""
        return "offline_access" in scopes_of(parameters.get("scope", ""))

    def claims(self, account: Account) -> Mapping[str, object]:
        """Return the claims of version 2.0 with the scopes `profile` and `email`."""
        claims: dict[str, object] = {
            "sub": account.id,
            "tid": TENANT,
            "ver": "2.0",
            "name": account.name,
            "given_name": account.first_name,
            "family_name": account.last_name,
            "preferred_username": account.email,
        }
        if account.email is not None:
            claims |= {"email": account.email, "xms_edov": account.email_verified}
        return present(claims)
