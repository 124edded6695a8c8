"""`python -m benchmarks.ratio`: check what a sign-in takes against the bare view's, on SQLite.

By instructions, where Callgrind is installed, at most twice as much. Else by CPU time, of which other programs on the
machine take their part: at most four times. What can be counted exactly is checked by tests.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks import callgrind
from benchmarks.candidates import candidates
from benchmarks.measurements import instructions, sign_in
from benchmarks.results import BASELINE, Key, Results
from benchmarks.run import Options, benchmark_run, progress

INSTRUCTIONS_LIMIT = 2.0
CPU_LIMIT = 4.0


def main() -> int:
    """Measure and write the ratios; return 1 if one is above the limit or could not be measured."""
    results = Results()
    options = Options(rounds=3, databases=["sqlite"], schemes=["http"], latencies=[], seconds=0.5)
    by_instructions = callgrind.is_installed()
    with (
        tempfile.TemporaryDirectory(prefix="tandem-ratio-") as folder,
        benchmark_run(options, candidates([BASELINE, "tandem"]), Path(folder), results) as run,
    ):
        if by_instructions:
            instructions.measure_sign_ins(run)
        else:
            sign_in.measure(run)
    for failure in results.failures:
        progress(failure)
    what, limit = ("sign_in_instructions", INSTRUCTIONS_LIMIT) if by_instructions else ("cpu_ms", CPU_LIMIT)
    ratios = {name: results.to_baseline(Key(what, name, "sqlite", "http")) for name in results.tandems()}
    for name, ratio in ratios.items():
        measured = "not measured" if ratio is None else f"{ratio:.2f} x the bare view (at most {limit:g})"
        progress(f"{'Instructions' if by_instructions else 'CPU'} of a sign-in, {results.titles[name]}: {measured}")
    return 0 if ratios and all(ratio is not None and ratio <= limit for ratio in ratios.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
