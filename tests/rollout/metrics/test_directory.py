"""The metrics of several workers, and of ended ones."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from rollout.metrics import directory
from tests.rollout.metrics.conftest import Scrape
from tests.rollout.metrics.scraping import AUTHORIZED

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
    """Write a worker's metrics as the client library does."""
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


def test_the_directory_is_private_and_removed(place: Path, tmp_path: Path) -> None:
    """Only this user can read it, each run has another, and it is removed."""
    assert place.stat().st_mode & 0o777 == 0o700
    assert directory.current() == place == Path(os.environ[directory.VARIABLE])
    write(place, 11, 1)
    directory.remove()
    assert list(tmp_path.iterdir()) == []
    assert directory.current() is None
    directory.remove()
    assert directory.create() != place


@pytest.mark.threat(70)
def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that the operator's environment names is neither used nor removed, whatever is in it."""
    monkeypatch.setenv(directory.VARIABLE, str(tmp_path))
    write(tmp_path, 11, 1)
    before = sorted(tmp_path.iterdir())
    assert directory.current() is None
    directory.remove()
    assert sorted(tmp_path.iterdir()) == before
    assert os.environ[directory.VARIABLE] == str(tmp_path)


@pytest.mark.threat(70)
def test_only_files_of_the_client_library_are_folded(place: Path) -> None:
    """Others stay, even if their names end with the number of no worker."""
    (place / "report_2024.db").touch()
    write(place, 11, 1)
    directory.fold(place, [])
    assert {file.name for file in place.iterdir()} == {
        "counter_ended.db",
        "histogram_ended.db",
        "lock",
        "report_2024.db",
    }


def test_all_workers_are_added(place: Path) -> None:
    """Counters, buckets and gauges are added."""
    write(place, 11, 2)
    write(place, 12, 3)
    assert read(place) == {"hits": 5, "seconds_bucket1.0": 5, "seconds_bucket+Inf": 10, "seconds_count": 10, "busy": 5}


def test_counters_of_an_ended_worker_are_kept(place: Path) -> None:
    """Counters of an ended worker are kept; its gauges are not."""
    write(place, 11, 2)
    write(place, 12, 3)
    before = read(place)
    directory.fold(place, [12])
    assert read(place) == {**before, "busy": 3}
    directory.fold(place, [])
    assert read(place) == {name: value for name, value in before.items() if name != "busy"}


def test_nothing_is_added_twice(place: Path) -> None:
    """Neither folded files, nor those of a new worker with the id of an ended one."""
    write(place, 11, 2)
    for living in ([], [], [12]):
        directory.fold(place, living)
    assert read(place)["hits"] == 2
    write(place, 11, 5)
    assert read(place)["hits"] == 7
    directory.fold(place, [])
    assert read(place)["hits"] == 7


def test_a_slow_reader_is_not_waited_for(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The master does not wait for a slow reader; files that are not folded are read, and folded the next time."""
    monkeypatch.setattr(directory, "MAX_WAIT", 0.05)
    write(place, 11, 2)
    with directory.locked(place), pytest.raises(TimeoutError):
        directory.fold(place, [12])
    assert read(place)["hits"] == 2
    write(place, 12, 3)
    directory.fold(place, [])
    assert read(place)["hits"] == 5
    assert sorted(file.name for file in place.iterdir()) == ["counter_ended.db", "histogram_ended.db", "lock"]


@pytest.mark.threat(68)
def test_a_scrape_waits_for_folding_no_longer(place: Path, scrape: Scrape, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused instead: without the files the counts would be wrong."""
    monkeypatch.setattr(directory, "MAX_WAIT", 0.05)
    assert "tandem_" in scrape()
    with directory.locked(place, exclusive=True):
        refused = Client(SERVER_NAME="10.1.2.3").get("/metrics", headers=AUTHORIZED)
    assert (refused.status_code, refused.content) == (503, b"")


def test_ended_workers_leave_no_files(place: Path) -> None:
    """The files grow neither in number nor in size."""
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


def test_an_empty_file_is_skipped(place: Path) -> None:
    """A worker creates its file empty, and may be killed then."""
    write(place, 11, 2)
    (place / "counter_12.db").touch()
    assert read(place)["hits"] == 2
    directory.fold(place, [11])
    assert read(place)["hits"] == 2
    assert not (place / "counter_12.db").exists()


def test_folding_is_atomic_for_readers(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While files are folded, every reader sees the same sum."""
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
