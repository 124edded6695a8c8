"""`manage.py prune_ledger`: delete rows older than LEDGER_DAYS and LAST_CALL_DAYS now rather than within a day."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from rollout.ledger.retention import BATCH_SIZE, delete, old_rows
from shared.http.redaction import exception_name

UNFINISHED = 1
MISUSED = 2


class Command(BaseCommand):
    """Exit code 0: no old row is left, or they were counted. 1: the database failed. 2: nothing was done."""

    help = (
        "Removes counts older than LEDGER_DAYS, and when users last called if that is older than LAST_CALL_DAYS. "
        "The service does so by itself once a day. May be interrupted and run again, beside the running service."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--batch-size", type=int, default=BATCH_SIZE, help=f"rows of a transaction ({BATCH_SIZE})")
        parser.add_argument("--dry-run", action="store_true", help="count only, remove nothing")

    def handle(self, *args: Any, batch_size: int, dry_run: bool, **options: Any) -> None:
        """Delete the rows, and print how many."""
        if batch_size < 1:
            raise CommandError("--batch-size is 1 or more.", returncode=MISUSED)
        try:
            for name, rows in old_rows().items():
                number = rows.count() if dry_run else sum(delete(rows, batch_size=batch_size))
                self.stdout.write(f"{name}: {number} {'would be removed' if dry_run else 'removed'}")
        except Error as error:
            raise CommandError(
                f"The database failed: {exception_name(error.__cause__ or error)}. Run it again.", returncode=UNFINISHED
            ) from error
