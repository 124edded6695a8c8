"""docs/contract.md, section 1, order of checks, 0 to 10: the rules around the rate limits."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import override_settings

from tests.contract.answers import assert_error, assert_wrong_host
from tests.contract.users import all_rows, person
from tests.limits.conftest import Callers

BAD = {"Authorization": "Bearer nonsense"}
LONG = {"Authorization": "apikey" + " " * 8100 + "x"}
GOOD = {"Authorization": "Bearer {token}"}
TEXT = {"Content-Type": "text/plain"}


@dataclass
class Row:
    """A call from an address, or by a user, above the limit, and the expected answer."""

    spent: str
    method: str
    path: str
    code: str | int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    more: dict[str, Any] = field(default_factory=dict)
    allow: str | None = None


READ = "GET, HEAD, OPTIONS"
ROWS = {
    "host first": Row("address", "POST", "social_sign_up/", "invalid_request", more={"HTTP_HOST": "evil.example.com"}),
    "path first": Row("address", "POST", "nowhere/", "not_found", BAD),
    "OPTIONS first": Row("address", "OPTIONS", "social_sign_up/", 204, BAD),
    "method first": Row("address", "PUT", "social_sign_up/", "method_not_allowed", BAD, allow="POST, OPTIONS"),
    "key in the URL first": Row("address", "POST", "social_sign_up/?api_key=x", "credentials_in_url", BAD),
    "key in the URL first, on a public path": Row("address", "GET", "provider/?api_key=x", "credentials_in_url", BAD),
    "before bad credentials": Row("address", "GET", "user/", "throttled", BAD),
    "before long credentials": Row("address", "GET", "user/", "throttled", LONG),
    "before bad credentials, on a public path": Row("address", "GET", "provider/", "throttled", BAD),
    "before bad credentials, at the root": Row("address", "HEAD", "", "throttled", BAD),
    "before bad credentials of a sign-up": Row("address", "POST", "social_sign_up/", "throttled", BAD),
    "not where credentials are missing": Row("address", "GET", "user/", "not_authenticated"),
    "before the media type": Row("address", "POST", "social_sign_up/", "throttled", TEXT, b"x"),
    "before the size": Row("address", "POST", "social_sign_up/", "throttled", body=b" " * 70_000),
    "before JSON": Row("address", "POST", "social_sign_up/", "throttled", body=b"{"),
    "before an unknown provider": Row("address", "POST", "social_sign_up/", "throttled", body=b'{"provider":"x"}'),
    "not on a public path": Row("address", "GET", "provider/?limit=x", "invalid_request"),
    "not for good credentials": Row("address", "GET", "user/0/", "not_found", GOOD),
    "not for good credentials of a sign-up": Row("address", "POST", "social_sign_up/", "invalid_json", GOOD, b"{"),
    "user: path first": Row("user", "GET", "nowhere/", "not_found", GOOD),
    "user: method first": Row("user", "PUT", "user/", "method_not_allowed", GOOD, allow=READ),
    "user: OPTIONS first": Row("user", "OPTIONS", "user/", 204, GOOD),
    "user: key in the URL first": Row("user", "GET", "user/?api_key=x", "credentials_in_url", GOOD),
    "user: before the media type": Row("user", "POST", "social_sign_up/", "throttled", {**GOOD, **TEXT}, b"x"),
    "user: before the size": Row("user", "POST", "social_sign_up/", "throttled", GOOD, b" " * 70_000),
    "user: before JSON": Row("user", "POST", "social_sign_up/", "throttled", GOOD, b"{"),
    "user: before parameters": Row("user", "GET", "token/?limit=x", "throttled", GOOD),
    "user: before a detail": Row("user", "DELETE", "token/0/", "throttled", GOOD),
    "user: HEAD like GET": Row("user", "HEAD", "user/", "throttled", GOOD),
    "user: not on a public path": Row("user", "GET", "provider/", 200, GOOD),
    "user: not at the root": Row("user", "GET", "", 200, GOOD),
    "user: not without credentials": Row("user", "GET", "user/", "not_authenticated"),
    "user: not with bad ones": Row("user", "GET", "user/", "invalid_credentials", BAD),
    "user: not as nobody": Row("user", "POST", "social_sign_up/", "invalid_json", body=b"{"),
}  # fmt: skip


@override_settings(THROTTLE_ANONYMOUS="2/minute", THROTTLE_USER="2/minute")
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_first_broken_rule_decides_the_answer(callers: Callers, row: Row) -> None:
    """Every mounted API gives the same answer, and nothing is written."""
    ripley = person()
    if row.spent == "address":
        assert callers.statuses(3) == [400, 400, 429]
    else:
        spending = [callers.call("GET", "user/", "192.0.2.1", token=ripley.token).status_code for _ in range(3)]
        assert spending == [200, 200, 429]
    before = all_rows()
    headers = {name: value.format(token=ripley.token) for name, value in row.headers.items()}
    if row.body:
        headers = {"Content-Type": "application/json", **headers}
    for _ in callers.apis:
        response = callers.call(row.method, row.path, headers=headers, data=row.body, **row.more)
        if isinstance(row.code, int):
            assert response.status_code == row.code
        elif "HTTP_HOST" in row.more:
            assert_wrong_host(response)
        elif row.path == "provider/?limit=x":
            assert_error(response, row.code, fields={"limit": "Give one whole number from 0 to 100."})
        else:
            assert_error(response, row.code, allow=row.allow)
    assert all_rows() == before
