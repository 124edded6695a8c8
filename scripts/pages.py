"""The command line of the scripts that write a page of docs/, or a template from one."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def write_or_check(path: Path, page: Callable[[], str], command: str, arguments: Sequence[str]) -> int:
    """Write the page, or with `--check` report that it is not up to date; return the exit status.

    :param command: the command that writes the page, for the report.
    """
    if "--check" not in arguments:
        path.write_text(page(), encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == page():
        return 0
    print(f"{path.relative_to(ROOT)} is not up to date: {command}", file=sys.stderr)
    return 1
