"""The figures of several workers, and of those that are gone."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from rollout.metrics import directory

SERIES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("counter", "hits", "hits", {}),
    ("histogram", "seconds", "seconds_bucket", {"le": "1.0"}),
    ("histogram", "seconds", "seconds_bucket", {"le": "+Inf"}),
    ("gauge_livesum", "busy", "busy", {}),
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory of a run, removed by the test or after it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv(directory.VARIABLE, raising=False)
    yield directory.create()
    directory.remove()


def write(place: Path, pid: int, amount: float, provider: str = "github") -> None:
    """Let a worker have written its figures, as the client library does."""
    for kind, metric, sample, more in SERIES:
        written = MmapedDict(str(place / f"{kind}_{pid}.db"))
        labels = {"provider": provider, **more}
        key = mmap_key(metric, sample, list(labels), list(labels.values()), "help")
        before, _ = written.read_value(key)
        written.write_value(key, before + amount, 0.0)
        written.close()


def read(place: Path) -> dict[str, float]:
    """Return the value of each series of `github`."""
    return {
        sample.name + sample.labels.get("le", ""): sample.value
        for metric in directory.collect(place)
        for sample in metric.samples
        if sample.labels["provider"] == "github"
    }


def test_the_place_is_private_and_the_runs_own(place: Path, tmp_path: Path) -> None:
    """Nobody else reads or writes there; another run has another; nothing stays."""
    assert place.stat().st_mode & 0o777 == 0o700
    assert directory.current() == place == Path(os.environ[directory.VARIABLE])
    write(place, 11, 1)
    directory.remove()
    assert list(tmp_path.iterdir()) == []
    assert directory.current() is None
    directory.remove()
    assert directory.create() != place


def test_all_workers_are_one(place: Path) -> None:
    """Counters, buckets and what is under way are added up."""
    write(place, 11, 2)
    write(place, 12, 3)
    assert read(place) == {"hits": 5, "seconds_bucket1.0": 5, "seconds_bucket+Inf": 10, "seconds_count": 10, "busy": 5}


def test_what_a_worker_has_counted_stays(place: Path) -> None:
    """When it is gone; what it had under way has ended with it."""
    write(place, 11, 2)
    write(place, 12, 3)
    before = read(place)
    directory.fold(place, [12])
    assert read(place) == {**before, "busy": 3}
    directory.fold(place, [])
    assert read(place) == {name: value for name, value in before.items() if name != "busy"}


def test_nothing_is_added_twice(place: Path) -> None:
    """Whose files were folded already, and who has the number of one that is gone."""
    write(place, 11, 2)
    for living in ([], [], [12]):
        directory.fold(place, living)
    assert read(place)["hits"] == 2
    write(place, 11, 5)
    assert read(place)["hits"] == 7
    directory.fold(place, [])
    assert read(place)["hits"] == 7


def test_whoever_reads_for_too_long_is_not_waited_for(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The master has workers to look after; what it could not fold is counted, and folded the next time."""
    monkeypatch.setattr(directory, "MAX_WAIT", 0.05)
    write(place, 11, 2)
    with directory.locked(place), pytest.raises(TimeoutError):
        directory.fold(place, [12])
    assert read(place)["hits"] == 2
    write(place, 12, 3)
    directory.fold(place, [])
    assert read(place)["hits"] == 5
    assert sorted(file.name for file in place.iterdir()) == ["counter_ended.db", "histogram_ended.db", "lock"]


def test_workers_that_come_and_go_leave_no_more_files(place: Path) -> None:
    """Nor larger ones: what is kept is as many series as there are labels."""
    sizes = set()
    for pid in range(100, 300):
        write(place, pid, 1, provider=f"provider-{pid % 3}")
        directory.fold(place, [])
        sizes.add(tuple(file.stat().st_size for file in sorted(place.iterdir())))
    assert sorted(file.name for file in place.iterdir()) == ["counter_ended.db", "histogram_ended.db", "lock"]
    assert len(sizes) == 1
    total = sum(
        sample.value for metric in directory.collect(place) if metric.name == "hits" for sample in metric.samples
    )
    assert total == 200


def test_a_file_that_was_just_made_is_no_fault(place: Path) -> None:
    """A worker makes it empty first; killed at that moment it leaves it so."""
    write(place, 11, 2)
    (place / "counter_12.db").touch()
    assert read(place)["hits"] == 2
    directory.fold(place, [11])
    assert read(place)["hits"] == 2
    assert not (place / "counter_12.db").exists()


def test_no_scrape_sees_half_of_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one worker's figures are folded after another's, whoever reads sees the same sum each time."""
    monkeypatch.setattr(directory, "MAX_WAIT", 30.0)  # whoever reads all the time leaves little room
    for pid in range(100, 160):
        write(place, pid, 1)
    seen: set[float] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(read(place)["hits"])
            time.sleep(0.005)

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for pid in range(100, 160):
            directory.fold(place, range(pid + 1, 160))
    finally:
        done.set()
        reader.join()
    assert seen == {60}
