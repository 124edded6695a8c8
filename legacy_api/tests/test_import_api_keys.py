"""`manage.py import_api_keys`: imported keys work on every version (docs/contract.md, section 2)."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from legacy_api.key_import import api_keys
from legacy_api.tests.conftest import LONG_AGO, Keys, Run
from social import tokens
from social.models import AccessToken
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import all_rows

pytestmark = pytest.mark.django_db

KEY = "204db7bcfafb2deb7506b89eb3b9b715b09905c8"
"""A key in Tastypie's format, the hexadecimal HMAC of a UUID."""
OTHER = "9d4e1e23bd5b727046a9e3b4b7db57bd8d6ee684"


def user(name: str = "ripley", **fields: Any) -> User:
    return User.objects.create(username=name, **fields)


def status(api: ApiClient, header: str) -> int:
    return int(api.get("user/", headers={"Authorization": header}).status_code)


@pytest.mark.parametrize("form", ["ApiKey ripley:{}", "Bearer {}", "Token {}"])
def test_imported_key_works(keys: Keys, run: Run, api: ApiClient, form: str) -> None:
    """A key works in every form of the header on every version, once it is imported."""
    keys.add(user(), KEY)
    assert status(api, form.format(KEY)) == 401
    assert run() == (0, "1 keys: 1 imported, 0 already imported, 0 no longer valid, 0 not imported.\n")
    assert status(api, form.format(KEY)) == 200
    assert status(api, form.format(OTHER)) == 401


def test_stored_values(keys: Keys, run: Run) -> None:
    """The digest, the creation time and `imported` are stored; Tastypie's table is unchanged."""
    ripley, start = user(), timezone.now()
    keys.add(ripley, KEY)
    keys.add(user("hicks"), OTHER, created=None)
    run()
    row, other = AccessToken.objects.order_by("pk")
    assert (row.user_id, row.digest, row.created) == (ripley.pk, tokens.digest_of(KEY), LONG_AGO)
    assert (row.imported, row.expires_at) == (True, None)
    assert start <= row.last_used <= timezone.now()
    assert other.created == other.last_used
    assert KEY not in str(list(AccessToken.objects.values()))
    assert list(api_keys().values_list("key", flat=True)) == [KEY, OTHER]


def test_second_run(keys: Keys, run: Run) -> None:
    """A second run imports only new keys and writes nothing else."""
    keys.add(user(), KEY)
    run()
    before = all_rows()
    assert run() == (0, "1 keys: 0 imported, 1 already imported, 0 no longer valid, 0 not imported.\n")
    assert all_rows() == before
    keys.add(user("hicks"), OTHER)
    assert run()[1].startswith("2 keys: 1 imported, 1 already imported,")


@pytest.mark.parametrize("path", ["token/current/", "token/{}/"])
def test_revoked_key_stays_revoked(keys: Keys, run: Run, api: ApiClient, path: str) -> None:
    """The next run does not import a revoked key again, although the table still has it."""
    keys.add(user(), KEY)
    run()
    path = path.format(AccessToken.objects.get().pk)
    assert api.delete(path, token=KEY).status_code == 204
    assert run() == (0, "1 keys: 0 imported, 0 already imported, 1 no longer valid, 0 not imported.\n")
    assert_error(api.get("user/", token=KEY), "invalid_credentials")


def test_refused_keys_are_listed_without_the_key(keys: Keys, run: Run, api: ApiClient) -> None:
    """A refused key is listed by row, user and reason; others are imported; the exit code is 1."""
    refused: list[tuple[Any, str | None, str]] = [
        (user("dallas"), "", "it is empty"),
        (user("kane"), None, "it is empty"),
        (4711, "0" * 40, "its user is gone"),
        (user("parker"), "of two words and more", "no Authorization header can carry it"),
        (user("lambert"), "schlüssel-der-lambert-gehört", "no Authorization header can carry it"),
        (user("ash"), "k" * 256, "no Authorization header can carry it"),
        (user("brett"), OTHER, "another user has the same key"),
        (user("jones"), OTHER, "another user has the same key"),
    ]
    for owner, key, _ in refused:
        keys.add(owner, key)
    keys.add(user(), KEY)
    code, output = run()
    lines = output.splitlines()
    assert code == 1
    assert lines[: len(refused)] == [
        f"row {row} (user {getattr(owner, 'pk', owner)}): not imported, {why}"
        for row, (owner, _, why) in enumerate(refused, 1)
    ]
    assert lines[len(refused) :] == [
        "9 keys: 1 imported, 0 already imported, 0 no longer valid, 8 not imported.",
        "2 not imported: it is empty.",
        "1 not imported: its user is gone.",
        "3 not imported: no Authorization header can carry it.",
        "2 not imported: another user has the same key.",
        "5 keys that clients may use are not valid here: their users have to sign in again.",
    ]
    assert not any(key in output for _, key, _ in refused if key)
    assert AccessToken.objects.get().digest == tokens.digest_of(KEY)
    assert [status(api, f"ApiKey {name}:{OTHER}") for name in ("brett", "jones")] == [401, 401]


def test_unusable_keys_are_not_lost_keys(keys: Keys, run: Run) -> None:
    """An empty key, and the key of a deleted user, do not change the exit code."""
    keys.add(user(), "")
    keys.add(4711, KEY)
    assert run()[0] == 0


def test_key_of_a_second_user(keys: Keys, run: Run, api: ApiClient) -> None:
    """An imported key stays with its user; the same key of a second user is refused."""
    keys.add(user(), KEY)
    run()
    hicks = user("hicks")
    keys.add(hicks, KEY)
    code, output = run()
    assert code == 1
    assert f"row 2 (user {hicks.pk}): not imported, another user has the same key" in output
    assert [status(api, f"ApiKey {name}:{KEY}") for name in ("ripley", "hicks")] == [200, 401]


def test_short_keys(keys: Keys, run: Run, api: ApiClient) -> None:
    """A short key is imported, and every run warns about it."""
    keys.add(user(), "a" * 21)
    keys.add(user("hicks"), "b" * 22)
    for _ in range(2):
        code, output = run()
        assert code == 0
        assert "row 1 (user 1): shorter than 22 characters, it can be guessed" in output.replace(
            f"user {User.objects.get(username='ripley').pk}", "user 1"
        )
        assert "row 2" not in output
        assert "1 are so short that they can be guessed" in output
    assert status(api, "Bearer " + "a" * 21) == 200


def test_an_inactive_users_key(keys: Keys, run: Run, api: ApiClient) -> None:
    """An inactive user's key is imported, and refused until the user is active again."""
    keys.add(user(is_active=False), KEY)
    assert run()[0] == 0
    assert status(api, f"ApiKey ripley:{KEY}") == 401
    User.objects.update(is_active=True)
    assert status(api, f"ApiKey ripley:{KEY}") == 200


def test_dry_run(keys: Keys, run: Run) -> None:
    """A dry run writes nothing and prints the same, except for "would be"."""
    keys.add(user(), KEY)
    keys.add(user("hicks"), "a b")
    before = all_rows()
    dry = run("--dry-run")
    assert all_rows() == before
    assert (dry[0], dry[1].replace("would be ", "")) == run()


def test_import_revokes_no_token(keys: Keys, run: Run, api: ApiClient, settings: Any) -> None:
    """The import may exceed TOKENS_PER_USER; the next sign-in revokes the least recently used tokens."""
    settings.TOKENS_PER_USER = 2
    ripley = user()
    given_before = [tokens.issue(user=ripley).value for _ in range(2)]
    keys.add(ripley, KEY)
    run()
    assert [status(api, f"Bearer {value}") for value in [*given_before, KEY]] == [200, 200, 200]
    tokens.issue(user=ripley)
    assert [status(api, f"Bearer {value}") for value in [*given_before, KEY]] == [401, 401, 200]


def test_end_missing(keys: Keys, run: Run, api: ApiClient) -> None:
    """--end-missing revokes imported keys that were replaced or deleted in the table, and no other tokens."""
    people = [user(name) for name in ("ripley", "hicks", "newt")]
    for number, person in enumerate(people, 1):
        keys.add(person, f"{number}" * 40)
    own = tokens.issue(user=people[0]).value
    run()
    keys.execute("DELETE FROM tastypie_apikey WHERE id = 2")
    keys.execute('UPDATE tastypie_apikey SET "key" = %s WHERE id = 1', [KEY])
    assert run()[1].startswith("2 keys: 1 imported,")
    assert [status(api, "Bearer " + f"{number}" * 40) for number in (1, 2, 3)] == [200, 200, 200]
    assert "2 imported keys would be revoked: no longer in the table." in run("--end-missing", "--dry-run")[1]
    assert "2 imported keys were revoked: no longer in the table." in run("--end-missing", "--batch-size=1")[1]
    assert [status(api, "Bearer " + f"{number}" * 40) for number in (1, 2, 3)] == [401, 401, 200]
    assert [status(api, f"Bearer {value}") for value in (KEY, own)] == [200, 200]
    assert "0 imported keys were revoked" in run("--end-missing")[1]


def test_end_missing_compares_each_key_with_its_own_user(keys: Keys, run: Run, api: ApiClient) -> None:
    """A key that was given to another user no longer signs its former owner in."""
    ripley, hicks = user("ripley"), user("hicks")
    keys.add(ripley, KEY)
    keys.add(hicks, OTHER)
    run()
    keys.execute("DELETE FROM tastypie_apikey WHERE user_id = %s", [ripley.pk])
    keys.execute('UPDATE tastypie_apikey SET "key" = %s WHERE user_id = %s', [KEY, hicks.pk])
    assert "2 imported keys were revoked" in run("--end-missing")[1]
    assert status(api, f"Bearer {KEY}") == 401


def test_end_missing_with_an_empty_table(keys: Keys, run: Run, api: ApiClient) -> None:
    """--end-missing refuses to revoke all keys if the table is empty."""
    keys.add(user(), KEY)
    run()
    keys.execute("DELETE FROM tastypie_apikey")
    code, output = run("--end-missing")
    assert code == 2
    assert output == "The table tastypie_apikey is empty: --end-missing would revoke every imported key.\n"
    assert status(api, f"Bearer {KEY}") == 200


def test_table_of_a_custom_model(run: Run, api: ApiClient) -> None:
    """With TASTYPIE_ABSTRACT_APIKEY the table has another name, and a user may have several keys."""
    keys, ripley = Keys("accounts_apikey"), user()
    for key in (KEY, OTHER, KEY):
        keys.add(ripley, key)
    code, output = run("--table=accounts_apikey", "--end-missing")
    assert code == 0
    assert output.splitlines() == [
        "3 keys: 2 imported, 1 already imported, 0 no longer valid, 0 not imported.",
        "0 imported keys were revoked: no longer in the table.",
    ]
    assert [status(api, f"Bearer {key}") for key in (KEY, OTHER)] == [200, 200]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "There is no table tastypie_apikey: the keys must be in the database that is migrated."),
        (("--table=auth_user",), "The table auth_user has no column created, key, user_id: it holds no keys."),
        (("--table=x; DROP TABLE auth_user",), "There is no table x; DROP TABLE auth_user: the keys must be in"),
        (("--batch-size=0",), "--batch-size must be at least 1."),
    ],
)
def test_misuse(run: Run, options: tuple[str, ...], message: str) -> None:
    """A wrong option prints one line and exits with 2."""
    code, output = run(*options)
    assert code == 2
    assert output.startswith(message)
    assert output.count("\n") == 1
