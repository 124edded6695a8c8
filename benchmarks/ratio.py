"""`python -m benchmarks.ratio`: a sign-in beside the bare view's, on SQLite, within a generous bound; for `make check`.

It finds what makes a sign-in cost a multiple by mistake. What can be counted is counted exactly, by tests.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.candidates import chosen
from benchmarks.measurements import sign_in
from benchmarks.results import Key, Results, ratio
from benchmarks.run import Choice, bench, say

BOUND = 4.0
"""Twice the goal: a machine with much else to do is no fault of the code's."""


def main() -> int:
    """Measure, say the ratios, and give 1 where one is out of bounds or nobody could be measured."""
    results = Results()
    choice = Choice(rounds=3, databases=["sqlite"], schemes=["http"], latencies=[], seconds=0.5)
    with (
        tempfile.TemporaryDirectory(prefix="tandem-ratio-") as folder,
        bench(choice, chosen(["yardstick", "tandem"]), Path(folder), results) as running,
    ):
        sign_in.run(running)
    found = [_ratio(results, name) for name in results.titles if name != "yardstick"]
    for failure in results.failures:
        say(failure)
    return 0 if found and all(one is not None and one <= BOUND for one in found) else 1


def _ratio(results: Results, name: str) -> float | None:
    own = Key("cpu_ms", name, "sqlite", "http")
    found = ratio(results, own, own._replace(candidate="yardstick"))
    said = "not measured" if found is None else f"{found:.2f} x the bare view (at most {BOUND:g})"
    say(f"CPU of a sign-in, {results.titles[name]}: {said}")
    return found


if __name__ == "__main__":
    sys.exit(main())
