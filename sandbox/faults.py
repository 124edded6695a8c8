"""Faults of a provider's HTTP answers, by persona: errors, silence, endless or invalid bodies."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import TypeAlias

from sandbox.messages import Answer, Connection, RawAnswer, Reply, json_reply

SILENCE = 600
"""Seconds after which a hanging provider closes the connection."""

_MEGABYTE = b" " * 1_000_000
_BULK = 200


class Call(Enum):
    """The purpose of a call to a provider."""

    PROFILE = "profile"
    CHECK = "audience check"
    EXCHANGE = "exchange of a code"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class FaultContext:
    """What a fault may use: the normal reply, the provider's error format and the URL of the sandbox."""

    normal: Callable[[], Reply]
    error: Callable[[int, str], Reply]
    server: str


Fault: TypeAlias = Callable[[FaultContext], Answer]


def fault_for(persona: str, call: Call) -> Fault | None:
    """Return the persona's fault in such a call, or None if the answer is normal."""
    return FAULTS_OF_ONE_CALL.get(call, {}).get(persona) or FAULTS.get(persona)


def _last(reply: Reply) -> bytes:
    """Return the bytes of a reply that announces the end of the connection."""
    closing = replace(reply, headers={**reply.headers, "Connection": "close"})
    return closing.head + closing.body


def _slow(context: FaultContext) -> RawAnswer:
    def play(connection: Connection) -> None:
        if connection.wait(3):
            connection.send(_last(context.normal()))

    return play


def _drip(context: FaultContext) -> RawAnswer:
    def play(connection: Connection) -> None:
        for byte in _last(context.normal()):
            connection.send(bytes([byte]))
            if not connection.wait(1):
                break

    return play


def _hang(_: FaultContext) -> RawAnswer:
    def play(connection: Connection) -> None:
        connection.wait(SILENCE)

    return play


def _endless(_: FaultContext) -> RawAnswer:
    def play(connection: Connection) -> None:
        connection.send(Reply(headers={"Transfer-Encoding": "chunked"}).head)
        for _ in range(_BULK):
            connection.send(b"%x\r\n%b\r\n" % (len(_MEGABYTE), _MEGABYTE))

    return play


def _gzip_bomb(context: FaultContext) -> Reply:
    reply = context.normal()
    compress = zlib.compressobj(wbits=31)
    body = _padding() + compress.compress(reply.body) + compress.flush()
    return replace(reply, body=body, headers={"Content-Encoding": "gzip"})


@cache
def _padding() -> bytes:
    """Return a gzip member that contains only white space, which JSON allows."""
    compress = zlib.compressobj(level=1, wbits=31)
    return b"".join([*(compress.compress(_MEGABYTE) for _ in range(_BULK)), compress.flush()])


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Fault:
    return lambda context: replace(context.error(status, message), headers=headers or {})


def _body(body: bytes, media_type: str = "application/json") -> Fault:
    return lambda _: Reply(200, body, media_type)


FAULTS: Mapping[str, Fault] = {
    "slow": _slow,
    "drip": _drip,
    "hang": _hang,
    "endless": _endless,
    "reset": lambda _: Connection.reset,
    "gzip-bomb": _gzip_bomb,
    "error-500": _error(500, "An unexpected error has occurred."),
    "error-503": _error(503, "Service temporarily unavailable.", {"Retry-After": "7"}),
    "rate-limited": _error(429, "Too many requests.", {"Retry-After": "30"}),
    "error-object": lambda context: replace(context.error(400, "Something is wrong."), status=200),
    "html": _body(b"<!doctype html><title>Log in</title><p>Please log in.", "text/html; charset=utf-8"),
    "empty": _body(b""),
    "null": _body(b"null"),
    "list": _body(b'[{"id": "1"}]'),
    "bad-utf8": _body(b'{"id": "10\xff", "sub": "10\xff", "name": "\xfe\xff"}'),
    "deep-json": _body(b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "redirect": lambda context: Reply(302, headers={"Location": f"{context.server}/canary"}),
}

FAULTS_OF_ONE_CALL: Mapping[Call, Mapping[str, Fault]] = {
    Call.PROFILE: {"profile-down": _error(500, "An unexpected error has occurred.")},
    Call.CHECK: {
        "check-down": _error(500, "An unexpected error has occurred."),
        "check-nonsense": lambda _: json_reply({"status": "ok"}),
    },
    Call.REFRESH: {"refresh-down": _error(500, "An unexpected error has occurred.")},
}
