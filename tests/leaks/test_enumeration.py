"""`ApiKey user:key` does not reveal which usernames exist (docs/threats.md, row 32)."""

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
    """Return the attacker, who has a token, and other users whose existence the attacker wants to learn."""
    found = {name: person(name) for name in ("attacker", "ripley", "inactive", "expired")}
    found["inactive"].user.is_active = False
    found["inactive"].user.save()
    found["expired"].row.expires_at = timezone.now() - timedelta(days=1)
    found["expired"].row.save()
    return found


def observed(api: ApiClient, header: str, path: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return all that could differ between two answers: bytes, headers, SQL statements, digests computed."""
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
def test_the_username_changes_neither_answer_nor_work(
    api: ApiClient, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch, key: str, path: str
) -> None:
    """With any key, the answer, the statements and the number of digests are the same for every username."""
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
    assert "ripley" not in statements[0], "no user is looked up by the given name"


def test_the_key_does_not_change_the_statements(
    api: ApiClient, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The digest is looked up once, whether the key exists or not, and whoever its user is."""
    keys = (UNKNOWN, people["attacker"].token, people["inactive"].token, people["expired"].token)
    seen = [observed(api, f"ApiKey ripley:{key}", "user/", monkeypatch) for key in keys]
    assert all(one == seen[0] for one in seen)


def test_a_deleted_username_has_the_same_answer(
    api: ApiClient, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The username of a deleted user gets the same answer as before."""
    before = observed(api, f"ApiKey ripley:{UNKNOWN}", "user/", monkeypatch)
    people["ripley"].user.delete()
    assert observed(api, f"ApiKey ripley:{UNKNOWN}", "user/", monkeypatch) == before
