"""What a run has measured, and how it is kept."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


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
