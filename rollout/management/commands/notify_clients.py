"""`manage.py notify_clients`: send client teams the notices that are due. Run it once a day."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from rollout.client_health.notices import Result, notify
from rollout.conf import conf
from shared.http.redaction import exception_name

UNFINISHED = 1


class Command(BaseCommand):
    """Exit code 0: all that was due is sent. 1: something was not, and the next run tries it again. 2: misuse."""

    help = (
        "Sends a mail and a webhook to each client team that still calls v1, CLIENT_NOTICE_DAYS before each date of "
        "v1. Run it once a day. Each notice is sent once, however often it is run; what could not be sent is tried "
        "again by the next run. Exit code 0: all that was due is sent; 1: something was not; 2: misuse."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--dry-run", action="store_true", help="print what is due, write and send nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Send what is due, and print a line for each message."""
        results = []
        try:
            for outcome in notify(conf.notice_days, dry_run=dry_run):
                results.append(outcome.result)
                self.stdout.write(str(outcome))
        except Error as error:
            raise CommandError(
                f"The database failed: {exception_name(error.__cause__ or error)}. Run it again.", returncode=UNFINISHED
            ) from error
        if not results:
            self.stdout.write("Nothing is due.")
        if Result.FAILED in results:
            raise CommandError("Some notices were not sent. The next run tries them again.", returncode=UNFINISHED)
