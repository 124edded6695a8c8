"""A parser for docs/migration.md: chapters with their dates, commands and expected output."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

_CHAPTER = re.compile(r"^## (?P<title>.+)$")
_DAY = re.compile(r"^\*(?P<day>\d{4}-\d\d-\d\d \d\d:\d\d) UTC\*")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MOMENT_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_BLOCK = "```console"


@dataclass(slots=True)
class Command:
    """A command, and the output that the page shows for it."""

    text: str
    output: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Chapter:
    """A section of the page with its commands, which run at one date."""

    title: str
    moment: datetime | None = None
    commands: list[Command] = field(default_factory=list)


def read(page: Path) -> list[Chapter]:
    """Return the chapters that have commands.

    In a console block, a line that begins with `$ ` is a command, a line that begins with `> ` continues it, and the
    others are its output.
    """
    chapters: list[Chapter] = []
    inside = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if inside:
            inside = line != "```"
            if inside:
                _console_line(chapters[-1], line, f"{page.name}:{number}")
        elif match := _CHAPTER.match(line):
            chapters.append(Chapter(match["title"]))
        elif match := _DAY.match(line):
            chapters[-1].moment = datetime.strptime(match["day"], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        else:
            inside = line == _BLOCK
    return [chapter for chapter in chapters if chapter.commands]


def _console_line(chapter: Chapter, line: str, where: str) -> None:
    if line.startswith("$ "):
        chapter.commands.append(Command(line[2:]))
    elif not chapter.commands:
        raise ValueError(f"{where}: a block of commands begins with a prompt")
    elif line.startswith("> "):
        chapter.commands[-1].text += "\n" + line[2:]
    else:
        chapter.commands[-1].output.append(line)


def matches(expected: list[str], printed: str) -> bool:
    """Return True if the output is what the page shows; `…` matches any text in a line, and alone any lines.

    The page has ids, times and lengths only if they are the same in each run, and `…` otherwise.
    """
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else r".*?".join(map(re.escape, line.rstrip().split("…"))) + r" *\n"
        for line in expected
    )
    return re.fullmatch(pattern, printed if printed.endswith("\n") or not printed else printed + "\n") is not None


def moved(moment: str, by: timedelta) -> str:
    """Return a time in the contract's format, moved by an interval."""
    return (datetime.strptime(moment, _MOMENT_FORMAT).replace(tzinfo=UTC) + by).strftime(_MOMENT_FORMAT)
