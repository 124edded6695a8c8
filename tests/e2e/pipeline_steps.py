"""A step for the service's pipeline, named in its environment."""

import time
from typing import Any

PAUSE = 0.6
"""Seconds; long against a call, so that another one lands inside."""


def pause(*args: Any, **kwargs: Any) -> None:
    """Take a while between the look at the association and the writes to it."""
    time.sleep(PAUSE)
