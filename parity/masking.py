"""Paths and values as they may be printed: a recording holds credentials, and so do answers."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote

from shared.paths import without_secrets

SECRET_NAMES = re.compile(
    r"(?:.*[_-])?(?:token|secret|keys?|password|nonce|authorization|cookie|credential|proof|signature)", re.IGNORECASE
)
"""Names of fields and headers whose values are never shown."""
_LONG = re.compile(r"[A-Za-z0-9._~+/=-]{16,}+")
_NOT_IN_WORDS = re.compile(r"[A-Z0-9]")
"""What tokens have and long words, or paths of ours, have not."""
_SHOWN_PARAMETERS = re.compile(r"(?:limit|offset|format)=[A-Za-z0-9.+-]{0,20}")
_WHOLE = frozenset({"resource_uri", "next", "previous", "list_endpoint", "location", "link"})
"""Paths of ours, which may be long."""
LONGEST = 160


def shown_target(target: str) -> str:
    """Give a path and query without what could be a secret."""
    path, mark, query = target.partition("?")
    shown = without_secrets(path)
    if not mark:
        return shown
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    if len(query) <= LONGEST and all(_SHOWN_PARAMETERS.fullmatch(part) for part in query.split("&")):
        return f"{shown}?{query}"
    return f"{shown}?{'&'.join(f'{_printable(name)}=…' for name in names if _without_tokens(name) == name)}"


def shown_value(value: Any, name: str) -> str:
    """Give a value of an answer, found under a name, on one line."""
    if value is None:
        return "null"
    if SECRET_NAMES.fullmatch(name) and not isinstance(value, dict | list):
        return f"[redacted, {len(str(value))} characters]"
    text = json.dumps(_without(value, name), ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def _without(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {
            key: "[redacted]" if SECRET_NAMES.fullmatch(key) and one is not None else _without(one, key)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [_without(one, name) for one in value]
    if not isinstance(value, str):
        return value
    text = _printable(value)
    return text if name in _WHOLE else _without_tokens(text)


def _without_tokens(text: str) -> str:
    def shown(match: re.Match[str]) -> str:
        return f"[redacted, {len(match[0])} characters]" if _NOT_IN_WORDS.search(match[0]) else match[0]

    return _LONG.sub(shown, text)


def _printable(text: str) -> str:
    """Give a text that a terminal takes for nothing else."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in unquote(text))
