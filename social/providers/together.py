"""Two calls of one sign-up that do not need each other's answer, at the same time."""

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

from shared.contract.errors import ProviderUnavailable

T = TypeVar("T")
P = TypeVar("P")


def together(check: Callable[[], T], profile: Callable[[], P]) -> tuple[T, P]:
    """Make both calls and give both answers; the check's failure is told first.

    A thread of its own, not a pool's: calls that hang at one provider would keep another's waiting for a place.
    It is waited for in any case: a sign-up leaves no call behind that `PROVIDER_CONCURRENCY` would not see.

    :raises ProviderUnavailable: there is no thread to be had.
    :raises Exception: what either call raises.
    """
    answers: list[P] = []
    failures: list[Exception] = []

    def ask() -> None:
        try:
            answers.append(profile())
        except Exception as error:  # noqa: BLE001 - raised below, in the thread that asked
            failures.append(error)

    asking = threading.Thread(target=copy_context().run, args=(ask,), daemon=True)
    try:
        asking.start()
    except RuntimeError as error:  # the process has no thread left
        raise ProviderUnavailable from error
    try:
        checked = check()
    finally:
        asking.join()  # the deadline of the sign-up ends it
    if failures:
        raise failures[0]
    return checked, answers[0]
