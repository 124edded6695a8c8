"""A request body that the application has not read: read and thrown away if there is little left, else left."""

from typing import Any

KEPT_BELOW = 64 * 1024
"""Bytes, as many as gunicorn throws away before it takes the next request from the connection."""


def leaves_much_unread(body: Any) -> bool:
    """Say whether more of gunicorn's request body is left, or may be, than it would read to keep the connection."""
    reader = body.reader
    left = getattr(reader, "length", None)
    if left is not None:
        return bool(left >= KEPT_BELOW)
    # Of a chunked body nobody knows how much is left until it has ended; then its parser is gone.
    return getattr(reader, "parser", None) is not None
