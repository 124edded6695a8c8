"""What the contract needs of a Django request: its query, its body."""

from typing import Any, cast
from urllib.parse import parse_qsl

from django.http import HttpRequest

from shared.contract import wire
from shared.contract.errors import InvalidJson, PayloadTooLarge


def read_query(request: HttpRequest) -> dict[str, list[str]]:
    """Give the query parameters, each with all its values.

    Read from the raw string: `request.GET` answers an HTML page of its own for too many fields.
    """
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def read_object(request: HttpRequest) -> dict[str, Any]:
    """Give the JSON object in the body, in the contract's order of checks.

    :raises UnsupportedMediaType: 415, for another type or an encoding.
    :raises PayloadTooLarge: 413, for more than 64 KiB, stated or found while reading.
    :raises InvalidJson: 400, for anything but one strict JSON object, and for a body that cannot be read.
    """
    wire.check_media_type(request.META.get("CONTENT_TYPE", ""), request.META.get("HTTP_CONTENT_ENCODING", ""))
    return wire.decode(_read_body(request))


def _read_body(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and int(length) > wire.MAX_BYTES:
        raise PayloadTooLarge
    if hasattr(request, "_body"):  # a middleware of the project has read it already
        if len(request.body) > wire.MAX_BYTES:
            raise PayloadTooLarge
        return request.body
    # Django reads nothing where there is no Content-Length; a chunked body ends by itself.
    chunked = not length and request.META.get("wsgi.input_terminated")
    stream = cast(wire.Readable, request.META["wsgi.input"] if chunked else request)
    try:
        return wire.read_limited(stream)
    except PayloadTooLarge:
        raise
    except Exception as error:  # each server has exceptions of its own for a body that is cut off or badly chunked
        raise InvalidJson from error
