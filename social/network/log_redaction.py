"""Keep the libraries under the transport from logging what they carry, at any level.

urllib3 prints request targets (a query string holds the token), oauthlib and requests-oauthlib print
base strings, headers and signatures. A filter sits on the logger itself, so no LOGGING setting undoes it.
"""

import logging
import re

from shared.http.redaction import redact_messages

_QUERY = re.compile(r"\?[^\s\"'>)]*")
_REDACTED = (
    "urllib3.connectionpool",
    "urllib3.connection",
    "urllib3.response",
    "urllib3.util.retry",
    "urllib3.poolmanager",
)
_SILENCED = (
    "oauthlib.oauth1.rfc5849",
    "oauthlib.oauth1.rfc5849.signature",
    "oauthlib.oauth1.rfc5849.request_validator",
    "oauthlib.oauth1.rfc5849.endpoints.base",
    "requests_oauthlib.oauth1_auth",
    "requests_oauthlib.oauth1_session",
    "requests_oauthlib.oauth2_session",
)


class RedactQuery(logging.Filter):
    """Take the query out of every URL in a record, and the words out of its exception: they hold an answer's bytes."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the record through without its secrets."""
        text, error = record.getMessage(), record.exc_info[1] if record.exc_info else None
        if error is not None:
            text, record.exc_info = redact_messages(text, error), None
        record.msg, record.args = _QUERY.sub("?[redacted]", text), None
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
