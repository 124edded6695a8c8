"""Differences are counted in memory and written together: few rows, few writes, none lost."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import OperationalError

from rollout.models import ParityDifference
from rollout.sampled import sightings as module
from rollout.sampled.description import Told
from rollout.sampled.sightings import Sighting, Sightings

STATUS = Sighting("v1", "v2", "GET", "user", Told("status", "", ("200", "500"), "200", "500"))


def at(path: str) -> Sighting:
    """The same difference elsewhere."""
    return replace(STATUS, path=path)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sightings]:
    """Nothing seen yet; written when the test says so."""
    monkeypatch.setattr(module, "WRITE_AFTER", 3600)
    monkeypatch.setattr(module, "TRY_AGAIN_AFTER", 7200)
    seen = Sightings()
    yield seen
    if seen._timer is not None:
        seen._timer.cancel()


def rows() -> dict[str, int]:
    """Give how often each was seen, by path."""
    return dict(ParityDifference.objects.values_list("path", "seen"))


@pytest.mark.django_db
def test_one_row_with_a_count(seen: Sightings, caplog: pytest.LogCaptureFixture) -> None:
    """The same difference again is the same row, over writes and whatever the length of the values."""
    for length in (3, 4, 5):
        text = Told("body", "username", ("text", "null"), f"text of {length} characters", "null")
        seen.add(replace(STATUS, told=text))
    seen.add(STATUS)
    seen.write()
    seen.add(STATUS)
    seen.write()
    found = {row.part: (row.seen, row.old, row.first_seen < row.last_seen) for row in ParityDifference.objects.all()}
    assert found == {"body": (3, "text of 3 characters", True), "status": (2, "200", True)}
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2


@pytest.mark.django_db
def test_nothing_seen_is_nothing_written(seen: Sightings, django_assert_num_queries: object) -> None:
    """No timer runs and no statement is made."""
    with django_assert_num_queries(0):  # type: ignore[operator]  # pytest-django's
        seen.write()
    assert seen._timer is None


@pytest.mark.django_db
def test_a_storm_is_a_few_rows(
    seen: Sightings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is kept between writes is bounded, and so is the table; both say what they leave out."""
    monkeypatch.setattr(module, "MOST_AT_ONCE", 4)
    monkeypatch.setattr(module, "MOST_ROWS", 5)
    for round in range(2):
        for number in range(7):
            seen.add(at(f"{round}-{number}"))
        seen.write()
    assert len(rows()) == 5
    messages = [record.getMessage() for record in caplog.records]
    assert messages.count("3 differences were of too many kinds to be kept.") == 2
    assert messages.count("3 differences have no room: delete those mended.") == 1
    seen.add(at("0-0"))
    seen.write()
    assert rows()["0-0"] == 2


@pytest.mark.django_db
def test_what_cannot_be_written_is_kept(
    seen: Sightings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While the database is away they stay, are counted on, and are tried again later."""

    def fail(*args: object) -> None:
        raise OperationalError("words of the driver's")

    seen.add(STATUS)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_write", fail)
        seen.write()
    assert "Differences could not be written; that is tried again." in caplog.text
    assert seen._timer is not None
    assert seen._timer.interval == 7200
    seen.add(STATUS)
    seen.write()
    assert rows() == {"user": 2}


@pytest.mark.django_db
def test_at_the_end_of_the_process(seen: Sightings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is written, and no thread is begun any more."""
    seen.add(STATUS)
    seen.end()
    assert rows() == {"user": 1}
    seen.add(STATUS)
    assert seen._timer is None


def test_many_threads_count_every_one(seen: Sightings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost between a thread that adds and one that writes."""
    written: dict[str, int] = {}
    monkeypatch.setattr(
        module,
        "_write",
        lambda found: written.update({one.path: written.get(one.path, 0) + was.times for one, was in found.items()}),
    )
    ready = threading.Barrier(9)

    def add() -> None:
        ready.wait()
        for number in range(400):
            seen.add(at(str(number % 3)))

    def write() -> None:
        ready.wait()
        for _ in range(100):
            seen.write()

    threads = [threading.Thread(target=target) for target in (*[add] * 8, write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.write()
    assert sum(written.values()) == 8 * 400
