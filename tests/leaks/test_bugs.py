"""The message and variables of an unexpected exception reach no client and no log (docs/threats.md, row 29)."""

import io
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.test import Client, override_settings
from django.views.debug import get_exception_reporter_class

from tests.contract.answers import assert_error
from tests.contract.conftest import HOST, ApiClient
from tests.contract.users import PROFILES, person
from tests.leaks.canaries import Search, planted, planted_key
from tests.providers import Providers

pytestmark = [pytest.mark.django_db, pytest.mark.threat(29)]

BREAKS = (
    "social.identify.limit_concurrency",
    "social.network.transport._send",
    "social_core.backends.facebook.FacebookOAuth2.get_user_details",
    "social.engine.strategy.StatelessStrategy.run",
    "social.engine.pipeline.taken_among",
    "social.provider_token_storage.encrypt",
    "social.tokens.issue",
    "social.representations.sign_in",
    "social_django.models.UserSocialAuth.save",
)
FOR_NEW_USERS = {"social.tokens.issue", "social.engine.pipeline.taken_among"}
SECRETS = {
    "SECRET_KEY": planted("secret-key"),
    "PROVIDER_TOKEN_KEYS": [planted_key()],
    "REDIS_URL": f"redis://:{planted('redis')}@localhost/0",
    "SOCIAL_AUTH_FACEBOOK_SECRET": planted("registration"),
    "SOCIAL_AUTH_FACEBOOK_CLIENT_IDS": [planted("client")],
    "EMAIL_HOST_PASSWORD": planted("mail"),
    "DATABASE_URL": f"postgres://tandem:{planted('database')}@db/tandem",
    "CACHES": {"default": {"LOCATION": f"redis://:{planted('cache')}@cache/0", "OPTIONS": {"PASSWORD": planted("c")}}},
}


class PlantedError(Exception):
    """An exception with secrets in its message, notes, causes and variables."""


def breaking(secret: str) -> Any:
    """Return a function that raises with its arguments in the message."""

    def breaks(*args: Any, **kwargs: Any) -> Any:
        variable, nested = secret, {"some": [secret, args, kwargs]}  # noqa: F841 - they are there to be shown
        try:
            raise KeyError(secret, args)
        except KeyError as error:
            error.add_note(secret)
            failure = PlantedError(secret, args, kwargs)
            failure.add_note(f"note: {secret}")
            raise failure from ExceptionGroup(secret, [error, ValueError(secret)])

    return breaks


@pytest.fixture
def reports() -> Iterator[list[str]]:
    """Return the error reports that Django would send: as HTML and as text."""
    made: list[str] = []

    def receive(request: Any, **kwargs: Any) -> None:
        assert sys.exc_info()[0] is not None
        make: Any = get_exception_reporter_class(request)
        reporter = make(request, *sys.exc_info())
        made.extend([reporter.get_traceback_html(), reporter.get_traceback_text()])

    got_request_exception.connect(receive)
    yield made
    got_request_exception.disconnect(receive)


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
@pytest.mark.parametrize("broken", BREAKS)
def test_a_bug_in_a_sign_up_reveals_no_secret(
    api: ApiClient,
    providers: Providers,
    monkeypatch: pytest.MonkeyPatch,
    log: io.StringIO,
    reports: list[str],
    broken: str,
    debug: bool,
) -> None:
    """Neither the answer nor the log nor Django's error report holds a secret, wherever the bug is."""
    fields = providers.knows("facebook", planted("access-token"), **PROFILES["facebook"])
    ripley = person()
    search = Search()
    search.note(ripley.token)
    path = f"social_sign_up/?q={planted('query')}"
    headers = {"Cookie": f"sessionid={planted('cookie')}", "Referer": f"https://example.com/?{planted('referer')}"}
    with override_settings(DEBUG=debug, **SECRETS), monkeypatch.context() as patch:
        patch.setattr(broken, breaking(planted("bug")))
        token = None if broken in FOR_NEW_USERS else ripley.token
        response = api.post(path, fields, token=token, headers=headers)
        assert_error(response, "internal_error")
    assert len(reports) == 2
    for text in (log.getvalue(), *reports):
        assert "PlantedError" in text, "the kind of the error is shown"
        assert "in breaks" in text or ", breaks" in text, "the place of the error is shown"
    outputs = {"answer": f"{response.headers}{response.content!r}", "log": log.getvalue(), "reports": "".join(reports)}
    assert {name: search.finds(text) for name, text in outputs.items()} == {name: [] for name in outputs}


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
@pytest.mark.parametrize("path", ["/", "/readyz", "/{secret}", "/nowhere/?api_key={secret}"])
def test_a_bug_in_a_page_reveals_no_secret(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO, reports: list[str], path: str, debug: bool
) -> None:
    """Django's own error pages hold no secret, also under DEBUG."""
    client = Client(SERVER_NAME=HOST, raise_request_exception=False, headers={"Authorization": planted("header")})
    with override_settings(DEBUG=debug, **SECRETS), monkeypatch.context() as patch:
        patch.setattr("config.front.render", breaking(planted("bug")))
        patch.setattr("config.health.KEPT_FOR", 0)
        patch.setattr("config.health.MigrationExecutor", breaking(planted("bug")))
        response = client.generic("GET", path.format(secret=planted("url")), query_params={"q": planted("query")})
    assert response.status_code == (500 if path in {"/", "/readyz"} else 404)
    assert not debug or response.status_code == 404 or b"PlantedError" in response.content
    assert Search().finds(f"{response.headers}") == []
    assert Search().finds(response.content) == []
    assert Search().finds(log.getvalue()) == []
    assert Search().finds("".join(reports)) == []


def test_an_error_report_keeps_what_is_needed_to_debug(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch, reports: list[str]
) -> None:
    """The report has the path, the method, types of variables, source lines and settings that are not secret."""
    monkeypatch.setattr("social.service.list_providers", breaking(planted("bug")))
    api.get("provider/")
    for report in reports:
        for part in (f"{api.prefix}provider/", "GET", "PlantedError", "test_bugs.py", "TIME_ZONE"):
            assert part in report
    assert "&lt;str&gt;" in reports[0]
