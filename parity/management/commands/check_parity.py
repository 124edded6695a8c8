"""`manage.py check_parity`: compare the answers of both versions of a running deployment."""

import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from parity import report
from parity.comparison import Outcome, run
from parity.deployment import Deployment, UnansweredError, UsageError, check_addresses, check_versions
from parity.recordings import UnreadableError
from parity.sources import Sources
from parity.synthetic_users import SyntheticUsers

DIFFERENT = 1
NOTHING_COMPARED = 2


class Command(BaseCommand):
    """Exit code 0: all requests were answered alike. 1: some were not. 2: nothing was compared."""

    help = (
        "Sends requests to both versions of a running deployment and prints what differs beyond the closed list of "
        "docs/differences.md. Without --sandbox only requests that change nothing are sent. "
        "Exit code 0: alike; 1: differences, or requests without an answer; 2: misuse, or nothing was compared."
    )

    requires_system_checks = []  # it checks another process, not this one's settings

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--url", required=True, help="the deployment: http://127.0.0.1:8000")
        parser.add_argument("--sandbox", help="its sandbox: sign-ups and changes are sent too, by synthetic users")
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
        parser.add_argument("--report", type=Path, metavar="FILE", help="write an HTML page")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, report, and exit with the code."""
        try:
            outcome, about = self._compare(options)
        except (UsageError, UnreadableError, UnansweredError) as error:
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
        if outcome.reported:
            raise SystemExit(DIFFERENT)

    def _compare(self, options: dict[str, Any]) -> tuple[Outcome, report.About]:
        _check(options)
        url, sandbox, timeout = options["url"], options["sandbox"], options["timeout"]
        try:
            deployment = Deployment(url, timeout=timeout)
        except ValueError as error:
            raise UsageError(f"--url: {error}") from None
        sources = Sources(
            contract=options["contract"] or not (options["har"] or options["log"]),
            archives=options["har"],
            logs=options["log"],
            only=_pattern(options["only"]),
            limit=options["limit"],
        )
        token = _token(options["token"])
        # All files first: a file that cannot be read is reported before any request is sent.
        recorded = sources.read()
        check_versions(deployment)
        users = SyntheticUsers.connect(deployment, sandbox, timeout=timeout) if sandbox else None
        cases, notes = sources.cases(recorded, users)
        outcome = Outcome()
        ignored = frozenset(name.lower() for name in options["ignore_header"])
        results = run(cases, deployment, users, token=token, ignored=ignored)
        # disable=None: no progress bar unless standard error is a terminal.
        for result in tqdm(results, total=len(cases), unit=" requests", disable=None, leave=False):
            outcome.add(result)
        return outcome, report.About(deployment.url, sandbox, len(cases), notes)


def _check(options: dict[str, Any]) -> None:
    if options["limit"] is not None and options["limit"] < 1:
        raise UsageError("--limit is 1 or more.")
    if not 0 < options["timeout"] <= 3600:
        raise UsageError("--timeout is more than 0 and at most 3600 seconds.")
    if options["sandbox"] and options["token"]:
        raise UsageError("--token is for a deployment without --sandbox: synthetic users have tokens of their own.")
    if options["sandbox"]:
        check_addresses(options["url"], options["sandbox"])


def _pattern(text: str | None) -> re.Pattern[str]:
    try:
        return re.compile(text or "")
    except re.error as error:
        raise UsageError(f"--only is no regular expression: {error}.") from None


def _token(text: str | None) -> str | None:
    if text is None or not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError("--token: the file cannot be read.") from None
