"""Run the soak that the command line asks for; exit with 1 if a check fails."""

import argparse
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from benchmarks.processes import ROOT, ProcessError
from benchmarks.run import progress
from benchmarks.soak.plot import plot
from benchmarks.soak.report import Outcome, describe, save_details
from benchmarks.soak.run import Options, soak


def main() -> int:
    """Run it; return 1 if a check has failed, or if it cannot run."""
    options = _parse_arguments()
    # As an exception, so that all processes and databases of the run end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        folder = ROOT / ".cache" / "soak" / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}"
        folder.mkdir(parents=True)
        outcome = soak(options, folder)
        _save(outcome, options, folder)
    except psycopg.OperationalError as error:
        progress(f"PostgreSQL (TEST_POSTGRES_URL): {error}")
    except ProcessError as error:
        progress(f"{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        progress("interrupted")
    else:
        return 0 if outcome.passed else 1
    return 1


def _save(outcome: Outcome, options: Options, target: Path) -> None:
    title = f"Soak: {options.minutes:g} minutes, about {options.per_second:g} requests a second"
    text = "\n".join(describe(outcome, title)) + "\n"
    sys.stdout.write(text)
    (target / "report.md").write_text(text, encoding="utf-8")
    save_details(outcome, target / "details.json")
    (target / "soak.svg").write_text(plot(outcome.sampler.samples, outcome.record.events), encoding="utf-8")
    progress(f"written to {target}")


def _parse_arguments() -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--minutes", type=float, default=60, help="length of the traffic")
    add("--rate", type=float, default=8, help="requests a second, about")
    add("--every", type=float, default=10, help="seconds between samples")
    add("--outage", type=float, default=20, help="seconds of each outage and brownout")
    add("--from", dest="revision", default="", metavar="REV", help="the former release; `none` for no upgrade")
    add("--seed", type=int, default=1, help="of the choice of operations")
    chosen = parser.parse_args()
    return Options(chosen.minutes, chosen.rate, chosen.every, chosen.outage, chosen.revision, chosen.seed)


if __name__ == "__main__":
    sys.exit(main())
