"""The one form that everything measured has."""

import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.load.caller import Request

APP_ID = "1234567890"
"""Of the application at the provider, for everybody."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a candidate's server is started with."""

    database_url: str
    provider: str
    """The provider's origin: http or https."""
    bundle: str
    """Certificates to believe, as a path."""
    redis_url: str | None
    port: int
    workers: int | None
    """None leaves it, like the threads, to what the candidate does by itself."""
    threads: int | None

    @property
    def is_tls(self) -> bool:
        """Whether the provider is reached over TLS."""
        return self.provider.startswith("https:")


@dataclass(frozen=True, slots=True)
class Candidate:
    """How one is prepared, started and called."""

    name: str
    title: str
    prepare: Callable[[Setup], Sequence[Sequence[str]]]
    """Commands that make its tables."""
    command: Callable[[Setup], Sequence[str]]
    """The server."""
    environment: Callable[[Setup], Mapping[str, str]]
    sign_in: Callable[[str, str], Request]
    """The request for a provider's token, from a client's address."""
    tables: str
    """Whose tables it has, for those who fill them: `yardstick`, `social_django` or `allauth`."""
    credentials: str = ""
    """The table that gets a row with every sign-in; none where a person keeps one credential."""

    @property
    def is_tandem(self) -> bool:
        """Whether it is what this project is about."""
        return self.name.startswith("tandem-")


def addresses() -> Iterator[str]:
    """Give clients' addresses, so many that none of them spends its budget."""
    return itertools.cycle([f"10.{a}.{b}.{c}" for a in range(4) for b in range(32) for c in range(1, 201)])


def post(path: str, fields: Mapping[str, Any], address: str, *, status: int, contains: bytes) -> Request:
    """Give a POST of JSON as a proxy of ours would pass it on."""
    body = json.dumps(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Forwarded-For: {address}\r\nX-Forwarded-Proto: https\r\n\r\n"
    )
    return Request(head.encode("ascii") + body, frozenset({status}), contains)


def sign_ins(candidate: Candidate, people: range) -> Iterator[Request]:
    """Give sign-ins of these people in turn, for ever."""
    numbers = zip(itertools.cycle(people), addresses(), strict=False)
    return (candidate.sign_in(f"token-{number}", address) for number, address in numbers)


def gunicorn(python: str, application: str, setup: Setup) -> list[str]:
    """Give the command of the server that everybody gets: threads, kept connections, no access log."""
    return [
        *(python, "-m", "gunicorn", "--worker-class", "gthread", "--keep-alive", "75", "--log-level", "warning"),
        *("--workers", str(setup.workers or 1), "--threads", str(setup.threads or 1)),
        *("--bind", f"127.0.0.1:{setup.port}", application),
    ]


PYTHON = sys.executable
