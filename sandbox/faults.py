"""What a provider does instead of answering, persona by persona."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import TypeAlias

from sandbox.messages import Answer, Connection, Reply, Script, json_reply

SILENCE = 600
"""Seconds after which even a hanging provider gives up."""

_MEGABYTE = b" " * 1_000_000
_BULK = 200


class Call(Enum):
    """What a call to a provider is for."""

    PROFILE = "profile"
    CHECK = "audience check"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a misbehaviour may draw on: the true answer, and how this provider reports an error."""

    honest: Callable[[], Reply]
    error: Callable[[int, str], Reply]
    server: str


Misbehaviour: TypeAlias = Callable[[Occasion], Answer]


def misbehaviour_of(persona: str, call: Call) -> Misbehaviour | None:
    """What this persona makes of such a call; none for an honest answer."""
    if call is Call.CHECK and persona in CHECKS:
        return CHECKS[persona]
    return EVERYWHERE.get(persona)


def _last(reply: Reply) -> bytes:
    """A reply after which the connection is closed, as it is after every script."""
    closing = replace(reply, headers={**reply.headers, "Connection": "close"})
    return closing.head + closing.body


def _slow(occasion: Occasion) -> Script:
    def play(connection: Connection) -> None:
        if connection.pause(3):
            connection.send(_last(occasion.honest()))

    return play


def _drip(occasion: Occasion) -> Script:
    def play(connection: Connection) -> None:
        for byte in _last(occasion.honest()):
            connection.send(bytes([byte]))
            if not connection.pause(1):
                break

    return play


def _hang(_: Occasion) -> Script:
    def play(connection: Connection) -> None:
        connection.pause(SILENCE)

    return play


def _endless(_: Occasion) -> Script:
    def play(connection: Connection) -> None:
        connection.send(Reply(headers={"Transfer-Encoding": "chunked"}).head)
        for _ in range(_BULK):
            connection.send(b"%x\r\n%b\r\n" % (len(_MEGABYTE), _MEGABYTE))

    return play


def _gzip_bomb(occasion: Occasion) -> Reply:
    reply = occasion.honest()
    compress = zlib.compressobj(wbits=31)
    body = _padding() + compress.compress(reply.body) + compress.flush()
    return replace(reply, body=body, headers={"Content-Encoding": "gzip"})


@cache
def _padding() -> bytes:
    """A gzip member of nothing but white space, which JSON allows."""
    compress = zlib.compressobj(level=1, wbits=31)
    return b"".join([*(compress.compress(_MEGABYTE) for _ in range(_BULK)), compress.flush()])


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Misbehaviour:
    return lambda occasion: replace(occasion.error(status, message), headers=headers or {})


def _body(body: bytes, media_type: str = "application/json") -> Misbehaviour:
    return lambda _: Reply(200, body, media_type)


EVERYWHERE: Mapping[str, Misbehaviour] = {
    "slow": _slow,
    "drip": _drip,
    "hang": _hang,
    "endless": _endless,
    "reset": lambda _: Connection.reset,
    "gzip-bomb": _gzip_bomb,
    "error-500": _error(500, "An unexpected error has occurred."),
    "error-503": _error(503, "Service temporarily unavailable.", {"Retry-After": "7"}),
    "rate-limited": _error(429, "Too many requests.", {"Retry-After": "30"}),
    "error-object": lambda occasion: replace(occasion.error(400, "Something is wrong."), status=200),
    "html": _body(b"<!doctype html><title>Log in</title><p>Please log in.", "text/html; charset=utf-8"),
    "empty": _body(b""),
    "null": _body(b"null"),
    "list": _body(b'[{"id": "1"}]'),
    "bad-utf8": _body(b'{"id": "10\xff", "sub": "10\xff", "name": "\xfe\xff"}'),
    "deep-json": _body(b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "redirect": lambda occasion: Reply(302, headers={"Location": f"{occasion.server}/canary"}),
}

CHECKS: Mapping[str, Misbehaviour] = {
    "check-down": _error(500, "An unexpected error has occurred."),
    "check-nonsense": lambda _: json_reply({"status": "ok"}),
}
