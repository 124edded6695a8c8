"""The answer to whether v1 can be switched off; unknown is never yes."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from rollout.models import LastCall
from rollout.status.status import Criteria, status
from rollout.status.verdict import Answer, verdict
from tests.rollout.status.conftest import NOW, record

pytestmark = pytest.mark.django_db


def depend(number: int, days: int = 1) -> None:
    for each in range(number):
        user = User.objects.create(username=f"person-{days}-{each}")
        LastCall.objects.create(user=user, version="v1", at=NOW - timedelta(days=days))


def answered(criteria: Criteria = Criteria()) -> tuple[Answer, str]:  # noqa: B008 - it never changes
    found = verdict(status(NOW, criteria))
    return found.answer, found.why


def test_nothing_recorded() -> None:
    """An empty ledger."""
    assert answered() == (Answer.UNKNOWN, "no calls are recorded yet.")


def test_nothing_recorded_lately() -> None:
    """Or one that has stopped, or has calls of unknown paths only."""
    record(8, "v2", 10)
    record(0, "v1", 10, resource="unknown")
    assert answered()[0] is Answer.UNKNOWN


def test_recorded_for_too_short_a_time() -> None:
    """A fortnightly caller may not have been seen in a week; with enough days the answer is yes."""
    record(20, "v2", 10)
    record(0, "v2", 10)
    assert answered() == (Answer.UNKNOWN, "v1 has 0.0 % of the calls, but only 21 of 28 days are recorded.")
    assert answered(Criteria(days=21))[0] is Answer.YES


def test_yes() -> None:
    """The share is at the threshold, and no user has called only v1 lately."""
    record(40, "v2", 10)
    record(0, "v2", 99)
    record(0, "v1", 1)
    depend(3, days=29)
    assert answered() == (Answer.YES, "v1 has 1.0 % of the calls, and no user depends on it.")


def test_users_alone_prevent_it() -> None:
    """However small the share, until there are few enough users."""
    record(40, "v2", 10)
    record(0, "v2", 10**6)
    record(0, "v1", 1)
    depend(1)
    assert answered() == (Answer.NOT_YET, "v1 has <0.1 % of the calls, but 1 user depends on it.")
    assert answered(Criteria(users=1))[0] is Answer.YES


def test_the_share_alone_prevents_it() -> None:
    """Also while too little is recorded for a yes."""
    record(0, "v2", 90)
    record(0, "v1", 10)
    assert answered() == (Answer.NOT_YET, "v1 has 10.0 % of the calls, and 0 users depend on it.")
    assert answered(Criteria(share=0.1))[0] is Answer.UNKNOWN


def test_no() -> None:
    """The share is too large and does not fall."""
    for days in range(60):
        record(days, "v2", 90)
        record(days, "v1", 10, outcome="version_retired")
    assert answered() == (Answer.NO, "v1 has 10.0 % of the calls, and no end is in sight.")
