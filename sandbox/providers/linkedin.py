"""LinkedIn: codes, userinfo, id_tokens, discovery and the keys."""

from collections.abc import Mapping, Sequence

from sandbox import id_tokens
from sandbox.faults import Call
from sandbox.messages import Reply, json_reply
from sandbox.personas import Account, present
from sandbox.providers.base import Reason, Route
from sandbox.providers.oauth2 import OAuth2Provider, Refresh, Refusal, oauth_error
from sandbox.tokens import Grant

_ISSUER = "https://www.linkedin.com/oauth"

_DISCOVERY = {
    "issuer": _ISSUER,
    "authorization_endpoint": "https://www.linkedin.com/oauth/v2/authorization",
    "token_endpoint": "https://www.linkedin.com/oauth/v2/accessToken",
    "userinfo_endpoint": "https://api.linkedin.com/v2/userinfo",
    "jwks_uri": "https://www.linkedin.com/oauth/openid/jwks",
    "response_types_supported": ["code"],
    "subject_types_supported": ["pairwise"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "scopes_supported": ["openid", "profile", "email"],
    "claims_supported": ["iss", "aud", "iat", "exp", "sub", "name", "given_name", "family_name", "picture", "email"],
}

_BAD_GRANT = oauth_error(
    "invalid_request",
    "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. "
    "Or authorization code expired. Or external member binding exists",
)


def _error(status: int, code: str, message: str) -> Reply:
    return json_reply({"status": status, "code": code, "message": message}, status)


class LinkedIn(OAuth2Provider):
    """LinkedIn, whose id_tokens contain no nonce, as social-core's `LinkedinOpenIdConnect` says.

    Codes: https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow. It has one error
    for a wrong code, redirect URI and verifier, and the error is not `invalid_grant`.
    """

    name = "linkedin-openidconnect"
    title = "LinkedIn"
    hosts = {"https://www.linkedin.com": "/www", "https://api.linkedin.com": "/api"}
    issuer = _ISSUER
    issues_access_token = False
    authorization_path = "/www/oauth/v2/authorization"
    token_path = "/www/oauth/v2/accessToken"
    default_scope = "openid profile email"
    denied = {
        "error": "user_cancelled_authorize",
        "error_description": "The user cancelled the authorization",
    }
    refresh = Refresh.KEPT
    id_token_nonce = False
    token_lifetime = 5184000
    token_refusals = {
        **dict.fromkeys(Refusal, _BAD_GRANT),
        Refusal.CLIENT: oauth_error("invalid_client", "Client authentication failed", 401),
        Refusal.CLIENT_GRANT: oauth_error("unauthorized_client", "The client is not authorized"),
        Refusal.GRANT: oauth_error("unsupported_grant_type", "The passed in grant_type is invalid"),
        Refusal.PARAMETER: oauth_error("invalid_request", "A required parameter is missing"),
    }
    refusals = {
        Call.PROFILE: {
            **dict.fromkeys(Reason, _error(401, "INVALID_ACCESS_TOKEN", "Invalid access token")),
            Reason.EXPIRED: _error(401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired"),
            Reason.REVOKED: _error(
                401, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user"
            ),
        },
    }

    def routes(self) -> Sequence[Route]:
        """Return the routes of userinfo, of discovery and of the keys."""
        return (
            Route("GET", "/api/v2/userinfo", self.userinfo),
            Route("GET", "/www/oauth/.well-known/openid-configuration", lambda _: json_reply(_DISCOVERY)),
            Route("GET", "/www/oauth/openid/jwks", lambda _: json_reply(id_tokens.key_set(self.name))),
        )

    def user_id(self, number: int) -> str:
        """Return an id of ten characters."""
        return f"sAnD{number:06}" if number < 10**6 else f"s{number:010}"

    def error(self, status: int, message: str) -> Reply:
        """Return an error in the format of LinkedIn's APIs."""
        return _error(status, "TOO_MANY_REQUESTS" if status == 429 else "INTERNAL_SERVER_ERROR", message)

    def token_answer(self, grant: Grant, issued: Mapping[str, object]) -> Mapping[str, object]:
        """Return the answer, with the lifetime of the refresh token if there is one."""
        return {**issued, "refresh_token_expires_in": 31536000} if "refresh_token" in issued else issued

    def claims(self, account: Account) -> Mapping[str, object]:
        """Return the claims of the scopes `profile` and `email`."""
        claims: dict[str, object] = {
            "sub": account.id,
            "name": account.name,
            "given_name": account.first_name,
            "family_name": account.last_name,
            "locale": {"country": "US", "language": "en"},
        }
        if account.email is not None:
            claims |= {"email": account.email, "email_verified": account.email_verified}
        return present(claims)
