"""What a provider tells of a person, made fit for the user table.

Only the id is vital; the rest is cleaned or dropped, never an error.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MAX_NAME = 150
MAX_EMAIL = 254
MAX_SUGGESTION = 255
MAX_DEPTH = 64
# C0, C1, surrogates, and the marks that turn the direction of the text around them.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_NAMES = ("fullname", "first_name", "last_name")


def clean_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """Give the details with every text clean, of the right type and short enough; other keys as they were."""
    cleaned = dict(details)
    for name in _NAMES:
        if name in cleaned:
            cleaned[name] = clean_text(cleaned[name])[:MAX_NAME].strip()
    if "username" in cleaned:
        cleaned["username"] = clean_text(cleaned["username"])[:MAX_SUGGESTION]
    cleaned["email"] = clean_email(cleaned.get("email"))
    return cleaned


def is_shallow(value: Any) -> bool:
    """Say whether a JSON value has no more than 64 levels; the deepest honest profile has fewer than ten."""
    level = [value]
    for _ in range(MAX_DEPTH):
        nodes = [node for node in level if isinstance(node, dict | list)]
        level = [inner for node in nodes for inner in (node.values() if isinstance(node, dict) else node)]
        if not level:
            return True
    return False


def clean_text(value: object) -> str:
    """Give a string without control characters; "" for what is no string."""
    return _INVISIBLE.sub("", value) if isinstance(value, str) else ""


def clean_json(value: Any) -> Any:
    """Give a JSON value that every database's JSON column can hold.

    PostgreSQL's jsonb has no NUL, no lone surrogate and no NaN
    (https://www.postgresql.org/docs/current/datatype-json.html).
    """
    if isinstance(value, dict):
        return {clean_text(key): clean_json(kept) for key, kept in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(kept) for kept in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return clean_text(value) if isinstance(value, str) else value


def clean_email(value: object) -> str:
    """Give an address that the user table can hold, or ""; half an address is none."""
    if not isinstance(value, str) or len(value) > MAX_EMAIL:
        return ""
    try:
        validate_email(value)
    except ValidationError:
        return ""
    return value
