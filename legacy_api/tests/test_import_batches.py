"""`manage.py import_api_keys` in batches: interrupted, repeated, with random tables."""

import io
import sys
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from legacy_api import key_import
from legacy_api.key_import import api_keys
from legacy_api.tests.conftest import Keys, Run
from social import tokens
from social.models import AccessToken

pytestmark = pytest.mark.django_db


def user(name: str) -> User:
    return User.objects.create(username=name)


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_interrupted_run(keys: Keys, run: Run, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """An interrupted run leaves whole batches; the next run imports the other keys."""
    for number in range(5):
        keys.add(user(f"user-{number}"), f"{number}" * 40)
    batches = iter([True, False])
    create = AccessToken.objects.bulk_create

    def until_ctrl_c(*args: Any, **options: Any) -> Any:
        made = create(*args, **options)
        if not next(batches):
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(AccessToken.objects, "bulk_create", until_ctrl_c)
    code, output = run(f"--batch-size={batch}")
    assert (code, output) == (
        130,
        "Interrupted. The keys imported so far are valid. Run the command again for the others.\n",
    )
    assert AccessToken.objects.count() == batch
    monkeypatch.undo()
    assert run(f"--batch-size={batch}")[1].startswith(f"5 keys: {5 - batch} imported, {batch} already imported,")


def test_progress_bar(keys: Keys, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The progress bar is shown only if standard error is a terminal."""
    keys.add(user("ripley"), "a" * 40)
    written = {}
    for is_terminal in (True, False):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda is_terminal=is_terminal: is_terminal)
        monkeypatch.setattr(sys, "stderr", stream)
        run()
        written[is_terminal] = stream.getvalue()
    assert "0/1 [" in written[True]
    assert written[False] == ""


def test_statements_of_a_batch(keys: Keys, run: Run) -> None:
    """The number of statements of a batch does not depend on its size."""
    costs = set()
    for number in (1, 20, 80):
        people = User.objects.bulk_create(User(username=f"user-{number}-{one}") for one in range(number))
        for person in people:
            keys.add(person, f"{person.pk:040}")
        with CaptureQueriesContext(connection) as captured:
            assert len(*key_import.import_keys(api_keys(), batch_size=200)) >= number
        costs.add(len(captured))
    assert len(costs) == 1, costs


SOME_KEYS = st.sampled_from([None, "", "a b", "é", *(letter * 40 for letter in "abcdef")])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    rows=st.lists(st.tuples(st.integers(1, 4), SOME_KEYS), max_size=12),
    batch_sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3),
)
def test_random_tables(keys: Keys, rows: list[tuple[int, str | None]], batch_sizes: list[int]) -> None:
    """The import adds each key that a header can carry and exactly one existing user has, once, in any batches."""
    keys.execute("DELETE FROM tastypie_apikey")
    User.objects.all().delete()
    known = {number: user(f"user-{number}").pk for number in (1, 2, 3)}
    owners: dict[str, set[int]] = {}
    for number, key in rows:
        owner = known.get(number, 4711)
        keys.add(owner, key)
        owners.setdefault(key or "", set()).add(owner)
    expected = {
        (tokens.digest_of(key), owner)
        for key, (owner, *others) in owners.items()
        if len(key) == 40 and not others and owner != 4711
    }
    for size in batch_sizes:
        list(key_import.import_keys(api_keys(), batch_size=size))
        assert set(AccessToken.objects.values_list("digest", "user_id")) == expected
