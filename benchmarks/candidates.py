"""What is measured: each a server with a database of its own, and a request that signs a person in."""

import itertools
import json
import secrets
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.load import Request
from benchmarks.peers.catalogue import PEERS
from benchmarks.peers.peer import WSGI, Peer
from benchmarks.processes import run

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


def yardstick() -> Candidate:
    """Give it, behind the server that everybody gets."""
    return Candidate(
        name="yardstick",
        title="yardstick: a bare Django view, pooled call, minimal SQL, no validation",
        prepare=lambda setup: [[PYTHON, "-m", "benchmarks.yardstick.schema"]],
        command=lambda setup: gunicorn(PYTHON, "benchmarks.yardstick.wsgi", setup),
        environment=_environment,
        sign_in=_sign_in,
        tables="yardstick",
        credentials="access_token",
    )


def _sign_in(token: str, address: str) -> Request:
    fields = {"provider": "facebook", "access_token": token}
    return post("/sign_in/", fields, address, status=201, contains=b'"token"')


def _environment(setup: Setup) -> dict[str, str]:
    verified = {"REQUESTS_CA_BUNDLE": setup.bundle} if setup.is_tls else {}
    return {"DATABASE_URL": setup.database_url, "PROVIDER_ORIGIN": setup.provider, **verified}


_SETTINGS = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "asked-from-outside"}
_MOUNTS = "from django.conf import settings; print(*settings.APIS.values())"
_SERVER = "from config import gunicorn; print(gunicorn.workers, gunicorn.threads)"


def tandems() -> list[Candidate]:
    """Give one for each API that is mounted: `tandem-v2` is `/api/v2/`."""
    return [_mounted(f"/{prefix}") for prefix in run([PYTHON, "-c", _MOUNTS], _SETTINGS).split()]


def documented_server(setup: Setup) -> tuple[int, int]:
    """Give the workers and the threads of each that the server has where nobody says otherwise."""
    workers, threads = run([PYTHON, "-c", _SERVER], environment(setup)).split()
    return int(workers), int(threads)


def environment(setup: Setup) -> dict[str, str]:
    """Give what docs/operators.md asks of production, with the provider on this machine."""
    chosen = {
        "REDIS_URL": setup.redis_url,
        "WEB_CONCURRENCY": setup.workers,
        "THREADS": setup.threads,
        # As many as can be under way at the peers, which hold nobody back, or it would not be the same work.
        "PROVIDER_CONCURRENCY": setup.threads,
    }
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "DATABASE_URL": setup.database_url,
        "PORT": str(setup.port),
        "TRUSTED_PROXIES": "1",
        "METRICS_TOKEN": secrets.token_urlsafe(24),
        "SOCIAL_PROVIDERS": "facebook",
        "SOCIAL_AUTH_FACEBOOK_KEY": APP_ID,
        "SOCIAL_AUTH_FACEBOOK_SECRET": "benchmarks-only",
        "SOCIAL_AUTH_VERIFY_SSL": setup.bundle,
        "SANDBOX": "1",
        "PROVIDER_HOSTS": json.dumps({"https://graph.facebook.com": setup.provider}),
        **{name: str(value) for name, value in chosen.items() if value is not None},
    }


def _mounted(prefix: str) -> Candidate:
    def sign_in(token: str, address: str) -> Request:
        fields = {"provider": "facebook", "access_token": token}
        return post(f"{prefix}social_sign_up/", fields, address, status=201, contains=b'"token":"')

    return Candidate(
        name=f"tandem-{prefix.strip('/').rpartition('/')[2]}",
        title=f"Tandem, {prefix}",
        prepare=lambda setup: [[PYTHON, "manage.py", "migrate", "--verbosity=0", "--no-input"]],
        command=lambda setup: [PYTHON, "-m", "config.serve"],
        environment=environment,
        sign_in=sign_in,
        tables="social_django",
        credentials="social_accesstoken",
    )


def peers() -> dict[str, Callable[[], Candidate]]:
    """Give a way to each by its name, in the order of the tables; it is installed when the way is taken."""
    return {peer.name: partial(_candidate, peer) for peer in PEERS}


def _candidate(peer: Peer) -> Candidate:
    def python() -> str:
        return str(peer.interpreter())

    def environment(setup: Setup) -> dict[str, str]:
        return peer.variables(
            database_url=setup.database_url,
            provider=setup.provider,
            authorities=Path(setup.bundle) if setup.is_tls else None,
        )

    def sign_in(token: str, address: str) -> Request:
        contains = f'"{peer.credential_at[-1]}"'.encode()
        return post(peer.path, peer.fields(token), address, status=peer.status, contains=contains)

    return Candidate(
        name=peer.name,
        title=peer.title,
        prepare=lambda setup: [[python(), "-m", "django", *arguments] for arguments in peer.prepare],
        command=lambda setup: gunicorn(python(), WSGI, setup),
        environment=environment,
        sign_in=sign_in,
        tables="allauth" if "allauth" in peer.name or peer.name == "dj_rest_auth" else "social_django",
    )


def chosen(names: Collection[str]) -> list[Candidate]:
    """Give the yardstick, Tandem by each of its mounts, and the peers, in the order of the tables.

    :param names: of some of them; `tandem` stands for all mounts, none for everybody.
    :raises ValueError: one is unknown.
    """
    versions = {one.name: one for one in tandems()}
    others = {"yardstick": yardstick, **peers()}
    known = ["yardstick", *versions, *peers()]
    wanted = {name for one in names for name in (versions if one == "tandem" else [one])} or set(known)
    if unknown := wanted - set(known):
        raise ValueError(f"no candidate {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [versions[name] if name in versions else others[name]() for name in known if name in wanted]
