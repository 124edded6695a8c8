"""`manage.py migration_status`: can v1 be switched off?"""

import json as json_format
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from rollout.conf import conf
from rollout.dashboard.report import as_html
from rollout.status.output import as_json, lines
from rollout.status.spreadsheet import as_csv
from rollout.status.status import Criteria, status
from rollout.status.verdict import Answer, verdict

CODES = {Answer.YES: 0, Answer.NOT_YET: 1, Answer.NO: 1, Answer.UNKNOWN: 2}
MISUSED = 2


class Command(BaseCommand):
    """Exit code 0: v1 can be switched off. 1: not yet. 2: misuse, or too little is recorded to say."""

    help = (
        "Prints whether v1 can be switched off: its share of the calls by client and over time, the users who depend "
        "on it, and when it will end if it goes on like this. Exit code 0: it can be switched off; 1: not yet; 2: "
        "misuse, or too little is recorded to say."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        defaults = Criteria()
        parser.add_argument(
            "--threshold",
            type=float,
            default=100 * defaults.share,
            metavar="PERCENT",
            help="v1's share of the calls of the last 7 days that is low enough (%(default)g)",
        )
        parser.add_argument(
            "--users-threshold",
            type=int,
            default=defaults.users,
            metavar="NUMBER",
            help="users who depend on v1 that are few enough (%(default)s)",
        )
        parser.add_argument(
            "--days",
            type=int,
            default=defaults.days,
            help="users who have not called for this many days are gone (%(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on one line")
        parser.add_argument("--html", type=Path, metavar="FILE", help="write a report to send, in one file, as well")
        parser.add_argument(
            "--csv",
            type=Path,
            metavar="FILE",
            help="write the calls by client and resource, for a spreadsheet, as well",
        )

    def handle(self, *args: Any, threshold: float, users_threshold: int, days: int, **options: Any) -> None:
        """Print the status, write the files, and exit with the code."""
        if not (isfinite(threshold) and 0 <= threshold <= 100):
            raise CommandError("--threshold is a percentage, 0 to 100.", returncode=MISUSED)
        if users_threshold < 0:
            raise CommandError("--users-threshold is 0 or more.", returncode=MISUSED)
        most = conf.last_calls_kept.days
        if not 1 <= days <= most:
            kept = f"LAST_CALL_DAYS ({most}), since older calls of users are forgotten"
            raise CommandError(f"--days is 1 to {kept}.", returncode=MISUSED)
        try:
            found = status(timezone.now(), Criteria(share=threshold / 100, users=users_threshold, days=days))
            files = {
                options[name]: render(found)
                for name, render in (("html", as_html), ("csv", as_csv))
                if options[name] is not None
            }
        except DatabaseError as error:
            why = "The ledger cannot be read. Is the database there, and migrated (manage.py migrate)?"
            raise CommandError(why, returncode=MISUSED) from error
        for path, text in files.items():
            _write(path, text)
        if options["json"]:
            self.stdout.write(json_format.dumps(as_json(found)))
        else:
            self._print(lines(found), verdict(found).answer)
        if code := CODES[verdict(found).answer]:
            raise SystemExit(code)

    def _print(self, output: Iterable[str], answer: Answer) -> None:
        colour = {Answer.YES: self.style.SUCCESS, Answer.NO: self.style.ERROR}.get(answer, self.style.WARNING)
        first, *rest = output
        # One write: a reader of the first line only may close the pipe after it.
        self.stdout.write("\n".join([colour(first), *rest]))


def _write(path: Path, text: str) -> None:
    try:
        # The line ends of CSV are part of it.
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.", returncode=MISUSED) from error
