"""Measure what a sign-in costs with Tandem, its peers and a bare Django view; write tables and a plot."""

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

from benchmarks.candidates import candidates
from benchmarks.databases import POSTGRES
from benchmarks.load import UnexpectedResponseError
from benchmarks.measurements import cold_burst, counts, fairness, instructions, production, reads, scale, sign_in
from benchmarks.plot import plot
from benchmarks.processes import ROOT, ProcessError, run_command
from benchmarks.report import report
from benchmarks.results import Results
from benchmarks.run import Options, Run, benchmark_run, progress
from benchmarks.waiting_times import plot_waiting_times

MEASUREMENTS: dict[str, Callable[[Run], None]] = {
    "instructions": instructions.measure,
    "sign_in": sign_in.measure,
    "counts": counts.measure,
    "start": sign_in.measure_start,
    "cold_burst": cold_burst.measure,
    "production": production.measure,
    "hanging": production.measure_hanging,
    "fleet": production.measure_fleet,
    "fairness": fairness.measure,
    "outage": fairness.measure_outage,
    "scale": scale.measure,
    "reads": reads.measure,
}
QUICK = {
    "rounds": 3,
    "seconds": 0.5,
    "databases": ["postgres"],
    "latencies": [],
    "only": ["sign_in", "counts", "start"],
    "candidates": ["baseline", "tandem", "rest_social_auth"],
}


def main() -> int:
    """Run what the command line asks for; return 1 if it cannot, or if a measurement has failed."""
    arguments = _parse_arguments()
    # As an exception, so that all processes and databases of the run end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(arguments)
    except psycopg.OperationalError as error:
        progress(f"PostgreSQL (TEST_POSTGRES_URL): {error}")
    except (ProcessError, UnexpectedResponseError, ValueError) as error:
        progress(f"{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        progress("interrupted")
    return 1


def _run(arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    options = Options(arguments.rounds, arguments.databases, arguments.schemes, arguments.latencies, arguments.seconds)
    results = Results(about={**_about(), "arguments": " ".join(sys.argv[1:]) or "none"})
    with (
        tempfile.TemporaryDirectory(prefix="tandem-benchmarks-") as folder,
        benchmark_run(options, candidates(arguments.candidates), Path(folder), results) as run,
    ):
        for name, measure in MEASUREMENTS.items():
            if name in arguments.only:
                measure(run)
    results.about["took"] = f"{(time.monotonic() - began) / 60:.1f} min"
    text = report(results)
    sys.stdout.write(text)
    target = ROOT / ".cache" / "benchmarks" / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}"
    target.mkdir(parents=True)
    results.save(target / "results.json")
    (target / "results.md").write_text(text, encoding="utf-8")
    (target / "results.svg").write_text(plot(results), encoding="utf-8")
    (target / "waiting_times.svg").write_text(plot_waiting_times(results), encoding="utf-8")
    progress(f"written to {target}")
    return 1 if results.failures else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="use smaller defaults, for a run of about three minutes")
    add("--only", type=_names, default=list(MEASUREMENTS), help="names of measurements")
    add("--candidates", type=_names, default=[], help="names of candidates, tandem for all of its APIs; empty for all")
    add("--databases", type=_names, default=["postgres", "sqlite"], help="databases")
    add("--schemes", type=_names, default=["http", "tls"], help="how the provider is reached")
    add("--latencies", type=_numbers, default=[50, 200], help="milliseconds that the provider takes, in addition to 0")
    add("--rounds", type=int, default=5, help="how often everything is measured")
    add("--seconds", type=float, default=1.5, help="length of one measurement")
    if "--quick" in sys.argv:
        parser.set_defaults(**QUICK)
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - set(MEASUREMENTS):
        parser.error(f"no measurement {', '.join(sorted(unknown))}; known: {', '.join(MEASUREMENTS)}")
    return arguments


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _numbers(text: str) -> list[int]:
    return [int(number) for number in _names(text)]


def _about() -> dict[str, str]:
    """Return the machine and the versions, as far as they matter to the figures."""
    with psycopg.connect(POSTGRES) as session:
        row = session.execute("SHOW server_version").fetchone()
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")]
    try:
        commit = run_command(["git", "describe", "--always", "--dirty"], {}).strip()
    except (ProcessError, FileNotFoundError):
        commit = "unknown"
    return {
        "processor": f"{os.cpu_count()} × {models[0] if models else platform.machine()}",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Django, gunicorn, requests": ", ".join(version(name) for name in ("django", "gunicorn", "requests")),
        "PostgreSQL": str(row[0]) if row else "unknown",
        "commit": commit,
    }


if __name__ == "__main__":
    sys.exit(main())
