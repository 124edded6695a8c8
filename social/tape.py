"""What one adapter asked of the service and was told, kept so that another adapter can be told the same.

The functions of the service that have an effect, or read a clock, the database or the network, are `@on_tape`. With no
tape bound they run as if they were not. While a `Recording` is bound they run as well, and each call is kept. Under a
`Replay` they do not run: the calls must be the recorded ones, in their order, and each comes to what it came to then.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from django.db.models import QuerySet

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the service and what it came to, a value or an error; shown without what it was about."""

    function: str
    arguments: Mapping[str, Any] = field(repr=False)
    value: Any = field(default=None, repr=False)
    error: Exception | None = field(default=None, repr=False)


class Strayed(Exception):
    """A version under replay asked for something else than the recorded one did.

    `asked` and `expected` name functions, None for no call at all; `arguments` are the names of those that differ.
    """

    def __init__(self, asked: str | None, expected: str | None, arguments: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.asked, self.expected, self.arguments = asked, expected, arguments


class Recording:
    """Lets every call run, and keeps it. Calls that the service makes of itself are its own business."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.calls: list[Call] = []

    def answer(self, function: str, arguments: Mapping[str, Any], run: Callable[[], Any]) -> Any:
        """Give what the call comes to, and keep it."""
        asked = _without_version(arguments, self.version)
        unbound = _bound.set(None)
        try:
            value = run()
        except Exception as error:
            self.calls.append(Call(function, asked, error=error))
            raise
        finally:
            _bound.reset(unbound)
        self.calls.append(Call(function, asked, value))
        return value

    def erase(self) -> None:
        """Forget everything now: there are credentials in it, and an error's traceback may hold it for longer."""
        self.calls.clear()


class Replay:
    """Gives out what a recording has kept, and runs nothing; `strayed` says how a version left it, once it has."""

    def __init__(self, recording: Recording, version: str) -> None:
        self.version = version
        self.strayed: Strayed | None = None
        self._left = iter(tuple(recording.calls))

    def answer(self, function: str, arguments: Mapping[str, Any], run: Callable[[], Any]) -> Any:
        """Give what the recorded call came to.

        :raises Strayed: it is another call than the one recorded next, or an earlier one was.
        """
        call = next(self._left, None)
        if self.strayed is not None or call is None or call.function != function:
            raise self._stray(Strayed(function, call.function if call else None))
        asked = _without_version(arguments, self.version)
        if differing := tuple(name for name in asked if not _is_same(asked[name], call.arguments[name])):
            raise self._stray(Strayed(function, function, differing))
        if call.error is not None:
            raise call.error
        return call.value

    def refuse(self, what: str) -> Strayed:
        """Give the error for something that no replay may do."""
        return self._stray(Strayed(what, None))

    def end(self) -> None:
        """Look whether everything was asked for that the recorded version asked for."""
        call = next(self._left, None)
        if call is not None:
            self._stray(Strayed(None, call.function))

    def _stray(self, how: Strayed) -> Strayed:
        self.strayed = self.strayed or how
        return self.strayed


_bound: ContextVar[Recording | Replay | None] = ContextVar("tape", default=None)


@contextmanager
def bound(tape: Recording | Replay) -> Iterator[None]:
    """Hold a tape for the time in which one version answers."""
    before = _bound.set(tape)
    try:
        yield
    finally:
        _bound.reset(before)


def on_tape(function: Callable[P, R]) -> Callable[P, R]:
    """Put a function of the service on the tape, where one is bound; the cost elsewhere is one look."""
    signature = inspect.signature(function)
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        tape = _bound.get()
        if tape is None:
            return function(*args, **kwargs)
        arguments = signature.bind(*args, **kwargs)
        arguments.apply_defaults()
        answer: R = tape.answer(name, arguments.arguments, partial(function, *args, **kwargs))
        return answer

    return wrapper


def refuse_in_replay(what: str) -> None:
    """Stand before an effect that must not be had twice.

    :raises Strayed: a replay is bound.
    """
    tape = _bound.get()
    if isinstance(tape, Replay):
        raise tape.refuse(what)


_OWN = object()


def _without_version(arguments: Mapping[str, Any], version: str) -> Mapping[str, Any]:
    """Give arguments in which each version's own name counts as the same."""
    return {name: _OWN if name == "api_version" and value == version else value for name, value in arguments.items()}


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, QuerySet) and isinstance(other, QuerySet):
        # Two queries are never equal to Python; the same object need not be looked at.
        return one is other or str(one.query) == str(other.query)
    return type(one) is type(other) and bool(one == other)
