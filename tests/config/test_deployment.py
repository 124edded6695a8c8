"""The production environment in docs/operators.md passes the deployment checks, and each part of it is needed."""

import re
import secrets
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.test import override_settings

from config import checks, environment
from config.database import database
from tests import SECRET_KEY
from tests.e2e.servers import ROOT, run_to_end, running_service

pytestmark = pytest.mark.threat(33)

MANUAL = ROOT / "docs" / "operators.md"
TITLE = "The smallest production environment:\n\n"
PLACEHOLDER = "…"


def documented() -> dict[str, str]:
    """Return the documented smallest production environment, with its placeholders filled in."""
    text = MANUAL.read_text(encoding="utf-8")
    block = text.partition(TITLE)[2].partition("\n\n")[0]
    found = dict(re.findall(r"(?:^| )([A-Z][A-Z0-9_]+)=(\S+)", block, flags=re.MULTILINE))
    return {name: value.replace(PLACEHOLDER, secrets.token_urlsafe(48)) for name, value in found.items()}


def check(environment: dict[str, str]) -> tuple[int, str]:
    """Run `check --deploy` with this environment alone."""
    own = {"DJANGO_SETTINGS_MODULE": "config.settings", **environment}
    ended = run_to_end("django", own, "check", "--deploy", "--fail-level", "WARNING")
    return ended.returncode, ended.stdout + ended.stderr


def test_the_documented_production_has_no_issues() -> None:
    """It has the required variables, and the checks report nothing."""
    environment = documented()
    assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "SOCIAL_AUTH_FACEBOOK_SECRET"} <= set(environment)
    assert check(environment) == (0, "System check identified no issues (4 silenced).\n")


@pytest.mark.parametrize(
    "printed",
    [
        {"SECRET_KEY": "SECRET_KEY is not set"},
        {
            "ALLOWED_HOSTS": "config.W002",
            "TRUSTED_PROXIES": "config.W001",
            "HSTS_SECONDS": "security.W004",
            "SOCIAL_AUTH_GOOGLE_OAUTH2_SECRET": "social.E002",
        },
    ],
    ids=["read first", "checked"],
)
def test_each_variable_is_needed(printed: dict[str, str]) -> None:
    """Without it the settings, or a check of its own, report an error."""
    status, output = check({name: value for name, value in documented().items() if name not in printed})
    assert status != 0
    assert [text for text in printed.values() if text not in output] == []


def test_each_silenced_check_would_report() -> None:
    """A silenced check that reports nothing now could hide a fault later."""
    with override_settings(SILENCED_SYSTEM_CHECKS=[], SECURE_HSTS_SECONDS=3600, THROTTLE_ANONYMOUS="60/minute"):
        ids = {message.id for message in run_checks(tags=[Tags.security], include_deployment_checks=True)}
    assert set(settings.SILENCED_SYSTEM_CHECKS) <= ids


WEAK_KEYS = ["x", "changeme", "a" * 64, "abcd" * 16, SECRET_KEY[:49], "django-insecure-" + SECRET_KEY]
REDIS_URLS = {
    "redis://cache/0": {"config.W006"},
    "redis://:password@192.0.2.1:6379/0": {"config.W006"},
    "rediss://cache/0?ssl_cert_reqs=none": {"config.W006"},
    "rediss://cache/0?ssl_cert_reqs=optional": {"config.W006"},
    "rediss://cache/0?ssl_check_hostname=false": {"config.W006"},
    "rediss://cache/0": set(),
    "rediss://cache/0?ssl_cert_reqs=required&ssl_ca_certs=/etc/ca.pem&ssl_check_hostname=True": set(),
    "redis://localhost/0": set(),
    "redis://[::1]/0": set(),
    "unix:///run/redis.sock": set(),
    "": set(),
}


@pytest.mark.parametrize(
    ("changed", "ids"),
    [
        ({"TRUSTED_PROXIES": 0}, {"config.W001"}),
        ({"ALLOWED_HOSTS": ["api.example.com", "*"]}, {"config.W002"}),
        ({"ALLOWED_HOSTS": ["localhost", "127.0.0.1"]}, {"config.W002"}),
        ({"ALLOWED_HOSTS": ["localhost", "api.example.com"]}, set()),
        ({"THROTTLE_ANONYMOUS": None}, {"config.W003"}),
        ({"THROTTLE_USER": None}, {"config.W003"}),
        ({"SANDBOX": True}, {"config.W004"}),
        ({"DEBUG": True}, {"config.W008"}),
        ({"DEBUG": True, "ALLOWED_HOSTS": ["localhost", "api.example.com"]}, {"config.W008"}),
        ({"DEBUG": True, "ALLOWED_HOSTS": ["localhost"]}, {"config.W002"}),
        ({"CORS_ALLOWED_ORIGINS": ["https://a.example.com", "http://app.example.com"]}, {"config.W009"}),
        ({"CORS_ALLOWED_ORIGINS": ["http://localhost", "http://[::1]:80", "capacitor://localhost"]}, set()),
        *(({"SECRET_KEY": key}, {"config.E001"}) for key in WEAK_KEYS),
        ({"SECRET_KEY": "changeme", "SANDBOX": True}, {"config.W004"}),
        *(({"REDIS_URL": url}, found) for url, found in REDIS_URLS.items()),
        ({"BIND": "127.0.0.2,::1"}, set()),
        ({"BIND": "127.0.0.1,10.0.0.1"}, {"config.W007"}),
        ({"BIND": "::"}, {"config.W007"}),
    ],
    ids=str,
)
def test_our_checks_of_a_deployment(changed: dict[str, object], ids: set[str]) -> None:
    """Each fault has its own id."""
    in_order = {"TRUSTED_PROXIES": 1, "THROTTLE_ANONYMOUS": "60/minute", "THROTTLE_USER": "600/minute"}
    with override_settings(**{**in_order, **changed}):
        messages = run_checks(tags=[Tags.security], include_deployment_checks=True)
    assert {str(message.id) for message in messages if str(message.id).startswith("config.")} == ids


@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("postgres://tandem:secret@db.example.com/tandem", ["config.W005"]),
        ("postgres://192.0.2.1/tandem?sslmode=prefer", ["config.W005"]),
        ("postgres://db/tandem?sslmode=require", ["config.W005"]),
        ("postgres:///tandem?host=db", ["config.W005"]),
        ("postgres:///tandem?host=localhost,db", ["config.W005"]),
        ("postgres://db/tandem?sslmode=verify-ca&sslrootcert=/etc/ca.pem", []),
        ("postgres://db/tandem?sslmode=verify-full&sslrootcert=/etc/ca.pem", []),
        ("postgres:///tandem", []),
        ("postgres://%2Frun%2Fpostgresql/tandem", []),
        ("postgres://127.0.0.1:5432/tandem", []),
        ("postgres://[::1]/tandem", []),
        ("sqlite:////tmp/db.sqlite3", []),
    ],
)
def test_a_database_elsewhere_needs_tls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, ids: list[str]
) -> None:
    """Verified TLS, except on this machine."""
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setitem(settings.DATABASES, "default", database(tmp_path))
    assert [message.id for message in checks._database_tls()] == ids


@pytest.mark.e2e
def test_tls_ends_at_the_proxy(tmp_path: Path) -> None:
    """Requests by TLS get HSTS on every version; plain HTTP is answered and never redirected."""
    database = f"sqlite:///{tmp_path}/db.sqlite3"
    with running_service(None, database_url=database, TRUSTED_PROXIES="1", HSTS_SECONDS="3600") as service:
        for path in ["livez", "readyz", "", *(prefix + "provider/" for prefix in settings.APIS.values())]:
            for proto, sent in (("https", "max-age=3600"), ("http", None), ("", None)):
                answer = requests.get(
                    f"{service.url}/{path}", headers={"X-Forwarded-Proto": proto}, allow_redirects=False, timeout=30
                )
                assert (answer.status_code, answer.headers.get("Strict-Transport-Security")) == (200, sent), path


@pytest.mark.e2e
@pytest.mark.threat(10)
def test_without_a_proxy_its_headers_are_ignored(tmp_path: Path) -> None:
    """Also from this machine, which gunicorn would trust by default."""
    given = {"X-Forwarded-Proto": "https", "X-Forwarded-SSL": "off", "SCRIPT_NAME": "/evil", "PATH_INFO": "/livez"}
    with running_service(None, database_url=f"sqlite:///{tmp_path}/db.sqlite3", HSTS_SECONDS="3600") as service:
        for prefix in settings.APIS.values():
            plain, answer = (
                requests.get(f"{service.url}/{prefix}", headers=headers, timeout=30) for headers in ({}, given)
            )
            assert (answer.status_code, answer.content) == (200, plain.content)
            assert set(answer.headers) == set(plain.headers)
            assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("name", ["KEY", "SECRET", "CLIENT", "TEAM", "APP_ID", "CLIENT_IDS", "NATIVE_CLIENT_ID"])
def test_ids_of_digits_are_text(name: str) -> None:
    """A client id of digits, as Facebook's are, is not read as a JSON number."""
    variable = f"SOCIAL_AUTH_FACEBOOK_{name}"
    assert environment.social_auth({variable: "1042"}) == {variable: "1042"}
