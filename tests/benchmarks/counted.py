"""A WSGI application whose work is in its path: `/100` adds up a hundred numbers."""

from collections.abc import Iterable
from io import BytesIO
from wsgiref.types import StartResponse, WSGIEnvironment


class _Response(BytesIO):
    """A response that can be closed, as those of Django."""


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the sum, or with 400 if the path is no number."""
    number = environ["PATH_INFO"][1:]
    start_response("200 OK" if number.isdecimal() else "400 Bad Request", [])
    return _Response(str(sum(range(int(number)))).encode() if number.isdecimal() else b"")
