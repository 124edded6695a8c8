"""`manage.py check_parity`: whether both versions of a running deployment answer alike."""

import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from parity import report
from parity.deployment import Deployment, UnansweredError
from parity.gathering import Sources, gather
from parity.recorded_request import UnreadableError
from parity.results import Outcome
from parity.run import run
from parity.start import MisuseError, people_of, see_both, see_that_both_are_here

DIFFERENT = 1
NOTHING_COMPARED = 2


class Command(BaseCommand):
    """Exit code 0: all that was sent was answered alike. 1: something was not. 2: nothing was compared."""

    help = (
        "Sends requests to both versions of a running deployment and prints what differs beyond the closed list of "
        "docs/differences.md. Without --sandbox only what changes nothing is sent. "
        "Exit code 0: alike; 1: differences, or requests without an answer; 2: misuse, or nothing was compared."
    )

    requires_system_checks = []  # it looks at another process, wherever that runs

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the options."""
        parser.add_argument("--url", required=True, help="the deployment: http://127.0.0.1:8000")
        parser.add_argument("--sandbox", help="the sandbox that it uses: sign-ups and changes are sent, by its guests")
        parser.add_argument("--contract", action="store_true", help="the contract's own cases (default without files)")
        parser.add_argument("--har", action="append", default=[], type=Path, metavar="FILE", help="an HTTP archive")
        parser.add_argument("--log", action="append", default=[], type=Path, metavar="FILE", help="JSON lines")
        parser.add_argument("--token", help="a credential for reading, without a sandbox; @FILE reads it from a file")
        parser.add_argument("--only", metavar="PATTERN", help="a regular expression for 'METHOD path (source)'")
        parser.add_argument("--limit", type=int, metavar="N", help="the first N requests")
        parser.add_argument("--timeout", type=float, default=30, help="seconds for an answer (30)")
        parser.add_argument(
            "--ignore-header", action="append", default=[], metavar="NAME", help="one that a proxy adds"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on one line")
        parser.add_argument("--report", type=Path, metavar="FILE", help="write a page about it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, tell, and end with the exit code."""
        try:
            outcome, about = self._compare(options)
        except (MisuseError, UnreadableError, UnansweredError) as error:
            raise CommandError(str(error), returncode=NOTHING_COMPARED) from None
        if options["report"]:
            try:
                options["report"].write_text(report.page(outcome, about), encoding="utf-8")
            except OSError as error:
                message = f"{options['report']} cannot be written: {error.strerror}."
                raise CommandError(message, returncode=NOTHING_COMPARED) from None
        if options["json"]:
            self.stdout.write(report.as_json(outcome, about))
        else:
            self.stdout.write("\n".join(report.lines(outcome, about)))
        if not outcome.compared:
            raise CommandError("Nothing was compared.", returncode=NOTHING_COMPARED)
        if outcome.told:
            raise SystemExit(DIFFERENT)

    def _compare(self, options: dict[str, Any]) -> tuple[Outcome, report.About]:
        if options["limit"] is not None and options["limit"] < 1:
            raise MisuseError("--limit is 1 or more.")
        if not 0 < options["timeout"] <= 3600:
            raise MisuseError("--timeout is more than 0 and at most 3600 seconds.")
        if options["sandbox"] and options["token"]:
            raise MisuseError("--token is for a deployment without --sandbox: with it, guests bring their own.")
        if options["sandbox"]:
            see_that_both_are_here(options["url"], options["sandbox"])
        deployment = _deployment(options["url"], options["timeout"])
        sources = Sources(
            contract=options["contract"] or not (options["har"] or options["log"]),
            archives=options["har"],
            logs=options["log"],
            only=_pattern(options["only"]),
            limit=options["limit"],
        )
        token = _token(options["token"])
        # All files first: what cannot be read is told before anything is sent.
        recorded = sources.read()
        see_both(deployment)
        people = people_of(deployment, options["sandbox"], timeout=options["timeout"]) if options["sandbox"] else None
        gathered = gather(sources, recorded, people)
        outcome = Outcome()
        ignored = frozenset(name.lower() for name in options["ignore_header"])
        results = run(gathered.cases, deployment, people, token=token, ignored=ignored)
        # Only where somebody looks: a pipe gets none.
        for result in tqdm(results, total=len(gathered.cases), unit=" requests", disable=None, leave=False):
            outcome.take(result)
        about = report.About(deployment.url, options["sandbox"], len(gathered.cases), gathered.notes)
        return outcome, about


def _deployment(url: str, timeout: float) -> Deployment:
    try:
        return Deployment(url, timeout=timeout)
    except ValueError as error:
        raise MisuseError(f"--url: {error}") from None


def _pattern(text: str | None) -> re.Pattern[str]:
    try:
        return re.compile(text or "")
    except re.error as error:
        raise MisuseError(f"--only is no regular expression: {error}.") from None


def _token(text: str | None) -> str | None:
    if text is None or not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise MisuseError("--token: the file cannot be read.") from None
