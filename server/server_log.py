"""gunicorn's log, which by itself repeats what a client has sent: request lines, headers, queries."""

# mypy: disable-error-code="misc"
# gunicorn has no types: every class of its is Any.

from functools import cache
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # the package has no types
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]  # the package has no types

from config.logs import LineFormatter


class ServerLog(Logger):
    """gunicorn's own log, in our form."""

    def setup(self, cfg: Any) -> None:
        """Set the handlers up as gunicorn does, then give them our formatter."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(LineFormatter())


def wordless(error: ParseException) -> ParseException:
    """Give a fault of the same kind, for which gunicorn has the same status, that says no more than its kind."""
    kind: Any = type(error)
    wordless = _wordless(kind)
    return wordless.__new__(wordless)


@cache
def _wordless(kind: Any) -> Any:
    return type(kind.__name__, (kind,), {"__str__": lambda self: kind.__name__})
