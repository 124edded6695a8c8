"""`manage.py import_api_keys`: import the API keys of a Tastypie deployment as access tokens."""

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from legacy_api import key_import
from legacy_api.key_import import (
    LOST,
    REFUSED,
    SHORT,
    TABLE,
    Finding,
    NoSuchTableError,
    Outcome,
    api_keys,
    database,
)
from social import tokens

SOME_LOST = 1
MISUSED = 2
INTERRUPTED = 130
"""The exit code that a shell reports for a program ended by Ctrl-C."""


class Command(BaseCommand):
    """Import the keys, and report what could not be imported."""

    help = (
        "Imports every key in Tastypie's table as an access token. The table is only read. Keys are stored as SHA-256 "
        "and never printed. The command may be interrupted, repeated, and run beside the service. Exit code 0: every "
        "key that a client can use is valid here; 1: some are not, and their rows and users are listed; 2: nothing was "
        "done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--table", default=TABLE, help=f"the table of the keys (default {TABLE})")
        parser.add_argument("--batch-size", type=int, default=2000, help="keys per transaction (default 2000)")
        parser.add_argument("--dry-run", action="store_true", help="report only, write nothing")
        parser.add_argument(
            "--end-missing",
            action="store_true",
            help="afterwards, revoke imported keys that are no longer in the table: replaced or revoked there",
        )

    def handle(self, *args: Any, table: str, batch_size: int, dry_run: bool, end_missing: bool, **options: Any) -> None:
        """Import the keys, and report the results."""
        if batch_size < 1:
            raise CommandError("--batch-size must be at least 1.", returncode=MISUSED)
        try:
            rows = api_keys(table)
        except NoSuchTableError as error:
            raise CommandError(str(error), returncode=MISUSED) from None
        if end_missing and not rows.exists():
            raise CommandError(
                f"The table {table} is empty: --end-missing would revoke every imported key.", returncode=MISUSED
            )
        try:
            outcomes = self._import(rows, batch_size, dry_run=dry_run)
            if end_missing:
                self._revoke_missing(rows, batch_size, dry_run=dry_run)
        except KeyboardInterrupt:
            raise CommandError(
                "Interrupted. The keys imported so far are valid. Run the command again for the others.",
                returncode=INTERRUPTED,
            ) from None
        if lost := sum(outcomes[outcome] for outcome in LOST):
            raise CommandError(
                f"{lost} keys that clients may use are not valid here: their users have to sign in again.",
                returncode=SOME_LOST,
            )

    def _import(self, rows: Any, batch_size: int, *, dry_run: bool) -> Counter[Outcome]:
        outcomes: Counter[Outcome] = Counter()
        short = 0
        with tqdm(total=rows.count(), unit=" keys", disable=None, file=sys.stderr, leave=False) as progress:
            for findings in key_import.import_keys(rows, batch_size=batch_size, write=not dry_run):
                outcomes.update(finding.outcome for finding in findings)
                short += sum(finding.short for finding in findings)
                with tqdm.external_write_mode(file=sys.stderr):
                    self._write_findings(findings)
                progress.update(len(findings))
        self._report(outcomes, short, dry_run=dry_run)
        return outcomes

    def _write_findings(self, findings: list[Finding]) -> None:
        for finding in findings:
            if finding.outcome in REFUSED:
                self.stderr.write(f"row {finding.row} (user {finding.user}): not imported, {finding.outcome}")
            elif finding.short:
                self.stderr.write(
                    f"row {finding.row} (user {finding.user}): shorter than {SHORT} characters, it can be guessed"
                )

    def _report(self, outcomes: Counter[Outcome], short: int, *, dry_run: bool) -> None:
        refused = sum(outcomes[outcome] for outcome in REFUSED)
        self.stdout.write(
            f"{outcomes.total()} keys: {outcomes[Outcome.IMPORTED]} {'would be ' if dry_run else ''}imported, "
            f"{outcomes[Outcome.KNOWN]} already imported, {outcomes[Outcome.ENDED]} no longer valid, "
            f"{refused} not imported."
        )
        for outcome in REFUSED:
            if outcomes[outcome]:
                self.stdout.write(f"{outcomes[outcome]} not imported: {outcome}.")
        if short:
            self.stdout.write(f"{short} are so short that they can be guessed: issue new ones to their users.")

    def _revoke_missing(self, rows: Any, batch_size: int, *, dry_run: bool) -> None:
        revoked = 0
        for ids in key_import.imported_and_missing(rows, batch_size=batch_size):
            revoked += len(ids)
            if ids and not dry_run:
                with transaction.atomic(using=database()):
                    tokens.revoke_many(ids)
        self.stdout.write(
            f"{revoked} imported keys {'would be ' if dry_run else 'were '}revoked: no longer in the table."
        )
