"""The demo's output: lines, coloured on a terminal, and JSON laid out for reading."""

import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, TextIO

_COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_SECRETS = {"access_token", "access_token_secret", "id_token", "code", "code_verifier", "token"}
BESIDE = 132
"""Terminal width from which two answers are printed side by side."""
_SECRET_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Block:
    """Lines with a label."""

    label: str
    lines: Sequence[str]


class Terminal:
    """Writes lines to a stream, with colours if the stream is a terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._coloured = out.isatty() and "NO_COLOR" not in os.environ
        self.width = min(shutil.get_terminal_size().columns, 180) if out.isatty() else 80

    def line(self, text: str = "", *styles: str) -> None:
        """Write a line."""
        self._write(self.styled(text, *styles) + "\n")

    def styled(self, text: str, *styles: str) -> str:
        """Return the text in a style if the stream is a terminal."""
        if not (self._coloured and styles and text.strip()):
            return text
        return f"\x1b[{';'.join(_COLOURS[style] for style in styles)}m{text}\x1b[0m"

    def beside(self, blocks: Sequence[Block]) -> None:
        """Write one or two blocks, side by side if the terminal is wide enough; mark the lines that differ."""
        if len(blocks) == 1 or self.width < BESIDE:
            for number, block in enumerate(blocks):
                against = blocks[0] if number else block
                for index, (line, other) in enumerate(zip_longest(block.lines, against.lines, fillvalue="")):
                    self._block_line("" if index else block.label, line, differs=line != other)
                if block is not blocks[-1]:
                    self.line()
            return
        left, right = blocks
        column = (self.width - 16) // 2
        for index, (line, other) in enumerate(zip_longest(left.lines, right.lines, fillvalue="")):
            fitting = line if len(line) < column else line[: column - 2] + "…"
            label, second = ("", "") if index else (left.label, right.label)
            both = f"{fitting.ljust(column)} {self.styled(second.ljust(4), 'bold')}{other}"
            self._block_line(label, both, differs=line != other)

    def _block_line(self, label: str, text: str, *, differs: bool) -> None:
        mark, styles = ("~", ("cyan",)) if differs else (" ", ())
        self.line(f" {mark} {self.styled(label.ljust(4), 'bold')} {self.styled(text, *styles)}".rstrip())

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def pretty(value: Any, width: int) -> list[str]:
    """Return a JSON value as lines of at most this width if possible, with secrets shortened."""
    return _laid_out(shortened(value), width)


def shortened(value: Any) -> Any:
    """Return the JSON value with every token shortened."""
    if isinstance(value, dict):
        # The `code` of an error is no secret.
        secrets = _SECRETS - {"code"} if "errors" in value else _SECRETS
        return {
            name: short(inner) if name in secrets and isinstance(inner, str) else shortened(inner)
            for name, inner in value.items()
        }
    return [shortened(inner) for inner in value] if isinstance(value, list) else value


def short(secret: str) -> str:
    """Return the beginning of a secret."""
    return secret if len(secret) <= _SECRET_SHOWN * 2 else f"{secret[:_SECRET_SHOWN]}…"


def short_credentials(header: str) -> str:
    """Return an Authorization header with its token shortened."""
    return re.sub(r"[A-Za-z0-9_-]{40,}$", lambda match: short(match[0]), header)


def _laid_out(value: Any, width: int, label: str = "") -> list[str]:
    whole = label + json.dumps(value, ensure_ascii=False)
    if len(whole) <= width or not isinstance(value, dict | list) or not value:
        return [whole]
    inner_width = width - len("  ,")
    if isinstance(value, dict):
        begin, end = "{}"
        blocks = [_laid_out(inner, inner_width, f"{json.dumps(name)}: ") for name, inner in value.items()]
    else:
        begin, end = "[]"
        blocks = [_laid_out(inner, inner_width) for inner in value]
    lines = [f"  {line}" for block in blocks for line in [*block[:-1], block[-1] + ","]]
    return [label + begin, *lines[:-1], lines[-1].removesuffix(","), end]
