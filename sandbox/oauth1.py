"""The server's side of OAuth 1.0a (RFC 5849); oauthlib verifies the signature."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from oauthlib.common import Request as SignatureRequest  # type: ignore[import-untyped]  # has no stubs
from oauthlib.oauth1.rfc5849 import signature  # type: ignore[import-untyped]  # has no stubs

from sandbox.messages import Request

TIMESTAMP_WINDOW = 300

_PARAMETERS = ("consumer_key", "token", "signature_method", "signature", "timestamp", "nonce")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request with the OAuth parameters of its `Authorization` header."""

    method: str
    urls: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    consumer_key: str
    token: str
    signature_method: str
    signature: str
    timestamp: str
    nonce: str

    def is_signed_with(self, consumer_secret: str, token_secret: str) -> bool:
        """Return True if HMAC-SHA1 with these two secrets gives the signature."""
        if self.signature_method != "HMAC-SHA1":
            return False
        return any(self._is_signed_for(url, consumer_secret, token_secret) for url in self.urls)

    def _is_signed_for(self, url: str, consumer_secret: str, token_secret: str) -> bool:
        request = SignatureRequest(url, self.method)
        request.params = list(self.parameters)
        request.signature = self.signature
        return bool(signature.verify_hmac_sha1(request, consumer_secret, token_secret))

    def is_timely(self) -> bool:
        """Return True if its timestamp differs from the time here by at most `TIMESTAMP_WINDOW` seconds."""
        timely = self.timestamp.isascii() and self.timestamp.isdecimal()
        return timely and abs(time.time() - int(self.timestamp)) <= TIMESTAMP_WINDOW


def read(request: Request, origins: Iterable[str]) -> SignedRequest | None:
    """Read a request signed for one of the provider's real origins; return None if an OAuth parameter is missing."""
    query = f"?{request.raw_query}" if request.raw_query else ""
    try:
        collected = signature.collect_parameters(
            uri_query=request.raw_query,
            headers={"Authorization": request.headers.get("Authorization") or ""},
            exclude_oauth_signature=False,
        )
    except ValueError:
        return None
    oauth = {name: value for name, value in collected if name.startswith("oauth_")}
    values = [oauth.get(f"oauth_{name}", "") for name in _PARAMETERS]
    if not all(values):
        return None
    return SignedRequest(
        request.method,
        tuple(f"{origin}{request.path}{query}" for origin in origins),
        tuple((name, value) for name, value in collected if name != "oauth_signature"),
        **dict(zip(_PARAMETERS, values, strict=True)),
    )


class Nonces:
    """The nonces within `TIMESTAMP_WINDOW`; older requests are refused because of their timestamp."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], int] = {}
        self._lock = threading.Lock()

    def first_use(self, request: SignedRequest) -> bool:
        """Record the request's nonce and return True if it is new."""
        oldest = time.time() - TIMESTAMP_WINDOW
        key = (request.token, request.nonce, request.timestamp)
        with self._lock:
            self._seen = {seen: when for seen, when in self._seen.items() if when >= oldest}
            if key in self._seen:
                return False
            self._seen[key] = int(request.timestamp)
            return True
