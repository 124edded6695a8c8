"""Ctrl-C, a `kill`, a closed terminal: all end the demo the same way, and never between two steps of one act."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _State:
    holding = False
    pending = False


def install() -> None:
    """Turn each of the signals into a KeyboardInterrupt."""
    for number in _SIGNALS:
        signal.signal(number, _arrived)


@contextmanager
def held() -> Iterator[None]:
    """Hold an interruption back until the block is done: starting a program and noting that it must be ended."""
    _State.holding = True
    try:
        yield
    finally:
        _State.holding = False
    if _State.pending:
        raise KeyboardInterrupt


def ignore() -> None:
    """Hear no more: everything is being ended already."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _arrived(*_: object) -> None:
    _State.pending = True
    if not _State.holding:
        raise KeyboardInterrupt
