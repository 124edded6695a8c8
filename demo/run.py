"""The performance: choose ports, build the stage, tell the story, keep serving."""

import os
import sys
import tempfile
import time
from pathlib import Path

from demo import stage, walkthrough
from demo.programs import ProgramEndedError, Programs
from demo.terminal import Screen

DEFAULT_PORT = 8000
DEFAULT_SANDBOX_PORT = 9100


class CannotStartError(Exception):
    """Something is in the way; the message says what."""


def perform() -> int:
    """Do all of it and give the exit status."""
    screen = Screen(sys.stdout)
    try:
        port, sandbox_port = _ports()
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    # A folder of its own for the databases: two demos at a time do not meet, and nothing stays behind.
    with tempfile.TemporaryDirectory(prefix="tandem-demo-") as folder, Programs() as programs:
        try:
            return _play(programs, screen, port=port, sandbox_port=sandbox_port, folder=Path(folder))
        except ProgramEndedError as error:
            screen.line()
            sys.stderr.write(f"The demo cannot go on. {error}\n")
            return 1


def _play(programs: Programs, screen: Screen, *, port: int, sandbox_port: int, folder: Path) -> int:
    built = stage.build(programs, screen, port=port, sandbox_port=sandbox_port, folder=folder)
    passed = walkthrough.tell(built, screen)
    programs.check()
    if os.environ.get("ONCE") == "1":
        return 0 if passed else 1
    programs.end(built.extras)
    newest = list(built.fresh)[-1]
    screen.line()
    screen.line("Now it is yours. Open", "bold")
    for url, what in (
        (f"{built.service}/", "the front page: pick a person, get a token, post it to both"),
        (f"{built.service}{newest}docs/", "every call, to read and to try"),
        (f"{built.sandbox}/", "the providers and the people of the sandbox"),
    ):
        screen.line(f"  {screen.styled(url, 'cyan')}  {what}")
    screen.line("Ctrl-C ends everything.")
    programs.speak()
    while True:
        time.sleep(0.5)
        programs.check()


def _ports() -> tuple[int, int]:
    port = _number("PORT", DEFAULT_PORT)
    if not stage.is_free(port):
        raise CannotStartError(f"Port {port} is taken. Choose another one: make demo PORT={port + 1}")
    sandbox_port = _number("SANDBOX_PORT", DEFAULT_SANDBOX_PORT)
    if sandbox_port != port and stage.is_free(sandbox_port):
        return port, sandbox_port
    if "SANDBOX_PORT" in os.environ:
        raise CannotStartError(f"Port {sandbox_port} is taken. Choose another SANDBOX_PORT, or none.")
    return port, next(free for free in stage.free_ports(2) if free != port)


def _number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 65536):
        raise CannotStartError(f"{name} is {text!r}: give a number from 1 to 65535.")
    return int(text)
