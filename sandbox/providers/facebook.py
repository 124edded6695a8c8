"""Facebook: the Graph API's `/me`, which requires `appsecret_proof`, and the keys of Limited Login."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from sandbox import id_tokens
from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import Account, present
from sandbox.providers.base import Route
from sandbox.providers.graph import VERSION, GraphProvider, graph_error, select_fields
from sandbox.tokens import Grant

_NOT_PERMITTED = frozenset({"age_range", "birthday", "gender", "hometown", "link", "location"})


class Facebook(GraphProvider):
    """Facebook.

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

    def routes(self) -> Sequence[Route]:
        """Return the routes of the profile and of the keys."""
        return (
            Route("GET", f"{VERSION}/me", self._me),
            Route("GET", "/(?:limited|www)/.well-known/oauth/openid/jwks/?", self._keys),
        )

    def user_id(self, number: int) -> str:
        """Return an app-scoped id."""
        return str(10000 + number)

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
