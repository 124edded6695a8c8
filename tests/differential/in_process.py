"""A request passed to the WSGI application as a server does, without a socket.

Django's test client is not used: it removes the body of a HEAD response, skips the CSRF check, and cannot
send bytes that URL libraries refuse.
"""

import io
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.handlers.wsgi import WSGIHandler

from shared.contract.differences import Answer
from tests.differential.messages import Message

HOST = "api.example.com"


class Service:
    """The application with all mounted APIs."""

    def __init__(self) -> None:
        self._application = WSGIHandler()

    def send(self, prefix: str, message: Message) -> Answer:
        """Send a request to the API at a prefix."""
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            begun.append((status, headers))

        result = self._application(environ_of(prefix, message), start_response)
        try:
            body = b"".join(result)
        finally:
            getattr(result, "close", lambda: None)()
        ((status, headers),) = begun
        return Answer(prefix, int(status.split(" ", 1)[0]), tuple(headers), body)


def environ_of(prefix: str, message: Message) -> dict[str, Any]:
    """Return the WSGI environment of a request (PEP 3333), as gunicorn builds it."""
    path, _, query = (prefix + message.target).partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": message.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": HOST,
        "REMOTE_ADDR": "203.0.113.7",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(message.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if message.chunked:
        environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    elif message.body or message.method == "POST":
        environ["CONTENT_LENGTH"] = str(len(message.body))
    for name, value in message.headers:
        key = name.upper().replace("-", "_")
        # A server passes on header values without surrounding whitespace, and joins repeated fields.
        text = value.decode("latin-1").strip(" \t")
        if key == "CONTENT_TYPE":
            environ[key] = text
        elif f"HTTP_{key}" in environ and key != "HOST":
            environ[f"HTTP_{key}"] += "," + text
        else:
            environ[f"HTTP_{key}"] = text
    return environ
