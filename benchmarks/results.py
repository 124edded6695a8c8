"""What a run has measured, how it is kept, and what it comes to."""

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

OVER = {"http": "http", "tls": "TLS"}
DATABASES = {"postgres": "PostgreSQL", "sqlite": "SQLite"}


class Key(NamedTuple):
    """What a value is about."""

    what: str
    """Which figure: `cpu_ms`, `per_second` …"""
    candidate: str
    database: str = ""
    scheme: str = ""
    latency: int = 0
    """Milliseconds that the provider takes."""


@dataclass
class Results:
    """All values of each figure, one a round."""

    about: dict[str, str] = field(default_factory=dict)
    """Where and how: the machine, the versions, what was asked for."""
    titles: dict[str, str] = field(default_factory=dict)
    """The candidates' names for a table, in its order."""
    values: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    statements: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """For each candidate, what a `sign_in` and a `sign_up` send to the database."""
    failures: list[str] = field(default_factory=list)
    """Who has failed at what: a wrong answer, or none."""

    def add(self, key: Key, value: float) -> None:
        """Take a value in."""
        self.values[key].append(value)

    def candidates(self, what: str) -> Iterator[str]:
        """Give those of whom there is such a figure, in the order of the tables."""
        having = {key.candidate for key in self.values if key.what == what}
        return (name for name in self.titles if name in having)


def save(results: Results, file: Path) -> None:
    """Write them as JSON."""
    told = {
        "about": results.about,
        "titles": results.titles,
        "values": [{**key._asdict(), "values": values} for key, values in results.values.items()],
        "statements": results.statements,
        "failures": results.failures,
    }
    file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def load(file: Path) -> Results:
    """Read what `save` has written."""
    told = json.loads(file.read_text(encoding="utf-8"))
    results = Results(told["about"], told["titles"], statements=told["statements"], failures=told["failures"])
    for row in told["values"]:
        values = row.pop("values")
        results.values[Key(**row)] = values
    return results


@dataclass(frozen=True, slots=True)
class Summary:
    """What a figure's values come to."""

    median: float
    least: float
    most: float


def summarised(results: Results, key: Key) -> Summary | None:
    """Give the median and the spread of a figure; None where it was not measured."""
    values = results.values.get(key)
    return Summary(statistics.median(values), min(values), max(values)) if values else None


def median(results: Results, key: Key) -> float | None:
    """Give the median of a figure; None where it was not measured."""
    found = summarised(results, key)
    return found.median if found else None


def ratio(results: Results, above: Key, below: Key) -> float | None:
    """Give the ratio of two medians; None where one was not measured or there is nothing to divide by."""
    first, second = median(results, above), median(results, below)
    return first / second if first is not None and second else None


def percentile(values: Sequence[float], percent: float) -> float:
    """Give the least value that so many per cent of all do not exceed (the nearest rank).

    :raises ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(math.ceil(len(values) * percent / 100), 1) - 1]


def tandems(results: Results) -> list[str]:
    """Give the names of Tandem's mounts."""
    return [name for name in results.titles if name.startswith("tandem-")]


def peers(results: Results) -> list[str]:
    """Give the names of those that are neither Tandem nor the yardstick."""
    return [name for name in results.titles if name != "yardstick" and not name.startswith("tandem-")]
