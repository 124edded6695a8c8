"""`python -m benchmarks.ratio`: check that a sign-in takes at most four times the CPU of the bare view's, on SQLite.

It finds mistakes that multiply the cost. What can be counted exactly is checked by tests.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.candidates import candidates
from benchmarks.measurements import sign_in
from benchmarks.results import BASELINE, Key, Results
from benchmarks.run import Options, benchmark_run, progress

LIMIT = 4.0
"""Twice the goal, because other programs on the machine disturb the measurement."""


def main() -> int:
    """Measure and write the ratios; return 1 if one is above the limit or could not be measured."""
    results = Results()
    options = Options(rounds=3, databases=["sqlite"], schemes=["http"], latencies=[], seconds=0.5)
    with (
        tempfile.TemporaryDirectory(prefix="tandem-ratio-") as folder,
        benchmark_run(options, candidates([BASELINE, "tandem"]), Path(folder), results) as run,
    ):
        sign_in.measure(run)
    for failure in results.failures:
        progress(failure)
    ratios = {name: results.to_baseline(Key("cpu_ms", name, "sqlite", "http")) for name in results.tandems()}
    for name, ratio in ratios.items():
        measured = "not measured" if ratio is None else f"{ratio:.2f} x the bare view (at most {LIMIT:g})"
        progress(f"CPU of a sign-in, {results.titles[name]}: {measured}")
    return 0 if ratios and all(ratio is not None and ratio <= LIMIT for ratio in ratios.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
