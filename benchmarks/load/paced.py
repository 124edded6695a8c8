"""Requests at a steady pace, whatever the server does: how long they take is counted from when each was due."""

import selectors
import time
from collections.abc import Iterator

from benchmarks.load.caller import PATIENCE, Caller, Request
from benchmarks.load.runs import Timed, answered


def paced(port: int, requests: Iterator[Request], *, per_second: float, seconds: float) -> Timed:
    """Send a request whenever one is due, over as many connections as that takes; await all answers.

    :raises WrongAnswerError: for the first wrong answer.
    """
    took: list[float] = []
    free: list[Caller] = []
    due_at: dict[Caller, float] = {}
    began = time.perf_counter()
    sent, count = 0, round(per_second * seconds)
    with selectors.DefaultSelector() as waiting:
        try:
            while sent < count or due_at:
                due = began + sent / per_second
                now = time.perf_counter()
                if sent < count and due <= now:
                    caller = _taken(free, port)
                    caller.send(next(requests))
                    due_at[caller] = due
                    waiting.register(caller, selectors.EVENT_READ)
                    sent += 1
                    continue
                events = waiting.select(due - now if sent < count else PATIENCE)
                if not events and sent < count:
                    continue
                for caller in answered(events):
                    if caller.receive() is not None:
                        took.append(time.perf_counter() - due_at.pop(caller))
                        waiting.unregister(caller)
                        free.append(caller)
        finally:
            for caller in (*free, *due_at):
                caller.close()
    return Timed(time.perf_counter() - began, tuple(took))


def _taken(free: list[Caller], port: int) -> Caller:
    caller = free.pop() if free else Caller(port)
    if caller.is_last:
        caller.close()
    return caller
