"""The counts as a whole, on a candidate of which they are known by reading it, and a crowd that is what it says."""

import os
from contextlib import ExitStack

import psycopg
import pytest

from benchmarks import databases, run
from benchmarks.candidates import APP_ID, sign_ins, yardstick
from benchmarks.databases import PATTERN, multiply
from benchmarks.load import in_sequence
from benchmarks.measurements import counts
from benchmarks.provider import running_provider
from benchmarks.results import Key, Results, Summary, summarised
from benchmarks.run import Bench, Choice
from tests.e2e.databases import NEEDS_POSTGRES

pytestmark = [
    pytest.mark.skipif(not os.environ.get("TEST_POSTGRES_URL"), reason=NEEDS_POSTGRES),
    pytest.mark.postgres,
]


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A run of the yardstick alone."""
    monkeypatch.setattr(databases, "POSTGRES", os.environ["TEST_POSTGRES_URL"])
    for module in (counts, run):
        monkeypatch.setattr(module, "PEOPLE", range(1, 21))
    candidates, results = [yardstick()], Results()
    with ExitStack() as stack:
        provider = stack.enter_context(running_provider(APP_ID))
        yield Bench(Choice(1, [], [], [], 1), candidates, provider, tmp_path, stack, results)


def test_the_yardstick_does_what_its_view_says(bench):
    """Two statements for who is known, six for who is new, one call, and no connection once it is warm."""
    counts.run(bench)

    expected = {
        "sign_in_statements": 2,
        "sign_in_empty_statements": 0,
        "sign_in_database_connections": 0,
        "sign_in_provider_calls": 1,
        "sign_in_provider_connections": 0,
        "sign_in_provider_handshakes": 0,
        "sign_up_statements": 6,
        "sign_up_provider_calls": 1,
    }
    found = {what: summarised(bench.results, Key(what, "yardstick", "postgres", "tls")) for what in expected}
    assert found == {what: Summary(count, count, count) for what, count in expected.items()}
    assert bench.results.failures == []
    kinds = [one.split()[0] for one in bench.results.statements["yardstick"]["sign_up"]]
    assert kinds == ["SELECT", "BEGIN", "INSERT", "INSERT", "INSERT", "COMMIT"]


def test_a_crowd_is_of_people_who_can_sign_in(bench):
    """Everyone made from the pattern has a row of their own in each table, under their own number."""
    place = bench.place(yardstick(), "postgres")
    setup = bench.setup(place, "http")
    with bench.serving(place, setup):
        in_sequence(setup.port, sign_ins(place.candidate, range(PATTERN, PATTERN + 1)), count=1)
        multiply(place.url, place.candidate.tables, 30)
        in_sequence(setup.port, sign_ins(place.candidate, range(1, 31)), count=30)

    with psycopg.connect(place.url) as session:
        people = session.execute(
            "SELECT a.uid, u.email, u.username FROM association a JOIN auth_user u ON u.id = a.user_id "
            "WHERE a.uid <> %s ORDER BY a.id",
            (str(PATTERN),),
        ).fetchall()
    assert people == [(str(n), f"person-{n}@example.com", f"Person{n}Example") for n in range(1, 31)]
