"""Cleaning a provider's profile for the user table.

Only the id is required. Everything else is cleaned or dropped, and never causes an error.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.validators import validate_email
from django.db.models import CharField, EmailField, Field, FileField, FilePathField, Model, TextField, URLField

MAX_NAME = 150
MAX_EMAIL = 254
MAX_SUGGESTION = 255
MAX_DEPTH = 64
# C0, C1, surrogates, and marks that change the direction of text.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_NAMES = ("fullname", "first_name", "last_name")


def clean_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details with valid names and address; other keys are unchanged."""
    cleaned = dict(details)
    for name in _NAMES:
        if name in cleaned:
            cleaned[name] = clean_text(cleaned[name])[:MAX_NAME].strip()
    if "username" in cleaned:
        cleaned["username"] = clean_text(cleaned["username"])[:MAX_SUGGESTION]
    cleaned["email"] = clean_email(cleaned.get("email"))
    return cleaned


def is_shallow(value: Any) -> bool:
    """Return True if a JSON value has at most 64 levels; real profiles have fewer than ten."""
    level = [value]
    for _ in range(MAX_DEPTH):
        nodes = [node for node in level if isinstance(node, dict | list)]
        level = [inner for node in nodes for inner in (node.values() if isinstance(node, dict) else node)]
        if not level:
            return True
    return False


def clean_text(value: object) -> str:
    """Return a string without control characters; "" if the value is not a string."""
    return _INVISIBLE.sub("", value) if isinstance(value, str) else ""


def clean_json(value: Any) -> Any:
    """Return a JSON value that the JSON column of every database can hold.

    PostgreSQL's jsonb accepts no NUL, lone surrogate or NaN
    (https://www.postgresql.org/docs/current/datatype-json.html).
    """
    if isinstance(value, dict):
        return {clean_text(key): clean_json(kept) for key, kept in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(kept) for kept in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return clean_text(value) if isinstance(value, str) else value


def clean_for_field(value: object, model: type[Model], name: str) -> object:
    """Return a value that a field of the user model can hold, or None; a relation or a file is never set.

    The value of a file's field is a path, which could be that of another user's file. Names are truncated; an address
    or a URL that is too long is dropped, because its beginning can be another person's.
    """
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return value
    if not isinstance(field, Field) or field.is_relation or isinstance(field, FileField | FilePathField):
        return None
    value = clean_email(value) if isinstance(field, EmailField) else clean_json(value)
    is_text = isinstance(field, CharField | TextField)
    if is_text and not isinstance(value, str):
        return None
    if is_text and field.max_length and not isinstance(field, EmailField | URLField):
        value = str(value)[: field.max_length]
    try:
        return field.clean(value, None)
    except (ValidationError, TypeError, ValueError, ArithmeticError):  # a DateTimeField raises TypeError for a number
        return None


def clean_email(value: object) -> str:
    """Return a valid e-mail address that the user table can hold, or ""; an address is never truncated.

    Django's validator accepts control characters in a quoted local part, characters without width in the domain, and in
    the local part the four non-ASCII characters that are an ASCII letter in another case: the Kelvin sign in lower case
    is a `k`, and would satisfy an allow list that names someone else's address.
    """
    if not isinstance(value, str) or len(value) > MAX_EMAIL:
        return ""
    if not value.isprintable() or not value.rpartition("@")[0].isascii():
        return ""
    try:
        validate_email(value)
    except ValidationError:
        return ""
    return value
