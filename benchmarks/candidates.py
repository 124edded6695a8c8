"""The candidates that are measured: a baseline, each API of Tandem, and the peers.

Each is a server with a database of its own, and a request that signs a user in by a provider's token, or one that reads
the user of a token, or both.
"""

import itertools
import json
import secrets
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.load import Request
from benchmarks.peers.environment import REQUIREMENTS, SOCIAL_CORE_5, installed, version
from benchmarks.processes import run_command
from benchmarks.provider import APP_ID
from benchmarks.results import BASELINE

_CLIENT_ID = "benchmarks"
"""Id of the OAuth application at drf-social-oauth2."""
_ADDRESSES = [f"10.{a}.{b}.{c}" for a in range(4) for b in range(32) for c in range(1, 201)]
"""Clients' addresses, so many that none exceeds its rate limit."""
_ADD_READERS = """
import sys
import django
django.setup()
from django.contrib.auth import get_user_model
from social import tokens
for number in range(int(sys.argv[1])):
    user = get_user_model().objects.create(username=f"reader-{number}", email=f"reader-{number}@example.com")
    print("Bearer", tokens.issue(user=user).value)
"""
_PEERS_APPLICATION = "django.core.wsgi:get_wsgi_application()"
_MIGRATE = ("-m", "django", "migrate", "--verbosity=0", "--no-input")


@dataclass(frozen=True, slots=True)
class Setup:
    """What a candidate's server is started with."""

    database_url: str
    provider: str
    """The provider's origin, http or https."""
    bundle: str
    """Path of the certificates to trust."""
    redis_url: str | None
    port: int
    workers: int | None
    """None leaves workers, and threads, to the candidate's default."""
    threads: int | None


def _provider_and_token(token: str) -> Mapping[str, Any]:
    return {"provider": "facebook", "access_token": token}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """How a candidate is prepared, started and called."""

    name: str
    title: str
    python: Callable[[], str] = lambda: sys.executable
    """Return the path of its interpreter; install its packages first where necessary."""
    prepare: tuple[tuple[str, ...], ...]
    """The interpreter's arguments that create its tables, once for each command."""
    serve: Callable[[Setup], tuple[str, ...]]
    """Return the interpreter's arguments that start its server."""
    application: str
    """Module and expression of its WSGI application, as gunicorn takes them."""
    environment: Callable[[Setup], Mapping[str, str]]
    read_path: str = ""
    """Where a client reads its own user; empty for candidates that only sign users in."""
    add_readers: tuple[str, ...] = ()
    """The interpreter's arguments that add users, and print a value of `Authorization` for each on a line of its own.

    The number of users follows as the last argument.
    """
    path: str = ""
    """Where a client posts the provider's token; empty for candidates of reads alone."""
    fields: Callable[[str], Mapping[str, Any]] = _provider_and_token
    """Return the body of the request for a token."""
    status: int = 201
    """The status of the response."""
    credential: str = "token"
    """The name under which the response has the new credential."""
    tables: tuple[str, ...] = ()
    """The tables in which each user has a row."""
    token_table: str = ""
    """The table that gets a row with every sign-in, if there is one."""

    @property
    def is_tandem(self) -> bool:
        """Whether it is an API of Tandem."""
        return self.name.startswith("tandem-")

    def read(self, authorization: str) -> Request:
        """Return the request that reads the user of a value of `Authorization`."""
        head = (
            f"GET {self.read_path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\n"
            "X-Forwarded-For: 10.9.0.1\r\nX-Forwarded-Proto: https\r\n\r\n"
        )
        return Request(head.encode("ascii"), frozenset({200}), b'"username"')

    def sign_in(self, token: str, address: str) -> Request:
        """Return the request that signs in the user of a provider's token.

        :param address: the client's, as a trusted proxy passes it on.
        """
        body = json.dumps(self.fields(token)).encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nX-Forwarded-For: {address}\r\nX-Forwarded-Proto: https\r\n\r\n"
        )
        return Request(head.encode("ascii") + body, frozenset({self.status}), f'"{self.credential}"'.encode())

    def sign_ins(self, users: range) -> Iterator[Request]:
        """Yield sign-ins of these users in turn, without end, each from the next address."""
        callers = zip(itertools.cycle(users), itertools.cycle(_ADDRESSES), strict=False)
        return (self.sign_in(f"token-{number}", address) for number, address in callers)


def candidates(names: Collection[str] = ()) -> list[Candidate]:
    """Return the candidates in the order of the tables.

    :param names: which of them, all if empty; `tandem` stands for all of its APIs.
    :raises ValueError: a name is unknown.
    """
    known = [_baseline(), *_tandems(), *_peers(), *_read_peers()]
    unknown = set(names) - {one.name for one in known} - {"tandem"}
    if unknown:
        raise ValueError(f"no candidate {', '.join(sorted(unknown))}; known: {', '.join(one.name for one in known)}")
    return [one for one in known if not names or one.name in names or (one.is_tandem and "tandem" in names)]


def default_server(setup: Setup) -> tuple[int, int]:
    """Return the numbers of workers, and threads of each, that Tandem's server has by default."""
    print_them = "from server import gunicorn_settings as gunicorn; print(gunicorn.workers, gunicorn.threads)"
    workers, threads = run_command([sys.executable, "-c", print_them], _tandem_environment(setup)).split()
    return int(workers), int(threads)


def _baseline() -> Candidate:
    return Candidate(
        name=BASELINE,
        title="baseline: a bare Django view, pooled call, minimal SQL, no validation",
        prepare=(("-m", "benchmarks.baseline"),),
        serve=partial(_gunicorn, "benchmarks.baseline:application"),
        application="benchmarks.baseline:application",
        environment=_plain_environment,
        read_path="/user/",
        add_readers=("-m", "benchmarks.baseline"),
        path="/sign_in/",
        tables=("auth_user", "association"),
        token_table="access_token",  # noqa: S106 - a table
    )


def _tandems() -> list[Candidate]:
    print_prefixes = "from django.conf import settings; print(*settings.APIS.values())"
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": secrets.token_urlsafe(48)}
    return [
        Candidate(
            name=f"tandem-{prefix.strip('/').rpartition('/')[2]}",
            title=f"Tandem, /{prefix}",
            prepare=(("manage.py", "migrate", "--verbosity=0", "--no-input"),),
            serve=lambda setup: ("-m", "server"),
            application="config.wsgi:application",
            environment=_tandem_environment,
            read_path=f"/{prefix}user/",
            add_readers=("-c", _ADD_READERS),
            path=f"/{prefix}social_sign_up/",
            tables=("auth_user", "social_auth_usersocialauth"),
            token_table="social_accesstoken",  # noqa: S106 - a table
        )
        for prefix in run_command([sys.executable, "-c", print_prefixes], settings).split()
    ]


def _tandem_environment(setup: Setup) -> dict[str, str]:
    """Return the settings of docs/operators.md for production, with the provider on this machine."""
    optional = {
        "REDIS_URL": setup.redis_url,
        "WEB_CONCURRENCY": setup.workers,
        "THREADS": setup.threads,
        # No limit, as the peers have none.
        "PROVIDER_CONCURRENCY": setup.threads,
    }
    return {
        # A sandbox trusts no proxy; this one stands for production.
        "DJANGO_SETTINGS_MODULE": "tests.proxied_sandbox",
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
        **{name: str(value) for name, value in optional.items() if value is not None},
    }


def _peers() -> list[Candidate]:
    return [
        _peer(
            "rest_social_auth",
            "rest-social-auth",
            " (fed an access token)",
            lock=SOCIAL_CORE_5,
            tables=("auth_user", "social_auth_usersocialauth"),
            path="/api/login/social/token/",
        ),
        _peer(
            "drf_social_oauth2",
            "drf-social-oauth2",
            " (best case: the client secret is not hashed)",
            lock=SOCIAL_CORE_5,
            tables=("auth_user", "social_auth_usersocialauth"),
            path="/auth/convert-token",
            fields=lambda token: {
                "grant_type": "convert_token",
                "client_id": _CLIENT_ID,
                "backend": "facebook",
                "token": token,
            },
            credential="access_token",
            prepare=(
                _MIGRATE,
                (
                    *("-m", "django", "createapplication", "public", "password"),
                    *("--client-id", _CLIENT_ID, "--no-hash-client-secret"),
                ),
            ),
        ),
        _peer(
            "dj_rest_auth",
            "dj-rest-auth",
            " + allauth",
            tables=("auth_user", "socialaccount_socialaccount", "account_emailaddress"),
            path="/dj-rest-auth/facebook/",
            fields=lambda token: {"access_token": token},
            credential="key",
        ),
        _peer(
            "allauth_headless",
            "django-allauth",
            " (headless, app client)",
            tables=("auth_user", "socialaccount_socialaccount", "account_emailaddress"),
            path="/_allauth/app/v1/auth/provider/token",
            fields=lambda token: {
                "provider": "facebook",
                "process": "login",
                "token": {"client_id": APP_ID, "access_token": token},
            },
            credential="session_token",
        ),
        _peer(
            "view_2015",
            "social-auth-core",
            " (the view of 2015 on today's libraries)",
            tables=("auth_user", "social_auth_usersocialauth"),
            path="/social_sign_up/",
            status=201,
        ),
    ]


def _read_peers() -> list[Candidate]:
    """Return the peers of a read: one view in one project, each with other authentication, as published."""
    return [
        _read_peer("drf_authtoken", "djangorestframework", ", its own tokens, no rate limit"),
        _read_peer("drf_redis_throttle", "djangorestframework", ", its own tokens, and its throttle in Redis"),
        _read_peer("simplejwt", "djangorestframework-simplejwt", ", no rate limit"),
        _read_peer("knox", "django-rest-knox", ", no rate limit"),
        _read_peer("tastypie_api_key", "django-tastypie", ", its API keys, no rate limit", path="/api/user/"),
    ]


def _read_peer(name: str, distribution: str, note: str, *, path: str = "/user/") -> Candidate:
    return _peer(name, distribution, note, read_path=path, add_readers=("-m", "benchmarks.peers.project.readers"))


def _peer(
    name: str,
    distribution: str,
    note: str,
    *,
    lock: Path = REQUIREMENTS,
    tables: tuple[str, ...] = (),
    path: str = "",
    read_path: str = "",
    add_readers: tuple[str, ...] = (),
    fields: Callable[[str], Mapping[str, Any]] = _provider_and_token,
    status: int = 200,
    credential: str = "token",
    prepare: tuple[tuple[str, ...], ...] = (_MIGRATE,),
) -> Candidate:
    def environment(setup: Setup) -> dict[str, str]:
        settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.project.settings", "PEER": name}
        return {**_plain_environment(setup), **settings, "PROVIDER_APP_ID": APP_ID}

    return Candidate(
        name=name,
        title=f"{distribution} {version(distribution, lock)}{note}",
        python=lambda: str(installed(lock)),
        prepare=prepare,
        serve=partial(_gunicorn, _PEERS_APPLICATION),
        application=_PEERS_APPLICATION,
        environment=environment,
        read_path=read_path,
        add_readers=add_readers,
        path=path,
        fields=fields,
        status=status,
        credential=credential,
        tables=tables,
    )


def _plain_environment(setup: Setup) -> dict[str, str]:
    is_tls = setup.provider.startswith("https:")
    trusted = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), setup.bundle) if is_tls else {}
    redis = {"REDIS_URL": setup.redis_url} if setup.redis_url else {}
    return {"DATABASE_URL": setup.database_url, "PROVIDER_ORIGIN": setup.provider, **trusted, **redis}


def _gunicorn(application: str, setup: Setup) -> tuple[str, ...]:
    return (
        *("-m", "gunicorn", "--worker-class", "gthread", "--keep-alive", "75", "--log-level", "warning"),
        *("--workers", str(setup.workers or 1), "--threads", str(setup.threads or 1)),
        *("--bind", f"127.0.0.1:{setup.port}", application),
    )
