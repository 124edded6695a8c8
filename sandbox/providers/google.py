"""Google: codes, userinfo, tokeninfo, discovery and the keys of its id_tokens."""

from collections.abc import Mapping, Sequence

from sandbox import id_tokens
from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import Account, present
from sandbox.providers.base import Reason, Route
from sandbox.providers.oauth2 import RFC_6749, ClientIn, OAuth2Provider, Refresh, Refusal, oauth_error
from sandbox.tokens import Grant

_SCOPE = "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile"

_DISCOVERY = {
    "issuer": "https://accounts.google.com",
    "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
    "token_endpoint": "https://oauth2.googleapis.com/token",
    "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
    "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
    "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
    "response_types_supported": ["code"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "scopes_supported": ["openid", "email", "profile"],
    "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "iss", "name", "picture", "sub"],
}

_INVALID_TOKEN = json_reply({"error": "invalid_token", "error_description": "Invalid Value"}, 400)

_INVALID_CREDENTIALS = json_reply(
    {"error": "invalid_request", "error_description": "Invalid Credentials"},
    401,
    {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'},
)


class Google(OAuth2Provider):
    """Google.

    Codes: https://developers.google.com/identity/protocols/oauth2/web-server. A refresh token is for requests with
    `access_type=offline` only.
    """

    name = "google-oauth2"
    title = "Google"
    hosts = {
        "https://www.googleapis.com": "/www",
        "https://oauth2.googleapis.com": "/oauth2",
        "https://openidconnect.googleapis.com": "/openidconnect",
        "https://accounts.google.com": "/accounts",
    }
    issuer = "https://accounts.google.com"
    checks_user = True
    authorization_path = "/accounts/o/oauth2/v2/auth"
    authorization_paths = "/accounts/o/oauth2/(?:v2/)?auth"
    token_path = "/oauth2/token|/accounts/o/oauth2/token|/www/oauth2/v4/token"
    client_in = frozenset(ClientIn)
    default_scope = "openid email profile"
    refresh = Refresh.KEPT
    token_refusals = {
        **RFC_6749,
        Refusal.CLIENT: oauth_error("invalid_client", "Unauthorized", 401),
        Refusal.CLIENT_GRANT: oauth_error("unauthorized_client", "Unauthorized", 401),
        Refusal.GRANT: oauth_error("unsupported_grant_type", "Invalid grant_type"),
        Refusal.PARAMETER: oauth_error("invalid_request", "Missing required parameter: code"),
        Refusal.CODE: oauth_error("invalid_grant", "Malformed auth code."),
        Refusal.EXPIRED: oauth_error("invalid_grant", "Bad Request"),
        Refusal.USED: oauth_error("invalid_grant", "Bad Request"),
        Refusal.REDIRECT: oauth_error("redirect_uri_mismatch", "Bad Request"),
        Refusal.UNREGISTERED_REDIRECT: oauth_error("redirect_uri_mismatch", "Bad Request"),
        Refusal.NO_VERIFIER: oauth_error("invalid_grant", "Missing code verifier."),
        Refusal.VERIFIER: oauth_error("invalid_grant", "Invalid code verifier."),
        Refusal.REFRESH_TOKEN: oauth_error("invalid_grant", "Token has been expired or revoked."),
    }
    refusals = {
        Call.PROFILE: dict.fromkeys(Reason, _INVALID_CREDENTIALS),
        Call.CHECK: dict.fromkeys(Reason, _INVALID_TOKEN),
    }

    def routes(self) -> Sequence[Route]:
        """Return the routes of the profile, of the check, of discovery and of the keys."""
        return (
            Route("GET", "/www/oauth2/v3/userinfo|/openidconnect/v1/userinfo", self.userinfo),
            Route("GET", "/oauth2/tokeninfo|/www/oauth2/v3/tokeninfo", self._tokeninfo),
            Route("GET", "/accounts/.well-known/openid-configuration", lambda _: json_reply(_DISCOVERY)),
            Route("GET", "/www/oauth2/v3/certs", lambda _: json_reply(id_tokens.key_set(self.name))),
        )

    def user_id(self, number: int) -> str:
        """Return an id of 21 digits."""
        return str(100000000000000040000 + number)

    def error(self, status: int, message: str) -> Reply:
        """Return an error in the format of Google's APIs."""
        return json_reply({"error": {"code": status, "message": message, "errors": []}}, status)

    def gives_refresh_token(self, parameters: Mapping[str, str]) -> bool:
        """Return True for offline access."""
        return parameters.get("access_type") == "offline"

    def claims(self, account: Account) -> Mapping[str, object]:
        """Return the claims of a profile, which an id_token contains too."""
        claims: dict[str, object] = {
            "sub": account.id,
            "name": account.name,
            "given_name": account.first_name,
            "family_name": account.last_name,
            "picture": "https://lh3.googleusercontent.com/a/default-user",
        }
        if account.email is not None:
            claims |= {"email": account.email, "email_verified": account.email_verified}
        return present(claims)

    def _tokeninfo(self, request: Request) -> Answer:
        if "id_token" in request.query:
            claims = id_tokens.read(request.query["id_token"], self.name)
            if claims is None:
                return _INVALID_TOKEN
            header = {"alg": "RS256", "kid": id_tokens.signing_key(self.name).kid, "typ": "JWT"}
            return json_reply({**{name: _text(value) for name, value in claims.items()}, **header})
        return self.answer_for_token(request, Call.CHECK, request.query.get("access_token"), self._check)

    def _check(self, grant: Grant) -> Reply:
        account = self.account(grant.persona)
        info: dict[str, object] = {
            "azp": grant.registration.client_id,
            "aud": grant.registration.client_id,
            "sub": account.id,
            "scope": _SCOPE,
            "exp": str(grant.expires),
            "expires_in": str(grant.expires_in),
            "access_type": "online",
        }
        if account.email is not None:
            info |= {"email": account.email, "email_verified": _text(account.email_verified)}
        return json_reply(present(info))


def _text(value: object) -> str:
    """Return a value as tokeninfo writes it: all its values are strings."""
    return str(value).lower() if isinstance(value, bool) else str(value)
