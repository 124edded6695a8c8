"""A line in the log for what lasts: said when it begins, and then once a minute."""

import logging
import time

SAID_EVERY = 60.0


class Sparingly:
    """Says one thing of one logger, at most once a minute."""

    def __init__(self, logger: logging.Logger, message: str, level: int = logging.WARNING) -> None:
        """Take the line; its `%s` are filled in when it is said."""
        self._logger = logger
        self._message = message
        self._level = level
        self._said_at = float("-inf")

    def say(self, *values: object) -> None:
        """Say it, unless it was said a moment ago."""
        now = time.monotonic()
        if now - self._said_at >= SAID_EVERY:
            self._said_at = now
            self._logger.log(self._level, self._message, *values)
