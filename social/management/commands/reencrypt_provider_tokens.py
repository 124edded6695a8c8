"""`manage.py reencrypt_provider_tokens`: after a new key, or to encrypt what older releases kept in clear."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from social import provider_token_rotation
from social.conf import conf
from social.provider_token_rotation import Tally

UNREADABLE = 1
MISUSED = 2


class Command(BaseCommand):
    """Exit code 0: every token is current (or gone). 1: some cannot be read. 2: nothing was done."""

    help = (
        "Encrypts every kept provider token with the first of PROVIDER_TOKEN_KEYS, tokens in clear included. "
        "May be interrupted and run again, beside the running service."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the options."""
        parser.add_argument("--batch-size", type=int, default=500, help="associations of a transaction (500)")
        parser.add_argument("--dry-run", action="store_true", help="count only, write nothing")
        parser.add_argument("--forget", action="store_true", help="without keys: remove all tokens that are kept")

    def handle(self, *args: Any, batch_size: int, dry_run: bool, forget: bool, **options: Any) -> None:
        """Run, and say what became of the tokens."""
        if batch_size < 1:
            raise CommandError("--batch-size is 1 or more.", returncode=MISUSED)
        if forget and conf.provider_token_keys:
            raise CommandError(
                "PROVIDER_TOKEN_KEYS is set, so every sign-in would keep a token anew. Unset it, then --forget.",
                returncode=MISUSED,
            )
        if not forget and not conf.provider_token_keys:
            raise CommandError(
                "PROVIDER_TOKEN_KEYS is not set: there is no key to encrypt with. "
                "With --forget, all tokens that are kept are removed.",
                returncode=MISUSED,
            )
        tally, total = Tally(), provider_token_rotation.count()
        walk = provider_token_rotation.forget if forget else provider_token_rotation.reencrypt
        for tally in walk(batch_size=batch_size, write=not dry_run):
            if self.stderr.isatty():
                self.stderr.write(f"\r{tally.seen} of {total}", ending="")
        if self.stderr.isatty():
            self.stderr.write("")
        self._report(tally, done="removed" if forget else "encrypted", dry_run=dry_run)

    def _report(self, tally: Tally, *, done: str, dry_run: bool) -> None:
        clear = f" ({tally.of_which_in_clear} were in clear)" if tally.of_which_in_clear else ""
        self.stdout.write(
            f"{tally.seen} associations: {tally.changed} {'would be ' if dry_run else ''}{done}{clear}, "
            f"{tally.untouched} needed nothing, {len(tally.unreadable)} cannot be read."
        )
        for pk, provider in tally.unreadable:
            self.stderr.write(f"association {pk} ({provider}): no key of PROVIDER_TOKEN_KEYS fits; left as it is")
        if tally.unreadable:
            raise CommandError(
                "Put the key that these were encrypted with back at the end of PROVIDER_TOKEN_KEYS.",
                returncode=UNREADABLE,
            )
