"""The counts of a candidate whose statements are known, and the copies of a user."""

import os
from contextlib import ExitStack

import psycopg
import pytest

from benchmarks import databases, run
from benchmarks.candidates import candidates
from benchmarks.databases import TEMPLATE_USER
from benchmarks.load import send_in_sequence
from benchmarks.measurements import counts, scale
from benchmarks.provider import running_provider
from benchmarks.results import BASELINE, Key, Results, Summary
from benchmarks.run import Options, Run
from tests.e2e.databases import NEEDS_POSTGRES

pytestmark = [
    pytest.mark.skipif(not os.environ.get("TEST_POSTGRES_URL"), reason=NEEDS_POSTGRES),
    pytest.mark.postgres,
]


@pytest.fixture
def baseline_run(tmp_path, monkeypatch):
    """A run of the baseline alone, with twenty returning users."""
    monkeypatch.setattr(databases, "POSTGRES", os.environ["TEST_POSTGRES_URL"])
    for module in (counts, run):
        monkeypatch.setattr(module, "RETURNING_USERS", range(1, 21))
    with ExitStack() as stack:
        provider = stack.enter_context(running_provider())
        yield Run(Options(1, [], [], [], 1), candidates([BASELINE]), provider, tmp_path, stack, Results())


def test_the_baseline_sends_what_its_view_says(baseline_run):
    """Two statements for a known user, six for a new one, one provider call, no new connection after a warm-up."""
    counts.measure(baseline_run)

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
    results = baseline_run.results
    found = {what: results.summary(Key(what, BASELINE, "postgres", "tls")) for what in expected}
    assert found == {what: Summary(count, count, count) for what, count in expected.items()}
    assert results.failures == []
    kinds = [one.split()[0] for one in results.statements[BASELINE]["sign_up"]]
    assert kinds == ["SELECT", "BEGIN", "INSERT", "INSERT", "INSERT", "COMMIT"]


def test_copied_users_can_sign_in(baseline_run):
    """Each has rows of its own, with its own number, and is found by its token."""
    (candidate,) = baseline_run.candidates
    deployment = baseline_run.deployment(candidate, "postgres")
    scale.add_users(baseline_run, deployment, 30)
    setup = baseline_run.setup(deployment, "http")
    with baseline_run.serving(deployment, setup):
        send_in_sequence(setup.port, candidate.sign_ins(range(1, 31)), count=30)

    with psycopg.connect(deployment.url) as session:
        users = session.execute(
            "SELECT a.uid, u.email, u.username FROM association a JOIN auth_user u ON u.id = a.user_id "
            "WHERE a.uid <> %s ORDER BY a.id",
            (str(TEMPLATE_USER),),
        ).fetchall()
    assert users == [(str(n), f"person-{n}@example.com", f"Person{n}Example") for n in range(1, 31)]
