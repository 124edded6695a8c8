"""`manage.py reencrypt_provider_tokens`: encrypt all stored provider tokens with the first key, or remove them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from social import provider_token_rotation
from social.conf import conf
from social.provider_token_rotation import Progress

UNREADABLE = 1
MISUSED = 2


class Command(BaseCommand):
    """Exit code 0: every token is encrypted with the first key, or removed. 1: some cannot be read. 2: wrong usage."""

    help = (
        "Encrypts every stored provider token with the first of PROVIDER_TOKEN_KEYS, tokens in clear included. "
        "It can be interrupted and run again, and runs beside the service."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--batch-size", type=int, default=500, help="associations in one transaction (500)")
        parser.add_argument("--dry-run", action="store_true", help="count only, write nothing")
        parser.add_argument("--forget", action="store_true", help="without keys: remove all stored tokens")

    def handle(self, *args: Any, batch_size: int, dry_run: bool, forget: bool, **options: Any) -> None:
        """Encrypt or remove the tokens, and print the counts."""
        if batch_size < 1:
            raise CommandError("--batch-size is 1 or more.", returncode=MISUSED)
        if forget and conf.provider_token_keys:
            raise CommandError(
                "PROVIDER_TOKEN_KEYS is set, so each sign-in would store a token again. Unset it before --forget.",
                returncode=MISUSED,
            )
        if not forget and not conf.provider_token_keys:
            raise CommandError(
                "PROVIDER_TOKEN_KEYS is not set: there is no key to encrypt with. --forget removes all stored tokens.",
                returncode=MISUSED,
            )
        progress, count = Progress(), provider_token_rotation.count()
        batches = provider_token_rotation.remove if forget else provider_token_rotation.reencrypt
        for progress in batches(batch_size=batch_size, write=not dry_run):
            if self.stderr.isatty():
                self.stderr.write(f"\r{progress.total} of {count}", ending="")
        if self.stderr.isatty():
            self.stderr.write("")
        self._report(progress, done="removed" if forget else "encrypted", dry_run=dry_run)

    def _report(self, progress: Progress, *, done: str, dry_run: bool) -> None:
        clear = f" ({progress.changed_in_clear} were in clear)" if progress.changed_in_clear else ""
        self.stdout.write(
            f"{progress.total} associations: {progress.changed} {'would be ' if dry_run else ''}{done}{clear}, "
            f"{progress.unchanged} unchanged, {len(progress.unreadable)} cannot be read."
        )
        for pk, provider in progress.unreadable:
            self.stderr.write(f"association {pk} ({provider}): no key of PROVIDER_TOKEN_KEYS decrypts it")
        if progress.unreadable:
            raise CommandError(
                "Add the key that encrypted these tokens to the end of PROVIDER_TOKEN_KEYS.",
                returncode=UNREADABLE,
            )
