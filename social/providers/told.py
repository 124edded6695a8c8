"""What those are told who watch how the providers do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from shared.contract.errors import InternalError
from shared.http.failures import code_of
from social import signals

OK = "ok"


@contextmanager
def told(provider: str) -> Iterator[None]:
    """Tell when the calls of a sign-up begin, and how long they took and what came of them, however they end."""
    signals.provider_asked.send_robust(sender=None, provider=provider)
    began = time.perf_counter()
    result = InternalError.code
    try:
        yield
        result = OK
    except Exception as error:
        result = code_of(error)
        raise
    finally:
        seconds = time.perf_counter() - began
        signals.provider_answered.send_robust(sender=None, provider=provider, result=result, seconds=seconds)
