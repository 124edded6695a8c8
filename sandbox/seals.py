"""Texts that the sandbox issues and reads back later: their content, signed with a key of this process."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Sequence
from typing import Any

# A key in the source, or one that outlives the process, would let others make tokens and codes.
_KEY = secrets.token_bytes(32)


def seal(purpose: str, content: Sequence[object]) -> str:
    """Return a text with this content; no two texts are the same."""
    payload = json.dumps([*content, secrets.token_hex(8)], separators=(",", ":")).encode()
    return _text(_signature(purpose, payload) + payload)


def unseal(purpose: str, text: str) -> list[Any] | None:
    """Return the content of a text that was sealed for this purpose, or None."""
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    signature, payload = decoded[:32], decoded[32:]
    if not hmac.compare_digest(signature, _signature(purpose, payload)):
        return None
    content: list[Any] = json.loads(payload)
    return content[:-1]


def derive(purpose: str, text: str) -> str:
    """Return a secret that belongs to a text."""
    return _text(_signature(purpose, text.encode()))


class Spent:
    """The texts that must not be used again: the newest `LIMIT` of them."""

    LIMIT = 100_000

    def __init__(self) -> None:
        # A dictionary keeps the order of insertion.
        self._texts: dict[bytes, None] = {}
        self._lock = threading.Lock()

    def __contains__(self, text: str) -> bool:
        return _digest(text) in self._texts

    def spend(self, text: str) -> bool:
        """Record the use of a text and return True if it is the first."""
        digest = _digest(text)
        with self._lock:
            if digest in self._texts:
                return False
            self._texts[digest] = None
            if len(self._texts) > self.LIMIT:
                del self._texts[next(iter(self._texts))]
            return True


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _signature(purpose: str, payload: bytes) -> bytes:
    return hmac.digest(_KEY + purpose.encode(), payload, hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
