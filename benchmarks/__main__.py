"""`python -m benchmarks`: measure, and write the tables, the figures and the plot."""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from benchmarks import machine
from benchmarks.candidates import chosen
from benchmarks.load import WrongAnswerError
from benchmarks.measurements import counts, fleet, hanging, production, scale, sign_in, start
from benchmarks.plot import plot
from benchmarks.processes import ROOT, ProcessError
from benchmarks.report import report
from benchmarks.results import Results, save
from benchmarks.run import Bench, Choice, bench, say

PARTS: dict[str, Callable[[Bench], None]] = {
    "sign_in": sign_in.run,
    "counts": counts.run,
    "start": start.run,
    "production": production.run,
    "hanging": hanging.run,
    "fleet": fleet.run,
    "scale": scale.run,
}
QUICK = {
    "rounds": 3,
    "seconds": 0.5,
    "databases": ["postgres"],
    "latencies": [],
    "only": ["sign_in", "counts", "start"],
    "candidates": ["yardstick", "tandem", "rest_social_auth"],
}


def main() -> int:
    """Run what the command line asks for; 1 if it cannot, or if a candidate has given a wrong answer."""
    told = _arguments()
    # What this has started ends with it, however it is asked to end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _measured(told)
    except psycopg.OperationalError as error:
        say(f"PostgreSQL (TEST_POSTGRES_URL): {error}")
    except (ProcessError, WrongAnswerError, ValueError) as error:
        say(f"{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        say("interrupted")
    return 1


def _measured(told: argparse.Namespace) -> int:
    began = time.monotonic()
    choice = Choice(told.rounds, told.databases, told.schemes, told.latencies, told.seconds)
    results = Results(about={**machine.about(), "asked for": " ".join(sys.argv[1:]) or "everything"})
    candidates = chosen(told.candidates)
    with (
        tempfile.TemporaryDirectory(prefix="tandem-benchmarks-") as folder,
        bench(choice, candidates, Path(folder), results) as running,
    ):
        for name, part in PARTS.items():
            if name in told.only:
                part(running)
    results.about["took"] = f"{(time.monotonic() - began) / 60:.1f} min"
    text = report(results)
    sys.stdout.write(text)
    now = datetime.now(UTC)
    target = told.into or ROOT / ".cache" / "benchmarks" / f"{now:%Y-%m-%dT%H%M%S}"
    target.mkdir(parents=True, exist_ok=True)
    save(results, target / "results.json")
    (target / "results.md").write_text(text, encoding="utf-8")
    (target / "results.svg").write_text(plot(results), encoding="utf-8")
    say(f"written to {target}")
    return 1 if results.failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything: under three minutes")
    parser.add_argument("--only", type=_names, default=list(PARTS), help=f"parts: {','.join(PARTS)}")
    parser.add_argument("--candidates", type=_names, default=[], help="names; everybody")
    parser.add_argument("--databases", type=_names, default=["postgres", "sqlite"], help="postgres,sqlite")
    parser.add_argument("--schemes", type=_names, default=["http", "tls"], help="http,tls")
    parser.add_argument("--latencies", type=_numbers, default=[50, 200], help="milliseconds, besides 0: 50,200")
    parser.add_argument("--rounds", type=int, default=5, help="5")
    parser.add_argument("--seconds", type=float, default=1.5, help="for one measurement: 1.5")
    parser.add_argument("--into", type=Path, help="the folder to write to; .cache/benchmarks/<date>")
    if "--quick" in sys.argv:
        parser.set_defaults(**QUICK)
    told = parser.parse_args()
    if unknown := set(told.only) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return told


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _numbers(text: str) -> list[int]:
    return [int(number) for number in _names(text)]


if __name__ == "__main__":
    sys.exit(main())
