"""Answer requests in this process, without a server: `python -m benchmarks.in_process APPLICATION`.

It runs with the interpreter of any candidate, under Callgrind. Each line of standard input is a batch, a JSON list of
requests. The process prepares them, answers them one by one, and writes the responses as one JSON line, a list of pairs
of status and body. Before each request and after the last one it writes an empty line and waits for one. All other
output goes to standard error.
"""

import gc
import json
import os
import sys
from collections.abc import Callable
from io import BytesIO
from typing import Any, TextIO

from gunicorn.util import import_app  # type: ignore[import-untyped]  # the package has no types


def main() -> None:
    """Answer batches until standard input ends."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    application = import_app(sys.argv[1])
    for line in sys.stdin:
        environs = [_environ(request.encode("latin-1")) for request in json.loads(line)]
        # A collection of all that was loaded would fall into one batch or another.
        gc.collect()
        gc.freeze()
        responses = []
        for environ in environs:
            _pause(replies)
            responses.append(_answer(application, environ))
        _pause(replies)
        _write(replies, json.dumps(responses))


def _pause(replies: TextIO) -> None:
    _write(replies, "")
    sys.stdin.readline()


def _write(replies: TextIO, line: str) -> None:
    replies.write(f"{line}\n")
    replies.flush()


def _environ(request: bytes) -> dict[str, Any]:
    """Return the WSGI environment of a request, as gunicorn makes it."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode("latin-1").split("\r\n")
    method, target, protocol = line.split(" ")
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": protocol,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
    }
    for header in headers:
        name, _, value = header.partition(":")
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value.strip()
    return environ


def _answer(application: Callable[..., Any], environ: dict[str, Any]) -> tuple[int, str]:
    statuses: list[str] = []
    response = application(environ, lambda status, headers, exception=None: statuses.append(status))
    body = b"".join(response)
    response.close()
    return int(statuses[0][:3]), body.decode("latin-1")


if __name__ == "__main__":
    main()
