"""A request written to a bare socket, byte by byte, and all that comes back."""

import socket
from collections.abc import Sequence
from typing import Final

from shared.contract.differences import Answer
from tests.differential.messages import Message

CLOSED: Final = 0
"""The status of no answer at all."""
WAIT = 30


def request_bytes(
    host: str, prefix: str, message: Message, odd_lines: Sequence[bytes] = (), http: bytes = b"HTTP/1.1"
) -> bytes:
    """Write a request, with a few lines of its head as no HTTP library would write them."""
    body = message.body
    lines = [f"{message.method} {prefix}{message.target} ".encode("latin-1") + http, b"Host: " + host.encode()]
    lines += [name.encode() + b": " + value for name, value in message.headers]
    lines += [b"Connection: close", *odd_lines]
    if message.chunked:
        lines.append(b"Transfer-Encoding: chunked")
        half = len(body) // 2
        parts = [part for part in (body[:half], body[half:]) if part]
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    elif body or message.method == "POST":
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", b""]) + body


def exchange(address: tuple[str, int], prefix: str, request: bytes) -> Answer:
    """Send it all, say that there is no more, and read to the end."""
    with socket.create_connection(address, timeout=WAIT) as connection:
        received = b""
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has refused the rest: what it said before counts
    return _answer(prefix, received)


def _answer(prefix: str, received: bytes) -> Answer:
    while received.startswith(b"HTTP/1.1 100 "):
        received = received.partition(b"\r\n\r\n")[2]
    if not received:
        return Answer(prefix, CLOSED, (), b"")
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return Answer(prefix, int(first.split(" ")[1]), headers, body)


def is_ours(answer: Answer) -> bool:
    """Return True if the application has answered, not the server in front of it."""
    return any(name.lower() == "x-request-id" for name, _ in answer.headers)
