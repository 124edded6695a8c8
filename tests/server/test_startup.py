"""Errors that prevent the start: one line that names the variable, and no traceback."""

import errno
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from runpy import run_path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from server.checks import _unapplied_within
from server.start import MAX_FILES
from tests import SECRET_KEY
from tests.e2e.databases import TABLES, Database, empty_postgres
from tests.e2e.servers import ROOT, Service, free_port, killable_service, migrating_service, run_to_end, running_service

pytestmark = pytest.mark.e2e

TIMEOUT = 60
"""Seconds; a busy machine needs some to import Django."""
USUAL = 1024
"""The soft limit of open files on most systems."""
ENABLED = {
    "SOCIAL_PROVIDERS": "facebook",
    "SOCIAL_AUTH_FACEBOOK_KEY": "key",
    "SOCIAL_AUTH_FACEBOOK_SECRET": "secret",
}


def refusal(folder: Path, **environment: str) -> str:
    """Start the server with a configuration error and return what it prints."""
    variables = {
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "PORT": str(free_port()),
        **environment,
    }
    ended = run_to_end("server", variables)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    assert "Tandem does not start. " in ended.stderr
    return ended.stderr


def read_settings() -> None:
    """Read the settings of Django and of gunicorn from the environment, as a new process does."""
    for file in ("config/settings.py", "server/gunicorn_settings.py"):
        run_path(str(ROOT / file))


def test_a_management_command_prints_one_line_too() -> None:
    """With exit code 2: with 1 some commands report a result."""
    ended = run_to_end("manage", {"SECRET_KEY": SECRET_KEY, "LEDGER_DAYS": "some"}, "migration_status")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("LEDGER_DAYS is ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),  # read by gunicorn's settings
        ("SOCIAL_AUTH_FACEBOOK_SCOPE", "[broken"),  # read by Django's settings
        ("PROVIDER_TOKEN_KEYS", "not-a-fernet-key"),  # read by a check
    ],
)
def test_a_value_that_cannot_be_read_names_its_variable(tmp_path: Path, name: str, value: str) -> None:
    """The operator reads which variable to correct, whatever is wrong with its value."""
    printed = refusal(tmp_path, **{name: value})
    assert printed.startswith("Tandem does not start. ")
    assert name in printed
    assert printed.count("\n") == 1


@pytest.mark.threat(29)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_CONCURRENCY", "many"),
        ("WEB_CONCURRENCY", "0"),
        ("SOCIAL_AUTH_FACEBOOK_SCOPE", "[broken"),
        ("BIND", ""),
        ("BIND", "api.example.com"),
        ("BIND", "127.0.0.1:8000"),
        ("BIND", "127.0.0.1,somewhere"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("THREADS", "1.5"),
        ("THREADS", "0"),
        ("MAX_REQUESTS", "-1"),
        ("DEBUG", "yes"),
        ("LOG_LEVEL", "LOUD"),
        ("DATABASE_URL", "mysql://localhost/tandem"),
        ("DATABASE_URL", "mysql://tandem:canary@db/tandem"),
        ("DATABASE_URL", "postgres://tandem:canary@db:none/tandem"),
        ("DATABASE_URL", "postgres://:port/"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://:canary/canary@cache:6379/0"),
        ("REDIS_URL", "redis://:canary@cache:canary/0"),
        ("REDIS_URL", "redis://:4711/canary@cache:6379/0"),
        ("REDIS_URL", "redis://:4711?canary@cache:6379/0"),
        ("REDIS_URL", "redis://:4711#canary@cache:6379/0"),
        ("DATABASE_URL", "postgres://tandem:4711/canary@db/tandem"),
        ("DATABASE_URL", "postgres://tandem:4711#canary@db/tandem"),
        ("DATABASE_POOL_SIZE", "eight"),
        ("DATABASE_POOL_SIZE", "0"),
        ("SANDBOX", "true"),
        ("PROVIDER_HOSTS", "{"),
        ("PROVIDER_HOSTS", "[]"),
        ("PROVIDER_HOSTS", '{"graph.facebook.com": "http://127.0.0.1:9100"}'),
        ("PROVIDER_HOSTS", '{"https://graph.facebook.com": "http://10.0.0.1:9100"}'),
        ("PROVIDER_HOSTS", '{"https://graph.facebook.com": "https://graph.example.com"}'),
        ("PROVIDER_HOSTS", '{"https://graph.facebook.com": 9100}'),
        ("PROVIDER_TIMEOUT", "soon"),
        ("PROVIDER_TIMEOUT", "0"),
        ("PROVIDER_TIMEOUT", "nan"),
        ("PROVIDER_TIMEOUT", "inf"),
        ("PROVIDER_CONCURRENCY", "0"),
        ("PROVIDER_CONCURRENCY", "some"),
        ("PASSWORD_COUNTS_AS_LOGIN", "maybe"),
        ("TOKEN_TTL", "0"),
        ("TOKEN_TTL", "-1"),
        ("TOKEN_TTL", "a while"),
        ("TOKENS_PER_USER", "0"),
        ("TOKENS_PER_USER", "1e3"),
        ("RECENT_SIGN_IN", ""),
        ("RECENT_SIGN_IN", "0"),
        ("RECENT_SIGN_IN", "5min"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "all"),
        ("HSTS_SECONDS", "a year"),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "api.example.com,a b"),
        ("LOG_FORMAT", "xml"),
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("CORS_ALLOWED_ORIGINS", "https://app.example.com/"),
        ("CLIENT_HEADER", "X Client"),
        ("ADMIN_THROTTLE", "off"),
        ("LEDGER_FLUSH_SECONDS", "0"),
        ("LEDGER_CLIENTS", "0"),
        ("LAST_CALL_DAYS", "a year"),
        ("V1_DEPRECATED_AT", "soon"),
        ("V1_SUNSET_AT", "2027-06-30"),
        ("V1_GUIDE_URL", "example.com"),
        ("V1_BROWNOUTS", "2027-01-10T10:00:00Z"),
        ("METRICS_TOKEN", "too-short"),
        ("METRICS_TOKEN", "a" * 32),
        *(
            ("SOCIAL_AUTH_SPOTIFY_ACCEPT_UNVERIFIED", value)
            for value in ("True", "false", "yes", '"1"', "[1]", " 1", "01")
        ),
        ("SOCIAL_AUTH_GITLAB_GROUPS_ENABLED", "False"),
        ("SOCIAL_AUTH_GITLAB_GROUPS_ENABLED", "no"),
    ],
)
def test_every_setting_is_read_as_strictly(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The settings refuse it with a message of one line without a password; the server prints it (the test above)."""
    for other in set(os.environ) - {"PATH"}:
        monkeypatch.delenv(other)
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as refused:
        read_settings()
    assert name in str(refused.value)
    assert re.search("\n|canary|4711", str(refused.value)) is None


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("https://api.example.com", "api.example.com"),
        ("https://api.example.com/api/v2/", "api.example.com"),
        ("api.example.com:8000", "api.example.com"),
        ("api.example.com/", "api.example.com"),
        ("::1", "[::1]"),
        ("http://[::1]:8000", "[::1]"),
        ("*.example.com", ".example.com"),
        ("a host", "a name such as api.example.com"),
    ],
)
def test_a_url_is_no_host(monkeypatch: pytest.MonkeyPatch, value: str, host: str) -> None:
    """Django would compare it with each request's Host and refuse them all; the error has the right value."""
    monkeypatch.setenv("ALLOWED_HOSTS", f"localhost,{value}")
    with pytest.raises(ImproperlyConfigured, match=re.escape(f"ALLOWED_HOSTS: {value!r} is no host: give {host}, ")):
        read_settings()


@pytest.mark.parametrize("value", ["*", ".example.com", "api.example.com", "10.0.0.1", "[::1]", "localhost, a_b.c"])
def test_hosts_are_read_as_django_compares_them(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Names, names with their subdomains, addresses, and any."""
    monkeypatch.setenv("ALLOWED_HOSTS", value)
    assert run_path(str(ROOT / "config" / "settings.py"))["ALLOWED_HOSTS"] == value.split(", ")


@pytest.mark.parametrize(("value", "read"), [("1", True), ("0", False), ("", False)])
def test_unverified_tokens_are_accepted_with_1(monkeypatch: pytest.MonkeyPatch, value: str, read: bool) -> None:
    """It is a switch like the others."""
    monkeypatch.setenv("SOCIAL_AUTH_SPOTIFY_ACCEPT_UNVERIFIED", value)
    found = run_path(str(ROOT / "config" / "settings.py"))["SOCIAL_AUTH_SPOTIFY_ACCEPT_UNVERIFIED"]
    assert found is read


@pytest.mark.parametrize("value", ["", None])
def test_a_secret_key_is_required(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """There is no default, which everybody would know."""
    monkeypatch.delenv("SECRET_KEY")
    if value is not None:
        monkeypatch.setenv("SECRET_KEY", value)
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        read_settings()


def test_a_weak_secret_key_is_refused(tmp_path: Path) -> None:
    """The server does not start, and commands do nothing; the key is not repeated."""
    printed = refusal(tmp_path, **ENABLED, SECRET_KEY="changeme")
    assert "config.E001: SECRET_KEY " in printed
    assert "changeme" not in printed
    variables = {"SECRET_KEY": "changeme", "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    ended = run_to_end("manage", variables, "migration_status")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "config.E001" in ended.stderr


@pytest.mark.threat(70)
@pytest.mark.parametrize("metrics", [{}, {"METRICS_TOKEN": "a-token-for-prometheus"}], ids=["no metrics", "metrics"])
def test_no_directory_of_the_operators_is_changed(tmp_path: Path, metrics: dict[str, str]) -> None:
    """A refused start, a worker that ends, and a stop leave what PROMETHEUS_MULTIPROC_DIR names as it is."""
    kept = tmp_path / "kept"
    kept.mkdir()
    for name in ("notes.txt", "counter_123.db"):
        (kept / name).write_bytes(b"some")
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(kept), **metrics}

    def files() -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in kept.iterdir()}

    before = files()
    refusal(tmp_path, SECRET_KEY="changeme", **environment)
    assert files() == before
    with running_service(None, **environment) as service:
        (worker,) = service.workers
        os.kill(worker, signal.SIGKILL)
        until = time.monotonic() + TIMEOUT
        while worker in service.workers or not service.workers:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert files() == before
    assert files() == before


@pytest.mark.threat(2, 6, 29, 42)
def test_every_error_of_the_checks_is_printed(tmp_path: Path) -> None:
    """One line for each: what would let someone in, or disable a check, prevents the start.

    tests/social/test_checks.py has the values for which each check reports its error.
    """
    environment = {
        **ENABLED,
        "SOCIAL_PROVIDERS": "facebook,myspace,twitter",
        "SOCIAL_AUTH_FACEBOOK_KEY": "   ",
        "SOCIAL_AUTH_TWITTER_KEY": "key",
        "SOCIAL_AUTH_TWITTER_SECRET": "",
        "SOCIAL_AUTH_PIPELINE": '["social_core.pipeline.social_auth.associate_by_email"]',
        "SOCIAL_AUTH_VERIFY_SSL": "0",
        "SOCIAL_AUTH_FACEBOOK_VERIFY_SSL": "nowhere.pem",
        "PROVIDER_HOSTS": '{"https://graph.facebook.com": "http://127.0.0.1:9100/facebook"}',
        "CLIENT_HEADER": "Authorization",
        "V1_SUNSET_AT": "2027-06-30T00:00:00Z",
        "WEB_CONCURRENCY": "2",
        "GUNICORN_CMD_ARGS": "--bind 0.0.0.0:8000 --forwarded-allow-ips=*",
    }
    printed = refusal(tmp_path, **environment).removeprefix("Tandem does not start. ").splitlines()
    for beginning, words in {
        "social.E001": ("'myspace'", "google-oauth2"),  # the hint lists the known ones
        "social.E002: SOCIAL_AUTH_FACEBOOK_KEY is not set": (),
        "social.E002: SOCIAL_AUTH_TWITTER_SECRET is not set": (),
        "social.E003": (),
        "social.E006": ("PROVIDER_HOSTS",),
        "social.E012: SOCIAL_AUTH_VERIFY_SSL ": (),
        "social.E012: SOCIAL_AUTH_FACEBOOK_VERIFY_SSL ": (),
        "rollout.E001": ("V1_DEPRECATED_AT",),
        "rollout.E002": (),
        "GUNICORN_CMD_ARGS": (),
        "WEB_CONCURRENCY is 2": ("REDIS_URL",),
    }.items():
        (line,) = [line for line in printed if line.startswith(beginning)]
        assert all(word in line for word in words), line
    assert len(printed) == 11


@pytest.mark.threat(42)
def test_the_sandbox_requires_loopback_hosts_and_no_settings_of_production(tmp_path: Path) -> None:
    """Other hosts would let anyone sign in as anyone; behind a proxy every client looks like this machine."""
    production = {"ALLOWED_HOSTS": "localhost,api.example.com", "TRUSTED_PROXIES": "1", "HSTS_SECONDS": "3600"}
    printed = refusal(tmp_path, **ENABLED, SANDBOX="1", **production)
    assert [name for name in ("social.E007", *production) if name not in printed] == []
    assert "social.E014" in printed


@pytest.mark.parametrize("name", ["SOCIAL_AUTH_VERIFY_SSL", "SOCIAL_AUTH_FACEBOOK_VERIFY_SSL"])
@pytest.mark.parametrize(
    ("value", "read"),
    [("1", True), ("true", True), ("0", False), ("false", False), ("/etc/tandem/bundle.pem", "/etc/tandem/bundle.pem")],
)
def test_certificates_are_verified_with_1(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, read: bool | str
) -> None:
    """`1` and `0` switch it; any other value is the path of a certificate bundle."""
    monkeypatch.setenv(name, value)
    found = run_path(str(ROOT / "config" / "settings.py"))[name]
    assert (type(found), found) == (type(read), read)


def test_a_database_in_memory_is_refused(tmp_path: Path) -> None:
    """It would be migrated in this process, and be empty in the workers."""
    assert "DATABASE_URL names no file" in refusal(tmp_path, **ENABLED, DATABASE_URL="sqlite://:memory:")


@pytest.mark.threat(29)
@pytest.mark.parametrize("option", ["no_such_option=canary", "socket_timeout=canary"])
def test_a_wrong_option_of_redis_is_an_error(tmp_path: Path, option: str) -> None:
    """Each request would fail with it; the package's message is not repeated."""
    printed = refusal(tmp_path, **ENABLED, REDIS_URL=f"redis://:canary@127.0.0.1:{free_port()}/0?{option}")
    assert printed.startswith("Tandem does not start. REDIS_URL has an option ")
    assert "canary" not in printed


def test_a_database_that_is_silent_once_connected_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A paused pooler accepts connections; the limits of the connection itself end once it is open."""
    monkeypatch.setattr("config.health.unapplied_migrations", lambda: time.sleep(TIMEOUT))
    with pytest.raises(TimeoutError):
        _unapplied_within(1)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_a_port_in_use_is_an_error(tmp_path: Path) -> None:
    """It is reported before gunicorn retries to bind it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        printed = refusal(tmp_path, **ENABLED, PORT=str(port))
    assert printed == f"Tandem does not start. Port {port} is taken. Set PORT to a free one.\n"


def test_an_address_of_another_machine_is_an_error(tmp_path: Path) -> None:
    """It is reported before gunicorn retries to bind it."""
    port = str(free_port())
    printed = refusal(tmp_path, **ENABLED, BIND="127.0.0.1,192.0.2.1", PORT=port)
    warning, error = printed.splitlines()
    assert "config.W007" in warning
    assert error.startswith(f"Tandem does not start. The server cannot listen on 192.0.2.1, port {port}: ")


@pytest.mark.threat(41)
@pytest.mark.parametrize(
    ("proxies", "consequence"), [("1", "forge X-Forwarded-For"), ("0", "cross the network in clear")]
)
def test_listening_elsewhere_is_a_warning(proxies: str, consequence: str) -> None:
    """It says what a client can do that reaches the service without a proxy."""
    with override_settings(BIND="0.0.0.0, [::1]", TRUSTED_PROXIES=int(proxies)):
        (warning,) = [found for found in run_checks() if found.id == "config.W007"]
    assert warning.msg.startswith("BIND is 0.0.0.0, [::1]: ")
    assert consequence in f"{warning.msg} {warning.hint}"


def listening(service: Service) -> set[str]:
    """Return the addresses on which the service listens."""
    found = set()
    for file, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path("/proc/net", file).read_text(encoding="ascii").splitlines()[1:]:
            (address, port), state = line.split()[1].split(":"), line.split()[3]
            if int(port, 16) == service.address[1] and state == "0A":
                words = [bytes.fromhex(address[i : i + 8])[::-1] for i in range(0, len(address), 8)]
                found.add(socket.inet_ntop(family, b"".join(words)))
    return found


@pytest.mark.postgres
def test_a_database_that_refuses_the_connection_is_another_error(tmp_path: Path) -> None:
    """It answers, so the network is not the cause; PostgreSQL's message may have the user's name."""
    with empty_postgres() as database:
        printed = refusal(tmp_path, **ENABLED, DATABASE_URL=f"{database.url}_canary")
    assert re.fullmatch(
        r"Tandem does not start\. The database of DATABASE_URL, \S+, refuses the connection: psql with the same URL, "
        r"and the database's log, show the reason\.\n",
        printed,
    )


@pytest.mark.threat(29)
@pytest.mark.parametrize("silent", [False, True], ids=["refuses", "silent"])
def test_a_database_that_does_not_answer_is_an_error(tmp_path: Path, silent: bool) -> None:
    """The message has its host and not the URL, which holds a password; a silent server is given up after seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1] if silent else free_port()
        began = time.monotonic()
        printed = refusal(tmp_path, **ENABLED, DATABASE_URL=f"postgres://tandem:canary@127.0.0.1:{port}/tandem")
    kind = "ConnectionTimeout" if silent else "OperationalError"
    assert printed == (
        f"Tandem does not start. The database of DATABASE_URL, 127.0.0.1:{port}, does not answer: {kind}.\n"
    )
    assert time.monotonic() - began < TIMEOUT


@pytest.mark.postgres
def test_postgresql_is_migrated_by_hand(tmp_path: Path) -> None:
    """Several machines share it: the server changes nothing, and names the command to run."""
    with empty_postgres() as database:
        printed = refusal(tmp_path, **ENABLED, DATABASE_URL=database.url)
        assert "unapplied migrations" in printed
        assert "make migrate" in printed
        assert database.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


@pytest.mark.threat(41)
def test_a_start_by_default(tmp_path: Path) -> None:
    """SQLite is created and migrated; only this machine reaches the service, through a proxy or not.

    The default limit of open files, of shells and of systemd, is too low for a thousand connections: it is raised.
    """
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert most > USUAL
    database = tmp_path / "new.sqlite3"
    with ExitStack() as kept:
        resource.setrlimit(resource.RLIMIT_NOFILE, (USUAL, most))
        try:
            url = f"sqlite:///{database}"
            service = kept.enter_context(migrating_service(database_url=url, **ENABLED))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))
        assert listening(service) == {"127.0.0.1"}
        limits = {resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in service.pids}
        assert limits == {(min(most, MAX_FILES), most)}
        log = service.log()
        port = service.address[1]
    (line,) = [line for line in log.splitlines() if "tandem.server" in line]
    assert re.fullmatch(
        r"\S+Z INFO tandem\.server \[-\] Tandem starts: version=[0-9.]+ "
        rf"address=127\.0\.0\.1:{port} processes=1 threads=128 providers=facebook "
        rf"database=sqlite database_host={database} database_answers=yes redis=none",
        line,
    )
    assert "config.W007" not in log
    assert "Traceback" not in log
    assert Database("sqlite", f"sqlite:///{database}").counts() == dict.fromkeys(TABLES, 0)


@pytest.mark.threat(41)
def test_warnings_are_printed(tmp_path: Path) -> None:
    """An accepted risk is printed at every start and does not prevent it; BIND decides who reaches the service.

    With LOG_FORMAT=json each line is an object, from the first warning to the stop. Ctrl-C, which a terminal sends to
    all processes, leaves no traceback.
    """
    accepted = {
        "SOCIAL_PROVIDERS": "spotify",
        "SOCIAL_AUTH_SPOTIFY_KEY": "k",
        "SOCIAL_AUTH_SPOTIFY_SECRET": "s",
        "SOCIAL_AUTH_SPOTIFY_ACCEPT_UNVERIFIED": "1",
        "BIND": "0.0.0.0, [::1]",
        "REDIS_URL": f"redis://:canary@127.0.0.1:{free_port()}/0",
        "WEB_CONCURRENCY": "1",
        "LOG_FORMAT": "json",
    }
    with killable_service(None, database_url=f"sqlite:///{tmp_path}/db.sqlite3", **accepted) as service:
        assert listening(service) == {"0.0.0.0", "::1"}  # noqa: S104 - what it warns of
        os.killpg(service.process.pid, signal.SIGINT)
        assert service.process.wait(TIMEOUT) == 0
        log = service.log()
    assert "canary" not in log
    lines = [json.loads(line) for line in log.splitlines()]
    messages = [line["message"] for line in lines]
    assert all(line["time"].endswith("Z") and {"level", "logger", "request_id"} <= line.keys() for line in lines)
    for beginning in (
        "Tandem warns. config.W007: BIND is 0.0.0.0: ",
        "Tandem warns. social.W002: SOCIAL_AUTH_SPOTIFY_ACCEPT_UNVERIFIED",
        "Tandem warns. Redis of REDIS_URL, 127.0.0.1:",
        "Tandem starts: ",
    ):
        assert len([message for message in messages if message.startswith(beginning)]) == 1, messages
    (started,) = [line for line in lines if line["message"].startswith("Tandem starts")]
    assert (started["redis_answers"], started["database"], started["providers"]) == ("no", "sqlite", "spotify")
    assert (lines[-1]["reason"], lines[-1]["uptime_seconds"] >= 0) == ("SIGINT", True)


def test_nothing_listens_before_the_checks_have_passed(tmp_path: Path) -> None:
    """A proxy is refused, and asks another server; a signal ends the start at once, and leaves nothing behind."""
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        variables = {
            "SECRET_KEY": SECRET_KEY,
            "DATABASE_URL": f"postgres://tandem@127.0.0.1:{silent.getsockname()[1]}/tandem",
            "PORT": str(port),
            "METRICS_TOKEN": "a-token-for-the-metrics",
            "TMPDIR": str(tmp_path),
        }
        with subprocess.Popen([sys.executable, "-m", "server"], cwd=ROOT, env=variables) as process:
            silent.settimeout(TIMEOUT)
            asking, _ = silent.accept()
            with asking, socket.socket() as client:
                assert client.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED
                assert [path.name[:15] for path in tmp_path.glob("tandem-metrics-*")] == ["tandem-metrics-"]
                process.send_signal(signal.SIGTERM)
                assert process.wait(TIMEOUT) == -signal.SIGTERM
                asking.settimeout(TIMEOUT)
                while asking.recv(1024):  # the worker's end of the connection closes with the worker
                    pass
    assert list(tmp_path.iterdir()) == []


def test_a_start_loads_the_application_once() -> None:
    """The first worker, which serves, has run the checks; and nothing loads what only the OpenAPI document needs."""
    with running_service(None, **ENABLED, PYTHONPROFILEIMPORTTIME="1") as service:
        loaded = Counter(re.findall(r"^import time:.*\| +(\S+)$", service.log(), re.MULTILINE))
    assert loaded["django.contrib.auth.base_user"] == 1
    assert loaded["drf_spectacular"] == loaded["django.test"] == 0


def test_the_sandbox_starts_with_loopback_hosts_and_any_secret_key(tmp_path: Path) -> None:
    """All three loopback names are accepted; the key protects nothing: anyone on this machine can sign in as anyone."""
    weak = {"SANDBOX": "1", "SECRET_KEY": "x", "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]"}
    with running_service(None, database_url=f"sqlite:///{tmp_path}/db.sqlite3", **ENABLED, **weak) as service:
        assert service.url
