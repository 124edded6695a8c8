"""Who has an account cannot be found out through `ApiKey user:key` (docs/threats.md, row 32)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from social import tokens
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import Person, person

pytestmark = [pytest.mark.django_db, pytest.mark.threat(32)]

UNKNOWN = "x" * 43


@pytest.fixture
def people() -> dict[str, Person]:
    """The attacker, who has a token, and others, whom the attacker would like to know of."""
    found = {name: person(name) for name in ("attacker", "ripley", "inactive", "expired")}
    found["inactive"].user.is_active = False
    found["inactive"].user.save()
    found["expired"].row.expires_at = timezone.now() - timedelta(days=1)
    found["expired"].row.save()
    return found


def observed(api: ApiClient, header: str, path: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return everything by which two answers could be told apart: bytes, headers, SQL statements, digests computed."""
    digested: list[str] = []
    digest_of = tokens.digest_of

    def counting(token: str) -> str:
        digested.append(token)
        return digest_of(token)

    with CaptureQueriesContext(connection) as captured, monkeypatch.context() as patch:
        patch.setattr(tokens, "digest_of", counting)
        response = api.get(path, headers={"Authorization": header})
    assert_error(response, "invalid_credentials")
    statements = [query["sql"].replace(digest_of(digested[0]), "DIGEST") for query in captured]
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    return response.content, headers, statements, len(digested)


@pytest.mark.parametrize("path", ["user/", "provider/", "token/current/"])
@pytest.mark.parametrize("key", ["unknown", "of the attacker", "of an inactive user", "expired"])
def test_the_name_changes_nothing(
    api: ApiClient, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch, key: str, path: str
) -> None:
    """Not a byte of the answer, not a statement, not a digest more or less, whatever key comes with the name."""
    value = {
        "unknown": UNKNOWN,
        "of the attacker": people["attacker"].token,
        "of an inactive user": people["inactive"].token,
        "expired": people["expired"].token,
    }[key]
    seen = [
        observed(api, f"ApiKey {name}:{value}", path, monkeypatch)
        for name in ("ripley", "nobody", "inactive", "Ripley", "expired", "x" * 150)
    ]
    assert all(one == seen[0] for one in seen)
    [_, _, statements, digests] = seen[0]
    assert (len(statements), digests) == (1, 1)
    assert "ripley" not in statements[0], "no user is looked for by the name that was given"


def test_the_key_changes_no_statement(
    api: ApiClient, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look-up by the digest, whether or not there is such a key, and whosever it is."""
    keys = (UNKNOWN, people["attacker"].token, people["inactive"].token, people["expired"].token)
    seen = [observed(api, f"ApiKey ripley:{key}", "user/", monkeypatch) for key in keys]
    assert all(one == seen[0] for one in seen)


def test_a_forgotten_name_is_no_different(
    api: ApiClient, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of somebody who has been here and is gone."""
    before = observed(api, f"ApiKey ripley:{UNKNOWN}", "user/", monkeypatch)
    people["ripley"].user.delete()
    assert observed(api, f"ApiKey ripley:{UNKNOWN}", "user/", monkeypatch) == before
