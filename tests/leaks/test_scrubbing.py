"""`scrub` for an operator's error reporter (docs/threats.md, row 29)."""

from typing import Any

import pytest

from config.error_reports import SENSITIVE_NAMES, scrub
from tests.leaks.canaries import Search, planted

pytestmark = pytest.mark.threat(29)


def event() -> dict[str, Any]:
    """Return an event as Sentry's SDK builds it (https://develop.sentry.dev/sdk/data-model/event-payloads/)."""
    secret = planted("token")
    frame = {"filename": "social/sign_up.py", "function": "sign_up", "lineno": 7, "context_line": "raise error"}
    frames = [{**frame, "vars": {"url": secret, "kwargs": {"some": [secret]}, "self": secret}}]
    error = {"type": "RuntimeError", "module": "builtins", "value": secret, "stacktrace": {"frames": frames}}
    url = f"https://graph.facebook.com/me?access_token={secret}"
    return {
        "level": "error",
        "exception": {"values": [error, {**error, "mechanism": {"type": "chained", "data": {"token": secret}}}]},
        "request": {
            "method": "POST",
            "url": f"https://api.example.com/api/v2/social_sign_up/?api_key={secret}",
            "query_string": f"api_key={secret}",
            "data": {"provider": "facebook", "anything": secret},
            "cookies": {"sessionid": secret},
            "headers": {"Authorization": f"Bearer {secret}", "X-Other": secret},
            "env": {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": secret},
        },
        "breadcrumbs": {
            "values": [
                {"type": "http", "category": "httplib", "data": {"url": url, "http.query": secret, "method": "GET"}},
                {"type": "log", "category": "tests", "level": "error", "message": f"it failed: {secret}"},
                {"message": f'"GET /me?access_token={secret} HTTP/1.1" 200', "category": "urllib3.connectionpool"},
            ]
        },
        "contexts": {"celery-job": {"args": [], "kwargs": {"id_token": secret, "my_secret": secret}}},
        "extra": {"sys.argv": ["manage.py", secret], "DATABASE_URL": secret, "dsn": secret, "API_KEY": secret},
        "spans": [{"op": "http.client", "description": f"GET {url}", "data": {"http.query": secret, "url": url}}],
        "logentry": {"message": "it is at redis://tandem:%s", "params": [f"redis://:{secret}@cache/0"]},
    }


def test_an_event_is_scrubbed() -> None:
    """Secrets are removed by place, by name and by format; the rest of the event is kept."""
    assert Search().finds(repr(event()))
    scrubbed = scrub(event(), {"exc_info": None})
    assert Search().finds(repr(scrubbed)) == []
    [first, _] = scrubbed["exception"]["values"]
    assert first["type"] == "RuntimeError"
    assert first["stacktrace"]["frames"][0]["context_line"] == "raise error"
    assert scrubbed["request"]["url"] == "https://api.example.com/api/v2/social_sign_up/?[redacted]"
    assert scrubbed["request"]["method"] == "POST"
    assert scrubbed["breadcrumbs"]["values"][0]["data"]["method"] == "GET"


@pytest.mark.parametrize("name", SENSITIVE_NAMES)
def test_a_value_with_a_sensitive_name_is_withheld(name: str) -> None:
    """A value with a sensitive name is withheld at any depth, in any case, whatever its type."""
    for given in (name, name.upper(), name.title()):
        for value in (planted("value"), [planted("value")], {"a": planted("value")}, 7):
            assert scrub({"extra": [{given: value}]}) in (
                {"extra": [{given: "[withheld]"}]},
                {"extra": [{}]},
            )


def test_sensitive_names_include_all_secret_fields() -> None:
    """The list has every secret field of a sign-up, in lower case as reporters compare names."""
    assert {"access_token", "access_token_secret", "id_token", "nonce", "authorization"} <= set(SENSITIVE_NAMES)
    assert all(name == name.lower() for name in SENSITIVE_NAMES)
