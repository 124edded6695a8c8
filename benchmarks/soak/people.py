"""The people of a run, and what the service has acknowledged about them."""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

_FIRST = 1_000_000_000
"""The sandbox has a person for each number of ten digits."""


@dataclass(slots=True)
class Identity:
    """An account at a provider."""

    provider: str
    persona: str


@dataclass(slots=True)
class Person:
    """Somebody whose sign-up was acknowledged."""

    user: int
    username: str
    address: str
    identities: list[Identity]
    tokens: list[str] = field(default_factory=list)
    """Access tokens that must work."""
    revoked: list[str] = field(default_factory=list)
    """Access tokens that must not work any more."""
    is_unsettled: bool = False
    """Whether the service may have linked or disconnected an identity without an acknowledgement."""


@dataclass(slots=True)
class People:
    """The people of one caller, and identities whose owner is unknown because an answer was missing."""

    known: list[Person] = field(default_factory=list)
    unsettled: list[Identity] = field(default_factory=list)


class Names:
    """New names of personas, for all callers."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = itertools.count(_FIRST)
        self._lock = threading.Lock()

    def new(self) -> tuple[str, str]:
        """Return the name of a new persona, and the address of its device."""
        with self._lock:
            number = next(self._numbers)
        rest = number - _FIRST
        return f"guest-{number}", f"10.{rest >> 16 & 255}.{rest >> 8 & 255}.{rest & 255}"
