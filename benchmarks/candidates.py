"""What is measured: each a server with a database of its own, and a request that signs a person in."""

import itertools
import json
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.load.caller import Request

APP_ID = "1234567890"
_KEY, _SECRET = APP_ID, "a-secret-of-the-benchmark"


@dataclass(frozen=True, slots=True)
class Setup:
    """What a candidate's server is started with."""

    database_url: str
    provider: str
    """The provider's origin: http or https."""
    bundle: str
    """Certificates to believe, as a path."""
    redis_url: str
    port: int
    workers: int
    threads: int


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
    ready: str
    """A path that is answered once the server is up, whatever the status."""
    sign_in: Callable[[str, str], Request]
    """The request for a provider's token, from an address."""
    folder: str = field(default="")


def addresses() -> Iterator[str]:
    """Give clients' addresses, so many that none of them spends its budget."""
    return itertools.cycle([f"10.{a}.{b}.{c}" for a in range(4) for b in range(32) for c in range(1, 201)])


def post(path: str, fields: Mapping[str, str], address: str, *, status: int, contains: bytes = b"") -> Request:
    """Give a POST of JSON as a proxy of ours would pass it on."""
    body = json.dumps(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Forwarded-For: {address}\r\nX-Forwarded-Proto: https\r\n\r\n"
    )
    return Request(head.encode("ascii") + body, status, contains)


def people(candidate: Candidate, first: int, count: int) -> Iterator[Request]:
    """Give sign-ins of so many people in turn, for ever."""
    numbers = itertools.cycle(range(first, first + count))
    return (
        candidate.sign_in(f"token-{number}", address) for number, address in zip(numbers, addresses(), strict=False)
    )


def yardstick() -> Candidate:
    """A bare Django view behind the same server."""
    module = "benchmarks.yardstick"
    return Candidate(
        name="yardstick",
        title="yardstick: a bare Django view",
        prepare=lambda setup: [[sys.executable, "-m", f"{module}.schema"]],
        command=lambda setup: gunicorn(sys.executable, f"{module}.wsgi", setup),
        environment=_yardstick_environment,
        ready="/",
        sign_in=lambda token, address: post(
            "/sign_in/", {"provider": "facebook", "access_token": token}, address, status=201, contains=b'"token"'
        ),
    )


def tandem(version: str) -> Candidate:
    """Tandem as it is run in production, by one of its mounts."""
    return Candidate(
        name=f"tandem-{version}",
        title=f"Tandem, /api/{version}",
        prepare=lambda setup: [[sys.executable, "manage.py", "migrate", "--verbosity=0", "--no-input"]],
        command=lambda setup: [sys.executable, "-m", "config.serve"],
        environment=_tandem_environment,
        ready="/livez",
        sign_in=lambda token, address: post(
            f"/api/{version}/social_sign_up/",
            {"provider": "facebook", "access_token": token},
            address,
            status=201,
            contains=b'"token":"',
        ),
    )


def gunicorn(python: str, application: str, setup: Setup) -> list[str]:
    """Give the command of the server that everybody gets: threads, kept connections, no access log."""
    return [
        *(python, "-m", "gunicorn", "--worker-class", "gthread", "--keep-alive", "75", "--log-level", "warning"),
        *("--workers", str(setup.workers), "--threads", str(setup.threads)),
        *("--bind", f"127.0.0.1:{setup.port}", application),
    ]


def _yardstick_environment(setup: Setup) -> dict[str, str]:
    verified = {"REQUESTS_CA_BUNDLE": setup.bundle} if setup.provider.startswith("https:") else {}
    return {"DATABASE_URL": setup.database_url, "PROVIDER_ORIGIN": setup.provider, **verified}


def _tandem_environment(setup: Setup) -> dict[str, str]:
    """What docs/operators.md asks of production, with the provider on this machine."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "DATABASE_URL": setup.database_url,
        "REDIS_URL": setup.redis_url,
        "PORT": str(setup.port),
        "WEB_CONCURRENCY": str(setup.workers),
        "THREADS": str(setup.threads),
        # By default half the threads: others wait for a place, and the same number under way would not be the same work.
        "PROVIDER_CONCURRENCY": str(setup.threads),
        "TRUSTED_PROXIES": "1",
        "METRICS_TOKEN": secrets.token_urlsafe(24),
        "SOCIAL_PROVIDERS": "facebook",
        "SOCIAL_AUTH_FACEBOOK_KEY": _KEY,
        "SOCIAL_AUTH_FACEBOOK_SECRET": _SECRET,
        "SOCIAL_AUTH_VERIFY_SSL": setup.bundle,
        "SANDBOX": "1",
        "PROVIDER_HOSTS": json.dumps({"https://graph.facebook.com": setup.provider}),
    }
