"""The request that a client has sent, made again for another version: its path changed, its body as it was read."""

import io
from collections.abc import Callable
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest


class KeptBody:
    """What an adapter reads of a request's body, no more, and how the reading ended.

    Reading it first would wait for bodies that are refused unread, and hold any number of bytes.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._parts: list[bytes] = []
        self._failure: Exception | None = None
        self._read_before = request.body if hasattr(request, "_body") else None
        # Both ways in which `shared.http.requests` reads: by Content-Length, and a chunked body to its end.
        request.read = self._keeping(request.read)  # type: ignore[method-assign]  # of this one request
        if "wsgi.input" in request.META:
            request.META["wsgi.input"] = _Kept(request.META["wsgi.input"], self._keeping)

    def request_for(self, request: HttpRequest, path_info: str) -> WSGIRequest:
        """Make the request again.

        :param path_info: where; below the script's name, as Django has it.
        """
        environ = {
            **request.META,
            # Django has decoded both; a server gives bytes as latin-1 (PEP 3333).
            "PATH_INFO": path_info.encode().decode("latin-1"),
            "SCRIPT_NAME": request.META.get("SCRIPT_NAME", "").encode().decode("latin-1"),
            "wsgi.input": _Again(b"".join(self._parts), self._failure),
        }
        for name in ("SCRIPT_URL", "REDIRECT_URL"):  # of which Django would work the script's name out once more
            environ.pop(name, None)
        made = WSGIRequest(environ)
        if self._read_before is not None:
            made._body = self._read_before  # noqa: SLF001 - where `HttpRequest.body` keeps it; nothing else sets it
        return made

    def let_go(self, request: HttpRequest) -> None:
        """Forget what was read, now: the request and its way to read itself hold each other."""
        self._parts.clear()
        del request.read  # the one that is this request's own

    def _keeping(self, read: Callable[..., bytes]) -> Callable[..., bytes]:
        def keep(*args: Any) -> bytes:
            try:
                part = read(*args)
            except Exception as error:
                self._failure = error
                raise
            self._parts.append(part)
            return part

        return keep


class _Kept:
    """A server's stream, what is read of it kept."""

    def __init__(self, stream: Any, keeping: Callable[[Callable[..., bytes]], Callable[..., bytes]]) -> None:
        self._stream = stream
        self.read = keeping(stream.read)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Again(io.BytesIO):
    """What was read, and then how it ended."""

    def __init__(self, body: bytes, failure: Exception | None) -> None:
        super().__init__(body)
        self._failure = failure

    def read(self, size: int | None = -1, /) -> bytes:
        """Give what was read; at its end raise what was raised."""
        part = super().read(size)
        if not part and size != 0 and self._failure is not None:
            raise self._failure
        return part
