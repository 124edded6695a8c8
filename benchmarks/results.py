"""What a benchmark run has measured: the values, their medians and ratios, and the JSON file."""

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

DATABASES = {"postgres": "PostgreSQL", "sqlite": "SQLite"}
SCHEMES = {"http": "http", "tls": "TLS"}
BASELINE = "baseline"
"""Name of the candidate that all others are compared with."""


class Key(NamedTuple):
    """What a value is about."""

    what: str
    """The figure: `cpu_ms`, `per_second` …"""
    candidate: str
    database: str = ""
    scheme: str = ""
    latency: int = 0
    """Milliseconds that the provider takes."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The median and the range of a figure's values."""

    median: float
    least: float
    most: float


@dataclass
class Results:
    """All values of each figure, one a round."""

    about: dict[str, str] = field(default_factory=dict)
    """The machine, the versions, the command line."""
    titles: dict[str, str] = field(default_factory=dict)
    """The candidates' titles by name, in the order of the tables."""
    values: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    statements: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """For each candidate, the SQL statements of a `sign_in` and a `sign_up`."""
    failures: list[str] = field(default_factory=list)
    """Measurements that failed, with the reason."""

    def add(self, key: Key, value: float) -> None:
        """Add the value of a round."""
        self.values[key].append(value)

    def candidates(self, what: str) -> list[str]:
        """Return the candidates for which a figure was measured, in the order of the tables."""
        measured = {key.candidate for key in self.values if key.what == what}
        return [name for name in self.titles if name in measured]

    def tandems(self) -> list[str]:
        """Return the candidates that are APIs of Tandem."""
        return [name for name in self.titles if name.startswith("tandem-")]

    def peers(self) -> list[str]:
        """Return the candidates that are neither Tandem nor the baseline."""
        return [name for name in self.titles if name != BASELINE and not name.startswith("tandem-")]

    def summary(self, key: Key) -> Summary | None:
        """Return the median and the range of a figure, None if it was not measured."""
        values = self.values.get(key)
        return Summary(statistics.median(values), min(values), max(values)) if values else None

    def median(self, key: Key) -> float | None:
        """Return the median of a figure, None if it was not measured."""
        found = self.summary(key)
        return found.median if found else None

    def ratio(self, key: Key, to: Key) -> float | None:
        """Return the ratio of two medians, None if one was not measured or the divisor is zero."""
        dividend, divisor = self.median(key), self.median(to)
        return dividend / divisor if dividend is not None and divisor else None

    def to_baseline(self, key: Key) -> float | None:
        """Return the ratio of a figure to the baseline's."""
        return self.ratio(key, key._replace(candidate=BASELINE))

    def save(self, file: Path) -> None:
        """Write everything as JSON."""
        content = {
            "about": self.about,
            "titles": self.titles,
            "values": [{**key._asdict(), "values": values} for key, values in self.values.items()],
            "statements": self.statements,
            "failures": self.failures,
        }
        file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the least value that `percent` of all values do not exceed (the nearest rank).

    :raises ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(math.ceil(len(values) * percent / 100), 1) - 1]
