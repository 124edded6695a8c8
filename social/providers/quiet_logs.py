"""Keep the libraries under the transport from logging what they carry, at any level.

urllib3 prints request targets (a query string holds the token), oauthlib and requests-oauthlib print
base strings, headers and signatures. A filter sits on the logger itself, so no LOGGING setting undoes it.
"""

import logging
import re

_QUERY = re.compile(r"\?[^\s\"'>)]*")
_REDACTED = ("urllib3.connectionpool", "urllib3.connection", "urllib3.response", "urllib3.util.retry")
_SILENCED = (
    "oauthlib.oauth1.rfc5849",
    "oauthlib.oauth1.rfc5849.signature",
    "oauthlib.oauth1.rfc5849.request_validator",
    "oauthlib.oauth1.rfc5849.endpoints.base",
    "requests_oauthlib.oauth1_auth",
    "requests_oauthlib.oauth1_session",
)


class RedactQuery(logging.Filter):
    """Take the query out of every URL in a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the record through without its secrets."""
        record.msg, record.args = _QUERY.sub("?[redacted]", record.getMessage()), None
        return True


class WarningsOnly(logging.Filter):
    """Drop what is below a warning."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record may pass."""
        return record.levelno >= logging.WARNING


def seal() -> None:
    """Put the filters in place; a second call changes nothing."""
    for names, kind in ((_REDACTED, RedactQuery), (_SILENCED, WarningsOnly)):
        for name in names:
            logger = logging.getLogger(name)
            if not any(isinstance(present, kind) for present in logger.filters):
                logger.addFilter(kind())
