"""Runs: one request after the other, for the cost of each; many at once, for how many a second."""

import selectors
import time
from collections.abc import Iterator
from dataclasses import dataclass

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


def in_sequence(port: int, requests: Iterator[Request], count: int) -> Timed:
    """Send so many requests over one connection, one after the other.

    :raises WrongAnswerError: for the first wrong answer.
    """
    caller = Caller(port)
    began = time.perf_counter()
    try:
        took = tuple(caller.ask(next(requests)) for _ in range(count))
    finally:
        caller.close()
    return Timed(time.perf_counter() - began, took)


def at_once(port: int, requests: Iterator[Request], *, connections: int, count: int, seconds: float) -> Timed:
    """Keep so many connections busy until so many requests are sent or so many seconds are over; await all answers.

    :raises WrongAnswerError: for the first wrong answer.
    """
    callers = [Caller(port) for _ in range(min(connections, count))]
    took: list[float] = []
    began = time.perf_counter()
    with selectors.DefaultSelector() as waiting:
        try:
            for caller in callers:
                caller.send(next(requests))
                waiting.register(caller, selectors.EVENT_READ)
            left, under_way = count - len(callers), len(callers)
            while under_way:
                events = waiting.select(PATIENCE)
                if not events:
                    raise WrongAnswerError(f"no answer within {PATIENCE} s")
                for caller in (key.fileobj for key, _ in events):
                    assert isinstance(caller, Caller)  # noqa: S101 - the selector's type says less than what it was given
                    answered = caller.receive()
                    if answered is None:
                        continue
                    took.append(answered)
                    if left <= 0 or time.perf_counter() - began > seconds:
                        waiting.unregister(caller)
                        under_way -= 1
                        continue
                    left -= 1
                    _send(waiting, caller, next(requests))
        finally:
            for caller in callers:
                caller.close()
    return Timed(time.perf_counter() - began, tuple(took))


def _send(waiting: selectors.BaseSelector, caller: Caller, request: Request) -> None:
    if not caller.is_last:
        caller.send(request)
        return
    waiting.unregister(caller)
    caller.close()
    caller.send(request)
    waiting.register(caller, selectors.EVENT_READ)
