"""`manage.py import_api_keys`: the keys of an existing Tastypie deployment go on working, on every version."""

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from legacy_api import key_import
from legacy_api.api_keys import TABLE, NoSuchTableError, api_keys, database
from legacy_api.key_import import LOST, REFUSED, SHORT, Fate, Finding
from social import tokens

SOME_LOST = 1
MISUSED = 2
INTERRUPTED = 130
"""As a shell says of a program that Ctrl-C has ended."""


class Command(BaseCommand):
    """Exit code 0: every key that can be sent works here. 1: some do not. 2: nothing was done."""

    help = (
        "Makes an access token of every key in Tastypie's table, which is only read. Keys are kept as SHA-256 and "
        "never printed. May be interrupted and run again, beside the running service. Exit code 0: every key that a "
        "client can use works here; 1: some do not, each told by its row and its user; 2: nothing was done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the options."""
        parser.add_argument("--table", default=TABLE, help=f"where the keys are ({TABLE})")
        parser.add_argument("--batch-size", type=int, default=2000, help="keys of a transaction (2000)")
        parser.add_argument("--dry-run", action="store_true", help="tell only, write nothing")
        parser.add_argument(
            "--end-missing",
            action="store_true",
            help="afterwards, end imported keys that the table does not hold any more: replaced or revoked there",
        )

    def handle(self, *args: Any, table: str, batch_size: int, dry_run: bool, end_missing: bool, **options: Any) -> None:
        """Run, and say what became of the keys."""
        if batch_size < 1:
            raise CommandError("--batch-size is 1 or more.", returncode=MISUSED)
        try:
            rows = api_keys(table)
        except NoSuchTableError as error:
            raise CommandError(str(error), returncode=MISUSED) from None
        if end_missing and not rows.exists():
            raise CommandError(
                f"The table {table} is empty: --end-missing would end every imported key.", returncode=MISUSED
            )
        try:
            fates = self._import(rows, batch_size, dry_run=dry_run)
            if end_missing:
                self._end_missing(rows, batch_size, dry_run=dry_run)
        except KeyboardInterrupt:
            raise CommandError(
                "Interrupted. What was imported so far works; run it again for the rest.", returncode=INTERRUPTED
            ) from None
        if lost := sum(fates[fate] for fate in LOST):
            raise CommandError(
                f"{lost} keys that clients may use do not work here: their users have to sign in again.",
                returncode=SOME_LOST,
            )

    def _import(self, rows: Any, batch_size: int, *, dry_run: bool) -> Counter[Fate]:
        fates: Counter[Fate] = Counter()
        short = 0
        with tqdm(total=rows.count(), unit=" keys", disable=None, file=sys.stderr, leave=False) as progress:
            for findings in key_import.import_keys(rows, batch_size=batch_size, write=not dry_run):
                fates.update(finding.fate for finding in findings)
                short += sum(finding.short for finding in findings)
                with tqdm.external_write_mode(file=sys.stderr):
                    self._tell(findings)
                progress.update(len(findings))
        self._report(fates, short, dry_run=dry_run)
        return fates

    def _tell(self, findings: list[Finding]) -> None:
        for finding in findings:
            if finding.fate in REFUSED:
                self.stderr.write(f"row {finding.row} (user {finding.user}): not imported, {finding.fate}")
            elif finding.short:
                self.stderr.write(
                    f"row {finding.row} (user {finding.user}): shorter than {SHORT} characters, it may be guessed"
                )

    def _report(self, fates: Counter[Fate], short: int, *, dry_run: bool) -> None:
        refused = sum(fates[fate] for fate in REFUSED)
        self.stdout.write(
            f"{fates.total()} keys: {fates[Fate.IMPORTED]} {'would be ' if dry_run else ''}imported, "
            f"{fates[Fate.HERE]} here already, {fates[Fate.ENDED]} ended here since, {refused} not imported."
        )
        for fate in REFUSED:
            if fates[fate]:
                self.stdout.write(f"{fates[fate]} not imported: {fate}.")
        if short:
            self.stdout.write(f"{short} are so short that they may be guessed: give their users new ones.")

    def _end_missing(self, rows: Any, batch_size: int, *, dry_run: bool) -> None:
        ended = 0
        for ids in key_import.imported_and_missing(rows, batch_size=batch_size):
            ended += len(ids)
            if ids and not dry_run:
                with transaction.atomic(using=database()):
                    tokens.revoke_many(ids)
        self.stdout.write(
            f"{ended} imported keys {'would be ' if dry_run else 'were '}ended: not in the table any more."
        )
