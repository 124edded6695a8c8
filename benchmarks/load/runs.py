"""Runs: one request after the other, for the cost of each; many at once, for how many a second."""

import itertools
import selectors
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from benchmarks.load.caller import PATIENCE, Caller, Request, WrongAnswerError


@dataclass(frozen=True, slots=True)
class Timed:
    """How long a run took, and each of its requests, in seconds."""

    seconds: float
    took: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Give the throughput."""
        return len(self.took) / self.seconds


def in_sequence(
    port: int, requests: Iterator[Request], *, count: int, least: int = 1, seconds: float = PATIENCE
) -> Timed:
    """Send so many requests over one connection, one after the other; fewer, but so many at least, if time is up.

    :raises WrongAnswerError: for the first wrong answer.
    """
    caller, took = Caller(port), list[float]()
    began = time.perf_counter()
    try:
        while len(took) < count and (len(took) < least or time.perf_counter() - began < seconds):
            took.append(caller.ask(next(requests)))
    finally:
        caller.close()
    return Timed(time.perf_counter() - began, tuple(took))


def at_once(port: int, requests: Iterator[Request], *, connections: int, count: int, seconds: float) -> Timed:
    """Keep so many connections busy; await all answers.

    It ends when so many requests are sent, when there are no more of them, or when so many seconds are over.

    :raises WrongAnswerError: for the first wrong answer.
    """
    left = itertools.islice(requests, count)
    callers = [Caller(port) for _ in range(connections)]
    took: list[float] = []
    began = time.perf_counter()
    with selectors.DefaultSelector() as waiting:
        try:
            for caller, request in zip(callers, itertools.islice(left, connections), strict=False):
                caller.send(request)
                waiting.register(caller, selectors.EVENT_READ)
            while waiting.get_map():
                for caller in answered(waiting.select(PATIENCE)):
                    if (seconds_taken := caller.receive()) is None:
                        continue
                    took.append(seconds_taken)
                    in_time = time.perf_counter() - began < seconds
                    request_or_none = next(left, None) if in_time else None
                    if request_or_none is None:
                        waiting.unregister(caller)
                    else:
                        _send(waiting, caller, request_or_none)
        finally:
            for caller in callers:
                caller.close()
    return Timed(time.perf_counter() - began, tuple(took))


def answered(events: list[tuple[selectors.SelectorKey, int]]) -> list[Caller]:
    """Give the callers for whom there is something to read.

    :raises WrongAnswerError: there is nobody, as long as one may wait.
    """
    if not events:
        raise WrongAnswerError(f"no answer within {PATIENCE} s")
    return [cast(Caller, key.fileobj) for key, _ in events]


def _send(waiting: selectors.BaseSelector, caller: Caller, request: Request) -> None:
    if not caller.is_last:
        caller.send(request)
        return
    waiting.unregister(caller)
    caller.close()
    caller.send(request)
    waiting.register(caller, selectors.EVENT_READ)
