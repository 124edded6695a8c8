"""Recognisable secrets, and a search that finds them in any encoding.

Every planted value begins and ends with one mark, so that one search finds each of them, even truncated. Values that
cannot carry the mark (our access tokens, id_tokens) are recorded and searched for one by one.
"""

import base64
import json
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote

MARK = "k7Qcanary"
CUT = 20
"""The number of characters from either end of a value that identify it."""
_SHOWN = 60


def planted(kind: str) -> str:
    """Return a new secret with characters in its middle that URLs and JSON escape."""
    return f"{MARK}-{kind}-{secrets.token_hex(6)}~+/%=-{MARK}"


def planted_verifier() -> str:
    """Return a PKCE verifier with the mark at both ends: 43 to 128 unreserved characters (RFC 7636 section 4.1)."""
    return f"{MARK}-verifier-{secrets.token_hex(10)}~-{MARK}"


def planted_key() -> str:
    """Return a Fernet key with the mark at both ends: 32 bytes in url-safe base64."""
    return f"{MARK}{secrets.token_hex(13)[: 43 - 2 * len(MARK)]}{MARK}="


def without(text: str, value: str) -> str:
    """Return a text with one occurrence of a value removed."""
    return text.replace(value, "", 1) if value else text


@dataclass
class Search:
    """The values that output must not contain."""

    noted: list[str] = field(default_factory=list)

    def note(self, *values: str) -> None:
        """Search for these values too."""
        self.noted += values

    def finds(self, text: str | bytes) -> list[str]:
        """Return the context of each match."""
        where = text.encode() if isinstance(text, str) else text
        found = []
        for form in {*_forms(MARK), *(form for value in self.noted for form in _cut_forms(value))}:
            at = where.find(form)
            if at >= 0:
                found.append(where[max(0, at - _SHOWN) : at + len(form) + _SHOWN].decode(errors="replace"))
        return found


def _cut_forms(value: str) -> set[bytes]:
    return {form for part in (value[:CUT], value[-CUT:]) for form in _forms(part)}


def _forms(text: str) -> set[bytes]:
    raw = text.encode()
    reversed_, hexed = raw[::-1], raw.hex()
    quoted, escaped = quote(text, safe=""), json.dumps(text)[1:-1]
    plain = {raw, reversed_, raw.lower(), raw.upper(), hexed.encode(), hexed.upper().encode()}
    return plain | {quoted.encode(), escaped.encode()} | _base64_forms(raw)


def _base64_forms(raw: bytes) -> set[bytes]:
    """Return the base64 form for each of the three offsets at which the value can begin."""
    found = set()
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"\0" * before + raw)
            first = {0: 0, 1: 2, 2: 3}[before]
            last = (before + len(raw)) // 3 * 4
            found.add(whole[first:last])
    return found
