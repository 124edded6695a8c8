"""A shell command as the words that a POSIX shell makes of it, where it can be read without running anything.

`shlex` does not know $'…', in which browsers write, and cannot tell an operator from one in quotes.
"""

import re
from collections.abc import Iterator

from rollout.recorded.request import UnreadableError

_FILLED = r"\$[A-Za-z_{(0-9@*#?!$-]|`"
_PARTS = re.compile(
    rf"""'(?P<single>[^']*)'
    |\$'(?P<ansi>(?:[^'\\]|\\.)*)'
    |"(?P<double>(?:[^"\\]|\\.)*)"
    |(?P<continued>\\\r?\n)
    |\\(?P<escaped>.)
    |(?P<filled>{_FILLED})
    |(?P<operator>[;&|<>()]+|\r?\n)
    |(?P<blank>[ \t]+)
    |(?P<plain>[^\s'"\\;&|<>()$`]+|\$)
    |(?P<opened>.)""",
    re.DOTALL | re.VERBOSE,
)
_IN_DOUBLE = re.compile(rf"\\(?P<escaped>[$`\"\\])|(?P<continued>\\\r?\n)|(?P<filled>{_FILLED})")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_ENDS = frozenset({";", "&", "&&", "\n", "\r\n"})


def commands(text: str) -> Iterator[list[str]]:
    """Give the words of each command; bytes that are no UTF-8 are surrogates, as in `sys.argv`.

    :raises UnreadableError: for what only a shell can fill in, and for what it does besides running commands.
    """
    command: list[str] = []
    word: str | None = None
    for match in _PARTS.finditer(text):
        part = _meant(match)
        if part is not None:
            word = (word or "") + part
            continue
        if word is not None:
            command.append(word)
            word = None
        if match["blank"] or match["continued"]:
            continue
        if match["operator"] not in _ENDS:
            raise UnreadableError(
                f"{match['operator']} is for a shell: give the command alone, with its URL in quotes."
            )
        if command:
            yield command
        command = []
    if word is not None:
        command.append(word)
    if command:
        yield command


def _meant(match: re.Match[str]) -> str | None:
    """Give what a part adds to its word; None for what is between words."""
    if match["filled"]:
        raise UnreadableError(_FILL_IN)
    if match["opened"]:
        raise UnreadableError("A quote is opened and not closed.")
    if match["continued"]:
        # A continued line may go on with the word; between words there is a blank beside it.
        return "" if match.start() and not match.string[match.start() - 1].isspace() else None
    if match["ansi"] is not None:
        return _unescaped(match["ansi"])
    if match["double"] is not None:
        return _IN_DOUBLE.sub(_in_double, match["double"])
    for name in ("single", "escaped", "plain"):
        if match[name] is not None:
            return match[name]
    return None


_FILL_IN = "It has a variable or a command that a shell would fill in: put in the value."


def _in_double(match: re.Match[str]) -> str:
    """Read what means something in double quotes; any other backslash stays."""
    if match["filled"]:
        raise UnreadableError(_FILL_IN)
    return match["escaped"] or ""


def _unescaped(text: str) -> str:
    """Read what stands in $'…', as bash does; bytes that make no UTF-8 become surrogates."""
    # Browsers write a character beyond the first plane as its two UTF-16 surrogates.
    text = _joined(text)
    found = bytearray()
    at = 0
    for match in _ESCAPE.finditer(text):
        found += text[at : match.start()].encode("utf-8", "surrogateescape") + _character(match)
        at = match.end()
    found += text[at:].encode("utf-8", "surrogateescape")
    return found.decode("utf-8", "surrogateescape")


def _joined(text: str) -> str:
    def join(match: re.Match[str]) -> str:
        pair = int(match[1], 16).to_bytes(2, "big") + int(match[2], 16).to_bytes(2, "big")
        return f"\\U{ord(pair.decode('utf-16-be')):08x}"

    return re.sub(r"\\u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})", join, text)


def _character(match: re.Match[str]) -> bytes:
    short, long, hexadecimal, octal, letter = match.groups()
    if hexadecimal or octal:
        return bytes([int(hexadecimal or octal, 16 if hexadecimal else 8) & 0xFF])
    if short or long:
        number = int(short or long, 16)
        if number > 0x10FFFF:
            raise UnreadableError("There is no such character as it names by \\U.")
        return chr(number).encode("utf-8", "surrogatepass")
    return str(_LETTERS.get(letter, letter if letter in "\\'\"?" else "\\" + letter)).encode("utf-8", "surrogateescape")
