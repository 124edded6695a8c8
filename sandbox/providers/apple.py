"""Apple: only id_tokens, and the keys they are checked with."""

import hashlib
from collections.abc import Mapping, Sequence

from sandbox import id_tokens
from sandbox.messages import Reply, json_reply
from sandbox.personas import Account, find, present
from sandbox.providers.base import Provider, Route

_HIDES_ADDRESS = find("ash")


class Apple(Provider):
    """Apple, which tells the name to the app alone and never puts it into the token."""

    name = "apple-id"
    title = "Apple"
    hosts = {"https://appleid.apple.com": ""}
    issuer = "https://appleid.apple.com"
    gives_access_token = False
    refusals = {}

    def routes(self) -> Sequence[Route]:
        """The id_tokens."""
        return (Route("GET", "/auth/keys", lambda _: json_reply(id_tokens.key_set(self.name))),)

    def own_id(self, number: int) -> str:
        """An id in the three parts that Apple's have."""
        return f"{number:06}.{hashlib.sha256(b'%d' % number).hexdigest()[:32]}.1979"

    def error(self, status: int, message: str) -> Reply:
        """Report as its token endpoint would; nothing here is ever asked about a token."""
        return json_reply({"error": "server_error", "error_description": message}, status)

    def claims(self, account: Account) -> Mapping[str, object]:
        """The claims of an id_token, with Apple's booleans in strings."""
        claims: dict[str, object] = {"sub": account.id, "nonce_supported": True}
        if account.email is None:
            return present(claims)
        hidden = _HIDES_ADDRESS is not None and account.email == _HIDES_ADDRESS.email
        return present(
            {
                **claims,
                "email": "hyp3rdyn3x@privaterelay.appleid.com" if hidden else account.email,
                "email_verified": str(account.email_verified).lower(),
                "is_private_email": str(hidden).lower(),
            }
        )
