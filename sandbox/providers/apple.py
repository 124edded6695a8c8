"""Apple: id_tokens only, and their keys."""

import hashlib
from collections.abc import Mapping, Sequence

from sandbox import id_tokens
from sandbox.messages import Reply, json_reply
from sandbox.personas import Account, find, present
from sandbox.providers.base import Provider, Route

_HIDES_EMAIL = find("ash")


class Apple(Provider):
    """Apple, whose id_tokens never contain the name."""

    name = "apple-id"
    title = "Apple"
    hosts = {"https://appleid.apple.com": ""}
    issuer = "https://appleid.apple.com"
    issues_access_token = False
    refusals = {}

    def routes(self) -> Sequence[Route]:
        """Return the route of the keys."""
        return (Route("GET", "/auth/keys", lambda _: json_reply(id_tokens.key_set(self.name))),)

    def user_id(self, number: int) -> str:
        """Return an id with three parts, as Apple's have."""
        return f"{number:06}.{hashlib.sha256(b'%d' % number).hexdigest()[:32]}.1979"

    def error(self, status: int, message: str) -> Reply:
        """Return an error of RFC 6749, section 5.2; no route uses it."""
        return json_reply({"error": "server_error", "error_description": message}, status)

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
