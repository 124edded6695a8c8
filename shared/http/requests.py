"""Reading the query and the body of a Django request."""

from typing import Any, cast
from urllib.parse import parse_qsl

from django.http import HttpRequest

from shared.contract import wire
from shared.contract.errors import InvalidJson, PayloadTooLarge

_MAX_LENGTH_DIGITS = len(str(wire.MAX_BYTES))


def read_query(request: HttpRequest) -> dict[str, list[str]]:
    """Return the query parameters, each with all its values.

    It parses the raw string, because `request.GET` raises an error (an HTML page) for too many fields.
    """
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def read_object(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object in the body, checked in the contract's order.

    :raises UnsupportedMediaType: the body has another media type or a content encoding.
    :raises PayloadTooLarge: the declared or actual length is over 64 KiB.
    :raises InvalidJson: the body is not one strict JSON object, or cannot be read.
    """
    wire.check_media_type(request.META.get("CONTENT_TYPE", ""), request.META.get("HTTP_CONTENT_ENCODING", ""))
    return wire.decode(_read_body(request))


def declares_too_much(request: HttpRequest) -> bool:
    """Return True if `Content-Length` is over 64 KiB."""
    digits = (request.META.get("CONTENT_LENGTH") or "").lstrip("0")
    # int() raises an error for more than 4300 digits.
    return digits.isdecimal() and (len(digits) > _MAX_LENGTH_DIGITS or int(digits) > wire.MAX_BYTES)


def _read_body(request: HttpRequest) -> bytes:
    if declares_too_much(request):
        raise PayloadTooLarge
    if hasattr(request, "_body"):  # another middleware has read it already
        if len(request.body) > wire.MAX_BYTES:
            raise PayloadTooLarge
        return request.body
    # Without a Content-Length Django reads nothing; the server's stream ends after the last chunk.
    chunked = not request.META.get("CONTENT_LENGTH") and request.META.get("wsgi.input_terminated")
    stream = cast(wire.Readable, request.META["wsgi.input"] if chunked else request)
    try:
        return wire.read_limited(stream)
    except PayloadTooLarge:
        raise
    except Exception as error:  # each server has its own exceptions for a truncated or badly chunked body
        raise InvalidJson from error
