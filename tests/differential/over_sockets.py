"""A request written to a socket byte by byte, and the whole answer."""

import socket
from collections.abc import Sequence
from typing import Final

from shared.contract.differences import Answer
from tests.differential.messages import Message

CLOSED: Final = 0
"""The status if the server closes the connection without an answer."""
WAIT = 30


def request_bytes(
    host: str, prefix: str, message: Message, odd_lines: Sequence[bytes] = (), http: bytes = b"HTTP/1.1"
) -> bytes:
    """Return the bytes of a request, with additional header lines that no HTTP library would write."""
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
    """Send the request, close the sending side, and read to the end."""
    with socket.create_connection(address, timeout=WAIT) as connection:
        received = b""
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
        except (BrokenPipeError, ConnectionResetError):
            pass  # The server has refused the rest of the request: an answer sent before counts.
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
