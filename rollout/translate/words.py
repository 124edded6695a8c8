"""A shell command as the words that a POSIX shell makes of it, where it can be read without running anything."""

import re
import shlex
from collections.abc import Iterator

from rollout.recorded.request import UnreadableError

# In the shell's own order: what stands in quotes is no variable, what is escaped no quote.
_PARTS = re.compile(
    r"""(?P<single>'[^']*')
    |\$'(?P<ansi>(?:[^'\\]|\\.)*)'
    |"(?P<double>(?:[^"\\]|\\.)*)"
    |(?P<continued>\\\r?\n)
    |(?P<escaped>\\.)
    |(?P<ended>\r?\n)
    |(?P<filled>\$[A-Za-z_{(0-9@*#?!$-]|`)""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_FILLED_IN_DOUBLE = re.compile(r"(?<!\\)(?:\\\\)*(?:\$[A-Za-z_{(0-9@*#?!$-]|`)")
_OPERATOR = re.compile(r"[;&|<>()]+")
_ENDS = frozenset({";", "&", "&&"})


def commands(text: str) -> Iterator[list[str]]:
    """Give the words of each command; bytes that are no UTF-8 are surrogates, as in `sys.argv`.

    :raises UnreadableError: for what only a shell can fill in, and for what it does besides running commands.
    """
    command: list[str] = []
    for word, is_operator in _words(_PARTS.sub(_plain, text)):
        if not is_operator:
            command.append(word)
        elif word in _ENDS or set(word) <= {";"}:
            if command:
                yield command
            command = []
        else:
            raise UnreadableError(f"{word} is for a shell: give the command alone, with its URL in quotes.")
    if command:
        yield command


def _plain(match: re.Match[str]) -> str:
    """Write one part so that `shlex` reads it as a shell does."""
    if match["ansi"] is not None:
        return shlex.quote(_unescaped(match["ansi"])) if match["ansi"] else "''"
    if match["filled"] or (match["double"] is not None and _FILLED_IN_DOUBLE.search(match["double"])):
        raise UnreadableError("It has a variable or a command that a shell would fill in: put in the value.")
    if match["double"] is not None:
        # Four characters can be escaped there, and a line be continued; any other backslash stays.
        return shlex.quote(re.sub(r'\\([$`"\\])|\\\r?\n', lambda one: one[1] or "", match["double"]))
    if match["ended"]:
        return " ; "
    return "" if match["continued"] else match[0]


def _words(text: str) -> Iterator[tuple[str, bool]]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|<>()")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        for word in lexer:
            # A word of operators in quotes is a word; nobody's curl command has one.
            yield word, bool(_OPERATOR.fullmatch(word))
    except ValueError:
        raise UnreadableError("A quote is opened and not closed.") from None


def _unescaped(text: str) -> str:
    """Read what stands in $'…', as bash does; bytes that make no UTF-8 become surrogates."""
    found = b""
    at = 0
    # Browsers write a character beyond the first plane as its two UTF-16 surrogates.
    for match in _ESCAPE.finditer(_joined(text)):
        found += _joined(text)[at : match.start()].encode("utf-8", "surrogateescape") + _character(match)
        at = match.end()
    found += _joined(text)[at:].encode("utf-8", "surrogateescape")
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
