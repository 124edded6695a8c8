"""A request's path as a log may show it: a client may have put a token there by mistake."""

import re
from itertools import takewhile

LONG = 20
"""Characters; no path of ours has a part so long but a UUID."""
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NAME = re.compile(r"[a-z._-]+")
"""What files are called; a token has digits or capitals."""


def without_secrets(path: str) -> str:
    """Give a path up to the first part that could be a token, which may have slashes in it itself."""
    parts = path.split("/")
    harmless = list(takewhile(_is_harmless, parts))
    return "/".join(parts if len(harmless) == len(parts) else [*harmless, "[redacted]"])


def _is_harmless(part: str) -> bool:
    return len(part) < LONG or bool(_NAME.fullmatch(part) or _UUID.fullmatch(part))
