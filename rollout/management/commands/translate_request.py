"""`manage.py translate_request`: a captured request to v1 as the same request to v2."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rollout.recorded import har
from rollout.recorded.request import UnreadableError
from rollout.translate import curl, writing
from rollout.translate.curl import Command as Captured
from rollout.translate.successor import Translated, is_old, successor

VERSION = "1"
"""Of what this writes."""
REFUSED = 1
MISUSED = 2


class Command(BaseCommand):
    """Exit code 0: translated. 1: it cannot be translated, and is told why. 2: misuse, nothing was read."""

    help = (
        "Reads a curl command (browsers: Copy as cURL, bash) or an HTTP archive of requests to v1, from a file or from "
        "standard input, and writes the same requests to v2. The credentials in them are written as well, and nowhere "
        "else; notes go to standard error. Exit code 0: translated; 1: it cannot be; 2: misuse."
    )

    requires_system_checks = []  # it looks at nothing but its input

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the options."""
        parser.add_argument("file", nargs="?", default="-", help="a curl command or an archive; - is standard input")
        parser.add_argument("--entry", type=int, metavar="N", help="of an archive: the entry, from 1 (all of v1)")
        parser.add_argument("--format", choices=("curl", "har"), default="curl", help="how to write it (curl)")

    def handle(self, *args: Any, file: str, entry: int | None, format: str, **options: Any) -> None:
        """Translate, and note what is to be known."""
        try:
            captured = _captured(_text(file), entry)
            translated = [(one, successor(one.request)) for one in captured]
            written = _written(translated, format)
        except UnreadableError as error:
            raise CommandError(str(error), returncode=REFUSED) from None
        self.stdout.write(written)
        for _, one in translated:
            for note in one.notes:
                self.stderr.write(f"{one.request.place}: {note}")


def _text(file: str) -> str:
    """Read the input; bytes that are no UTF-8 become surrogates, as on a command line."""
    try:
        given = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=MISUSED) from None
    return given.decode("utf-8-sig", "surrogateescape")


def _captured(text: str, entry: int | None) -> list[Captured]:
    """Read a command or an archive, whichever it is."""
    if not text.lstrip().startswith("{"):
        if entry is not None:
            raise CommandError("--entry is for an archive, and this is none.", returncode=MISUSED)
        return curl.read(text)
    entries = har.entries_of(text, "the input")
    if entry is None:
        numbers = [number for number, one in enumerate(entries, start=1) if is_old(har.url_of(one))]
        if not numbers:
            raise UnreadableError("No entry of the archive is a request to v1.")
    elif 1 <= entry <= len(entries):
        numbers = [entry]
    else:
        raise CommandError(f"--entry is from 1 to {len(entries)}.", returncode=MISUSED)
    return [Captured(har.request_of(entries[number - 1], number)) for number in numbers]


def _written(translated: list[tuple[Captured, Translated]], format: str) -> str:
    if format == "har":
        return writing.as_text(writing.har([one.request for _, one in translated], VERSION))
    return "\n\n".join(writing.curl(one.request, captured.kept) for captured, one in translated)
