"""Facebook: codes, the Graph API's `/me`, which requires `appsecret_proof`, and the keys of Limited Login."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from sandbox import id_tokens
from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import Account, present
from sandbox.providers.base import Route
from sandbox.providers.graph import VERSION, GraphProvider, graph_error, select_fields
from sandbox.providers.oauth2 import Refusal
from sandbox.tokens import Grant

_NOT_PERMITTED = frozenset({"age_range", "birthday", "gender", "hometown", "link", "location"})

_BAD_CODE = graph_error("Invalid verification code format.", 100)
_BAD_REDIRECT = graph_error(
    "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the "
    "OAuth dialog request",
    100,
    36008,
)
_BAD_VERIFIER = graph_error("Invalid code_verifier parameter.", 100)


class Facebook(GraphProvider):
    """Facebook.

    Codes: https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow. Its errors are those of
    the Graph API; the one of a used code: https://github.com/laravel/socialite/issues/385.

    The issuer of Limited Login's id_tokens is `https://www.facebook.com`, as Facebook documents it. The keys are at
    that origin and at `https://limited.facebook.com`, which the SDKs use.
    """

    name = "facebook"
    title = "Facebook"
    hosts = {
        "https://graph.facebook.com": "",
        "https://limited.facebook.com": "/limited",
        "https://www.facebook.com": "/www",
    }
    issuer = "https://www.facebook.com"
    sees_registration = frozenset({Call.PROFILE})
    authorization_path = "/www/v24.0/dialog/oauth"
    authorization_paths = f"/www{VERSION}/dialog/oauth"
    token_path = f"{VERSION}/oauth/access_token"
    token_method = "GET"
    default_grant = "authorization_code"
    default_response_type = "code"
    default_scope = "public_profile,email"
    denied = {
        "error_reason": "user_denied",
        "error": "access_denied",
        "error_description": "Permissions error",
    }
    token_lifetime = 60 * 24 * 3600
    token_refusals = {
        Refusal.CLIENT: graph_error("Error validating client secret.", 1),
        Refusal.CLIENT_GRANT: graph_error("Error validating application. Application has been deleted.", 101),
        Refusal.GRANT: graph_error("Invalid grant_type parameter.", 100),
        Refusal.PARAMETER: graph_error("Missing authorization code", 1),
        Refusal.CODE: _BAD_CODE,
        Refusal.EXPIRED: graph_error("This authorization code has expired.", 100, 36007),
        Refusal.USED: graph_error("This authorization code has been used.", 100, 36009),
        Refusal.REDIRECT: _BAD_REDIRECT,
        Refusal.UNREGISTERED_REDIRECT: graph_error(
            "Can't Load URL: The domain of this URL isn't included in the app's domains.", 191
        ),
        Refusal.NO_VERIFIER: _BAD_VERIFIER,
        Refusal.VERIFIER: _BAD_VERIFIER,
        Refusal.REFRESH_TOKEN: _BAD_CODE,
    }

    def routes(self) -> Sequence[Route]:
        """Return the routes of the profile and of the keys."""
        return (
            Route("GET", f"{VERSION}/me", self._me),
            Route("GET", "/(?:limited|www)/.well-known/oauth/openid/jwks/?", self._keys),
        )

    def user_id(self, number: int) -> str:
        """Return an app-scoped id."""
        return str(10000 + number)

    def token_answer(self, grant: Grant, issued: Mapping[str, object]) -> Mapping[str, object]:
        """Return the answer without the scope, which Facebook's has not."""
        return {name: value for name, value in issued.items() if name != "scope"}

    def token_error(self, status: int, message: str) -> Reply:
        """Return an error of the Graph API, to which the token endpoint belongs."""
        return self.error(status, message)

    def claims(self, account: Account) -> Mapping[str, object]:
        """Return the claims of a Limited Login token."""
        claims = {
            "sub": account.id,
            "name": account.name,
            "given_name": account.first_name,
            "family_name": account.last_name,
            "picture": f"https://platform-lookaside.example.com/{account.username[:40]}",
        }
        return present(claims if account.email is None else {**claims, "email": account.email})

    def _me(self, request: Request) -> Answer:
        token = request.query.get("access_token") or request.credential("bearer", "oauth")
        proof = request.query.get("appsecret_proof")
        fields = request.query.get("fields") or "id,name"
        return self.answer_for_token(
            request, Call.PROFILE, token, lambda grant: self._profile(grant, token or "", proof, fields)
        )

    def _profile(self, grant: Grant, token: str, proof: str | None, fields: str) -> Reply:
        if proof is None:
            return graph_error(
                "API calls from the server require an appsecret_proof argument",
                100,
                kind="GraphMethodException",
            )
        secret = grant.registration.secret
        expected = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(proof.encode(), expected.encode()):
            return graph_error("Invalid appsecret_proof provided in the API argument", 100, kind="GraphMethodException")
        account = self.profile_account(grant)
        profile = {
            "id": account.id,
            "name": account.name,
            "first_name": account.first_name,
            "last_name": account.last_name,
            "picture": {"data": {"is_silhouette": True, "url": "https://scontent.example.com/picture"}},
        }
        if account.email is None:
            return select_fields(present(profile), fields, _NOT_PERMITTED | {"id", "email"})
        return select_fields(present({**profile, "email": account.email}), fields, _NOT_PERMITTED | {"id"})

    def _keys(self, _: Request) -> Answer:
        return json_reply(id_tokens.key_set(self.name))
