"""A pipeline step that a test's service is configured with."""

import time
from typing import Any

PAUSE = 0.6
"""Seconds, much longer than a request, so that another request is answered meanwhile."""


def pause(*args: Any, **kwargs: Any) -> None:
    """Wait, between the pipeline's query of the association and its update."""
    time.sleep(PAUSE)
