"""No answer, log line or row of the running service contains a planted secret (docs/threats.md, row 29)."""

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import requests
from django.conf import settings
from social_core.pipeline import DEFAULT_AUTH_PIPELINE

from tests.e2e.client import Api
from tests.e2e.databases import Database, new_database
from tests.e2e.servers import Service, free_port, running_service
from tests.leaks.canaries import Search, planted, planted_key
from tests.leaks.echoing_provider import BY_CODE, GOOD, PROVIDERS, echoing_provider, registrations
from tests.leaks.exchanges import Exchanges, calls, failures, no_http, sign_ups

pytestmark = [pytest.mark.e2e, pytest.mark.threat(29, 30, 31)]


@dataclass(frozen=True)
class Scenario:
    """The service after all exchanges."""

    service: Service
    database: Database
    exchanges: Exchanges
    keeps_tokens: bool
    has_failures: bool
    metrics_token: str

    @property
    def search(self) -> Search:
        """The values that no output may contain."""
        return self.exchanges.search


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgres, tokens kept, failures, DEBUG, json", marks=pytest.mark.postgres)],
)
def scenario(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenario]:
    """Run all exchanges at log level DEBUG: with everything on that shows more, and with none of it."""
    vendor, keeps_tokens = request.param.partition(",")[0], "kept" in request.param
    with new_database(vendor, tmp_path_factory.mktemp("leaks")) as database, echoing_provider() as providers:
        environment: dict[str, str] = {
            **providers,
            **{f"SOCIAL_AUTH_{name}_SECRET": planted("our-secret") for name in registrations()},
            # With this setting the whole provider response is stored, but still no token.
            **{f"SOCIAL_AUTH_{name}_GET_ALL_EXTRA_DATA": "true" for name in registrations()},
            "DATABASE_URL": _with_password(database.url),
            "SOCIAL_AUTH_PIPELINE": json.dumps([*DEFAULT_AUTH_PIPELINE, "tests.leaks.steps.fail"]),
            "SECRET_KEY": planted("secret-key"),
            "METRICS_TOKEN": (metrics_token := planted("metrics-token")),
            "REDIS_URL": f"redis://tandem:{_password('redis')}@127.0.0.1:{free_port()}/0",
            "WEB_CONCURRENCY": "1",
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": "json" if "json" in request.param else "text",
            "DEBUG": "1" if "DEBUG" in request.param else "0",
            "PROVIDER_TIMEOUT": "4",
            "THROTTLE_ANONYMOUS": "100000/min",
            "THROTTLE_USER": "100000/min",
            **({"PROVIDER_TOKEN_KEYS": f"{planted_key()},{planted_key()}"} if keeps_tokens else {}),
        }
        with running_service(None, **environment) as service:
            exchanges = Exchanges(Search())
            for prefix in settings.APIS.values():
                api = Api(service.url, prefix)
                if "failures" in request.param:
                    failures(exchanges, api)
                token = sign_ups(exchanges, api)
                calls(exchanges, api, token)
                no_http(exchanges, service, f"/{prefix}social_sign_up/")
            yield Scenario(service, database, exchanges, keeps_tokens, "failures" in request.param, metrics_token)


def _with_password(url: str) -> str:
    """Add a password to the URL; the server of the tests requires none."""
    return url.replace("postgres@", f"postgres:{_password('database')}@") if url.startswith("postgres") else url


def _password(kind: str) -> str:
    """Return a password that needs no escaping in a URL."""
    return re.sub("[^A-Za-z0-9-]", "", planted(kind))


def test_the_exchanges_cover_every_status_and_provider(scenario: Scenario) -> None:
    """The searches below would show nothing without all statuses, users of all providers and log lines."""
    of_providers = {502, 503, 504} if scenario.has_failures else set()
    statuses = scenario.exchanges.statuses()
    assert {200, 201, 204, 400, 401, 404, 405, 413, 415, *of_providers} <= set(statuses)
    assert scenario.has_failures == (500 in statuses)
    assert all(asked.endswith("bug") for asked in statuses.get(500, ())), "only planted bugs cause a 500"
    providers = {row[0] for row in scenario.database.rows("SELECT provider FROM social_auth_usersocialauth")}
    assert providers == set(PROVIDERS)
    assert {f"{name} code {kind}" for name in BY_CODE for kind in GOOD} <= set(statuses[201])
    log = scenario.service.log()
    assert log.count("tandem.access") > 150 * len(settings.APIS)
    assert "urllib3.connectionpool" in log
    assert "?[redacted]" in log
    assert re.search(r'DEBUG tandem|DEBUG urllib3|"level": "DEBUG"', log)


def test_no_answer_holds_a_secret(scenario: Scenario) -> None:
    """Neither the status line nor headers nor bodies hold a secret; only one answer holds the token that it issues."""
    assert scenario.exchanges.leaks() == []


def test_the_log_holds_no_secret(scenario: Scenario) -> None:
    """Neither standard output nor standard error holds a secret."""
    assert scenario.search.finds(scenario.service.log()) == []


def test_the_database_holds_no_secret(scenario: Scenario) -> None:
    """No column and no file holds a secret; provider tokens are encrypted or absent."""
    dump = _dump(scenario.database)
    assert b"social_auth_usersocialauth" in dump
    assert b"ripley@example.com" in dump
    assert (b"fernet:" in dump) == scenario.keeps_tokens
    assert scenario.search.finds(dump) == []


def test_the_front_page_and_health_hold_no_secret(scenario: Scenario) -> None:
    """The public pages hold no secret after the exchanges."""
    for path in ("/", "/livez", "/readyz", "/metrics", "/api/v2/openapi.yaml", "/api/v2/docs/"):
        answer = requests.get(scenario.service.url + path, timeout=60)
        assert scenario.search.finds(f"{answer.headers}{answer.text}") == []


def test_the_metrics_hold_no_secret(scenario: Scenario) -> None:
    """The labels hold no token, uid or name, and an invalid metrics token gets no metrics."""
    url = scenario.service.url + "/metrics"
    answer = requests.get(url, headers={"Authorization": f"Bearer {scenario.metrics_token}"}, timeout=60)
    assert answer.status_code == 200
    assert 'tandem_sign_ins_total{outcome="created",provider="github"' in answer.text
    assert 'result="token_rejected"' in answer.text or not scenario.has_failures
    assert scenario.search.finds(f"{answer.headers}{answer.text}") == []
    labels = {text for text in re.findall('="(.*?)"', answer.text) if not re.fullmatch(r"[0-9.]+|[+]Inf", text)}
    assert set(PROVIDERS) < labels
    assert not [text for text in labels if "ripley" in text or "4001" in text]
    refused = requests.get(url, headers={"Authorization": f"Bearer {planted('metrics-token')}"}, timeout=60)
    assert (refused.status_code, refused.content) == (401, b"")


def _dump(database: Database) -> bytes:
    if database.vendor == "sqlite":
        path = Path(database.url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(path)) as connection:
            text = "\n".join(connection.iterdump()).encode()
        return text + b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
    with psycopg.connect(database.url) as session:
        tables = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = [session.execute(f'SELECT t::text FROM "{name}" t'.encode()).fetchall() for (name,) in tables]  # noqa: S608 - its own tables
    text = repr(tables).encode() + repr(rows).encode()
    if program := shutil.which("pg_dump"):
        text += subprocess.run([program, database.url], capture_output=True, check=True).stdout  # noqa: S603 - see above
    return text
