"""Apple: codes, which are exchanged with a signed client secret, id_tokens, and their keys."""

import hashlib
import time
from collections.abc import Mapping, Sequence

import jwt

from sandbox import id_tokens
from sandbox.messages import Reply, json_reply
from sandbox.personas import Account, find, present
from sandbox.providers.base import Route
from sandbox.providers.oauth2 import RFC_6749, OAuth2Provider, Refresh, Refusal, oauth_error
from sandbox.registrations import APPLE_KEY, APPLE_TEAM, Registration, apple_key
from sandbox.tokens import Grant

_HIDES_EMAIL = find("ash")


_LONGEST_SECRET = 15_777_000
"""Six months, in seconds, which a client secret may be valid."""


class Apple(OAuth2Provider):
    """Apple, whose id_tokens never contain the name, and whose access tokens are of no use.

    The token endpoint: https://developer.apple.com/documentation/signinwithapplerestapi/generate-and-validate-tokens.
    The client secret:
    https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret. The errors of
    a used code and of an expired one: https://github.com/ananay/apple-auth/pull/41 and
    https://github.com/klausbetz/apple-identity-provider-keycloak/issues/50; the status of `invalid_client`:
    https://github.com/mikebronner/laravel-sign-in-with-apple/issues/9.
    """

    name = "apple-id"
    title = "Apple"
    hosts = {"https://appleid.apple.com": ""}
    issuer = "https://appleid.apple.com"
    issues_access_token = False
    refusals = {}
    authorization_path = "/auth/authorize"
    token_path = "/auth/token"
    refresh = Refresh.KEPT
    id_token_scope = ""
    denied = {"error": "user_cancelled_authorize"}
    token_refusals = {
        **RFC_6749,
        Refusal.CLIENT: oauth_error("invalid_client"),
        Refusal.CODE: oauth_error("invalid_grant", "client_id mismatch. The code was not issued to this client."),
        Refusal.EXPIRED: oauth_error("invalid_grant", "The code has expired or has been revoked."),
        Refusal.USED: oauth_error("invalid_grant", "The code has already been used."),
        Refusal.REDIRECT: oauth_error("invalid_grant", "redirect_uri mismatch."),
        Refusal.UNREGISTERED_REDIRECT: oauth_error("invalid_grant", "redirect_uri mismatch."),
        Refusal.REFRESH_TOKEN: oauth_error("invalid_grant", "The token has expired or has been revoked."),
    }

    def routes(self) -> Sequence[Route]:
        """Return the route of the keys."""
        return (Route("GET", "/auth/keys", lambda _: json_reply(id_tokens.key_set(self.name))),)

    def user_id(self, number: int) -> str:
        """Return an id with three parts, as Apple's have."""
        return f"{number:06}.{hashlib.sha256(b'%d' % number).hexdigest()[:32]}.1979"

    def error(self, status: int, message: str) -> Reply:
        """Return an error of RFC 6749, section 5.2."""
        return self.token_error(status, message)

    def token_answer(self, grant: Grant, issued: Mapping[str, object]) -> Mapping[str, object]:
        """Return the answer without the scope, which Apple's has not."""
        return {name: value for name, value in issued.items() if name != "scope"}

    def response_modes(self, parameters: Mapping[str, str]) -> frozenset[str]:
        """Return the response modes; Apple requires `form_post` if the app asks for the name or the address."""
        return frozenset({"form_post"} if parameters.get("scope") else {"query", "form_post"})

    def knows_secret(self, registration: Registration, secret: str) -> bool:
        """Return True if the secret is a JWT of ours for this client."""
        try:
            claims = jwt.decode(
                secret,
                apple_key(registration).public_key(),
                algorithms=["ES256"],
                audience=self.issuer,
                issuer=APPLE_TEAM,
                options={"require": ["iss", "iat", "exp", "aud", "sub"]},
            )
            kid = jwt.get_unverified_header(secret).get("kid")
        except jwt.PyJWTError:
            return False
        longest = time.time() + _LONGEST_SECRET
        return kid == APPLE_KEY and claims["sub"] == registration.client_id and claims["exp"] <= longest

    def claims(self, account: Account) -> Mapping[str, object]:
        """Return the claims of an id_token; Apple writes booleans as strings."""
        claims: dict[str, object] = {"sub": account.id, "nonce_supported": True}
        if account.email is None:
            return present(claims)
        hidden = _HIDES_EMAIL is not None and account.email == _HIDES_EMAIL.email
        return present(
            {
                **claims,
                "email": "hyp3rdyn3x@privaterelay.appleid.com" if hidden else account.email,
                "email_verified": str(account.email_verified).lower(),
                "is_private_email": str(hidden).lower(),
            }
        )
