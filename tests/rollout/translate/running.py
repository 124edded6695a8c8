"""The command as somebody runs it."""

import io
from dataclasses import dataclass
from pathlib import Path

from django.core.management import CommandError, call_command


@dataclass(frozen=True)
class Ended:
    """What a run has ended with."""

    code: int
    out: str
    err: str


def translate(folder: Path, given: str | bytes, *arguments: str) -> Ended:
    """Translate what stands in a file."""
    file, out, err = folder / "captured", io.StringIO(), io.StringIO()
    file.write_bytes(given if isinstance(given, bytes) else given.encode("utf-8", "surrogateescape"))
    try:
        call_command("translate_request", str(file), *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return Ended(error.returncode, out.getvalue(), str(error))
    return Ended(0, out.getvalue().rstrip("\n"), err.getvalue())
