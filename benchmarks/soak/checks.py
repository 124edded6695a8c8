"""The verdicts of a run."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.results import percentile
from benchmarks.soak.samples import Sample, series

OBSERVED = 420.0
"""Seconds that the second half of a life must have, for growth to be judged."""
JUDGED_FROM = 30
"""Minutes of a run in which every measure must be judged; in shorter ones some processes are too young."""
_LEAST_POINTS = 20

_Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check; `passed` is None if there was too little to judge."""

    name: str
    passed: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Bound:
    """How much a measure may grow in the second half of a process's life, or of the run.

    The growth is the sum of a part of its mean and an absolute amount.
    """

    title: str
    measure: str
    part: float
    amount: float
    of_workers: bool


BOUNDS = (
    Bound("memory of a worker, MiB (anonymous pages)", "anonymous_mib", 0.04, 0, of_workers=True),
    Bound("descriptors of a worker", "descriptors", 0.05, 6, of_workers=True),
    Bound("threads of a worker", "threads", 0.05, 1, of_workers=True),
    Bound("connections to the database", "database_connections", 0.05, 2, of_workers=False),
    Bound("connections to Redis", "redis_connections", 0.05, 2, of_workers=False),
    Bound("keys in Redis", "redis_keys", 0.25, 10, of_workers=False),
    Bound("memory of Redis, MiB", "redis_mib", 0.05, 0.5, of_workers=False),
    Bound("answers with 5xx in a sample", "errors_5xx", 0.05, 2, of_workers=False),
)
"""Growth beyond these is a leak. With the defaults the second half of the longest life is eighteen minutes, or about
2 100 requests: 4 % of 85 MiB are 1.6 KiB for each. A longer run or a higher rate finds smaller leaks."""


def slope(points: _Points) -> float:
    """Return the slope of the least-squares line through the points, a second."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def flatness(samples: Sequence[Sample], bound: Bound, is_disturbed: Callable[[float], bool]) -> Verdict:
    """Judge whether a measure has stayed flat in the second half of each life, outside of events."""
    judged: list[tuple[float, str]] = []
    for subject, points in series(samples, bound.measure, workers=bound.of_workers).items():
        since = (points[0][0] + points[-1][0]) / 2
        kept = [point for point in points if point[0] >= since and not is_disturbed(point[0])]
        if len(kept) < _LEAST_POINTS or kept[-1][0] - kept[0][0] < OBSERVED:
            continue
        seconds = kept[-1][0] - kept[0][0]
        level = sum(value for _, value in kept) / len(kept)
        growth = slope(kept) * seconds
        allowed = level * bound.part + bound.amount
        text = (
            f"{growth:+.2f} in {seconds / 60:.0f} min at most ({subject}, mean {level:.1f}); allowed are {allowed:.2f}"
        )
        judged.append((growth - allowed, text))
    if not judged:
        return Verdict(f"flat: {bound.title}", None, f"nothing was observed for {OBSERVED:.0f} s")
    excess, text = max(judged)
    return Verdict(f"flat: {bound.title}", excess <= 0, f"{text}; {len(judged)} observed")


def complete(samples: Sequence[Sample], expected: float) -> Verdict:
    """Judge whether there are enough samples; while a server hangs, one takes longer."""
    taken = len({one.seconds for one in samples})
    return Verdict("samples", taken >= expected * 0.6, f"{taken} of {expected:.0f}")


def listed(name: str, found: Sequence[str], total: int | None = None) -> Verdict:
    """Judge a list of faults, which must be empty."""
    count = len(found) if total is None else total
    return Verdict(name, not count, "none" if not count else "; ".join([str(count), *found[:5]]))


def ledger(differences: dict[str, tuple[int, int]], lost: int, doubtful: int) -> Iterator[Verdict]:
    """Judge the ledger's counts.

    :param differences: by version, the number of calls that it lacks, and that it has too many.
    :param lost: how many calls killed workers may have lost, after their log lines.
    :param doubtful: requests without an answer of the service, and those of a flush that an outage has interrupted.
    """
    for version, (fewer, more) in differences.items():
        passed = fewer <= lost + doubtful and more <= doubtful
        text = f"{fewer} too few, {more} too many; allowed are {lost + doubtful} and {doubtful}"
        yield Verdict(f"ledger, {version}", passed, text)


_LOST = re.compile(r"the ledger may lack up to ([0-9]+) of its calls")


def lost_calls(log: str) -> int:
    """Return the number of calls that the ledger may lack, as the log says."""
    return sum(int(number) for number in _LOST.findall(log))


def percentiles(seconds: Sequence[float]) -> str:
    """Return p50 and p99 as text."""
    return f"p50 {percentile(seconds, 50) * 1000:.0f} ms, p99 {percentile(seconds, 99) * 1000:.0f} ms"
