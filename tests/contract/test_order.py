"""docs/contract.md, section 1, order of checks: the rule that answers a request that breaks two."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.contract.answers import assert_error, assert_wrong_host
from tests.contract.conftest import ApiClient
from tests.contract.users import all_rows, link, person
from tests.providers import Providers, json_answer

EVIL = {"HTTP_HOST": "evil.example.com"}
BAD = {"Authorization": "Basic nonsense"}
GOOD = {"Authorization": "Bearer {token}"}
TEXT = {"Content-Type": "text/plain"}
LARGE = b'{"provider":' + b" " * 70_000
NO_JSON = b"{"
REQUIRED = "This field is required."
NUMBER = "Give one whole number from 0 to 100."


@dataclass
class Row:
    """A request that breaks at least two rules, and the answer of the first."""

    method: str
    path: str
    code: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    environ: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] | None = None
    allow: str | None = None


READ = "GET, HEAD, OPTIONS"
ROWS = {
    "host before path": Row("GET", "nothing/", "invalid_request", environ=EVIL),
    "host before OPTIONS": Row("OPTIONS", "provider/", "invalid_request", environ=EVIL),
    "host before method": Row("PUT", "provider/", "invalid_request", environ=EVIL),
    "host before credentials": Row("GET", "user/?api_key=x", "invalid_request", headers=BAD, environ=EVIL),
    "host before body": Row("POST", "social_sign_up/", "invalid_request", body=LARGE, environ=EVIL),
    "path before OPTIONS": Row("OPTIONS", "nothing/", "not_found"),
    "path before method": Row("BREW", "nothing/", "not_found"),
    "path before key in the URL": Row("GET", "nothing/?api_key=x", "not_found"),
    "path before bad credentials": Row("GET", "nothing/", "not_found", headers=BAD),
    "path before media type": Row("POST", "nothing/", "not_found", headers=TEXT, body=LARGE),
    "method before key in the URL": Row("PUT", "user/?api_key=x", "method_not_allowed", allow=READ),
    "method before bad credentials": Row("PUT", "provider/", "method_not_allowed", headers=BAD, allow=READ),
    "method before missing credentials": Row("POST", "user/", "method_not_allowed", allow=READ),
    "method before media type": Row("POST", "user/", "method_not_allowed", headers=TEXT, body=b"x", allow=READ),
    "method before size": Row("POST", "user/", "method_not_allowed", body=LARGE, allow=READ),
    "method before a detail": Row("PUT", "user/0/", "method_not_allowed", headers=GOOD, allow=READ),
    "key in the URL before bad credentials": Row("GET", "user/?api_key=x", "credentials_in_url", headers=BAD),
    "key in the URL before missing credentials": Row("GET", "user/?api_key=x", "credentials_in_url"),
    "key in the URL on a public path": Row("GET", "provider/?api_key=x&limit=x", "credentials_in_url"),
    "key in the URL with good credentials": Row("GET", "user/?api_key={token}", "credentials_in_url", headers=GOOD),
    "key in the URL before media type": Row(
        "POST", "social_sign_up/?api_key=x", "credentials_in_url", headers=TEXT, body=LARGE
    ),
    "key in the URL before a detail": Row("DELETE", "token/0/?api_key=x", "credentials_in_url", headers=GOOD),
    "bad credentials before missing ones": Row("GET", "user/", "invalid_credentials", headers=BAD),
    "bad credentials before media type": Row(
        "POST", "social_sign_up/", "invalid_credentials", headers={**BAD, **TEXT}, body=b"x"
    ),
    "bad credentials before size": Row("POST", "social_sign_up/", "invalid_credentials", headers=BAD, body=LARGE),
    "bad credentials before JSON": Row("POST", "social_sign_up/", "invalid_credentials", headers=BAD, body=NO_JSON),
    "bad credentials before parameters": Row("GET", "provider/?limit=x", "invalid_credentials", headers=BAD),
    "bad credentials before a detail": Row("GET", "user/0/", "invalid_credentials", headers=BAD),
    "missing credentials before parameters": Row("GET", "user/?limit=x", "not_authenticated"),
    "missing credentials before a detail": Row("DELETE", "social_account/0/", "not_authenticated"),
    "media type before size": Row("POST", "social_sign_up/", "unsupported_media_type", headers=TEXT, body=LARGE),
    "encoding before size": Row(
        "POST", "social_sign_up/", "unsupported_media_type", headers={"Content-Encoding": "gzip"}, body=LARGE
    ),
    "media type before JSON": Row("POST", "social_sign_up/", "unsupported_media_type", headers=TEXT, body=NO_JSON),
    "size before JSON": Row("POST", "social_sign_up/", "payload_too_large", body=LARGE),
    "JSON before fields": Row("POST", "social_sign_up/", "invalid_json", body=b'{"provider":null,"x":NaN}'),
    "JSON before an unknown provider": Row(
        "POST", "social_sign_up/", "invalid_json", body=b'{"provider":"nobody","x":1,"x":1}'
    ),
    "an unknown provider before token fields": Row(
        "POST", "social_sign_up/", "unknown_provider", body=b'{"provider":"nobody","access_token":7,"nonce":7}'
    ),
    "an unknown provider before missing fields": Row(
        "POST", "social_sign_up/", "unknown_provider", body=b'{"provider":"nobody"}'
    ),
    "a malformed provider with the other fields": Row(
        "POST", "social_sign_up/", "invalid_request", body=b'{"provider":7,"first_name":7}',
        fields={"provider": "Not a valid string.", "access_token": REQUIRED, "first_name": "Not a valid string."},
    ),
    "fields before the provider is asked": Row(
        "POST", "social_sign_up/", "invalid_request", body=b'{"provider":"facebook","access_token":"t","first_name":7}',
        fields={"first_name": "Not a valid string."},
    ),
    "the provider after all": Row(
        "POST", "social_sign_up/", "token_rejected", body=b'{"provider":"facebook","access_token":"t"}'
    ),
    "parameters of a list": Row("GET", "token/?limit=x", "invalid_request", headers=GOOD, fields={"limit": NUMBER}),
    "a detail after all": Row("GET", "token/0/", "not_found", headers={**GOOD, **TEXT}),
    "404 of a detail before 409": Row("DELETE", "social_account/0/", "not_found", headers=GOOD),
    "409 of a detail": Row("DELETE", "social_account/{account}/", "last_login_method", headers=GOOD),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_first_broken_rule_decides_the_answer(api: ApiClient, providers: Providers, row: Row) -> None:
    """The order of the contract decides the answer, and nothing is written."""
    ripley = person()
    account = link(ripley.user)
    providers.answers("facebook", json_answer(400, {"error": {"message": "no"}}))
    before = all_rows()
    path = row.path.format(token=ripley.token, account=account.pk)
    headers = {name: value.format(token=ripley.token) for name, value in row.headers.items()}
    headers = {**({"Content-Type": "application/json"} if row.body else {}), **headers}
    response = api.call(row.method, path, headers=headers, data=row.body, **row.environ)
    if row.environ is EVIL:
        assert_wrong_host(response)
    else:
        assert_error(response, row.code, fields=row.fields, allow=row.allow)
    assert all_rows() == before
    assert len(providers.calls) == (1 if row.code == "token_rejected" else 0)
