"""Filters that keep secrets out of the logs of the HTTP and OAuth libraries, at any level.

urllib3 logs request targets, and the query string of some contains the token. oauthlib and requests-oauthlib log
base strings, headers and signatures. The filters are on the loggers themselves, so no LOGGING setting removes them.
"""

import logging
import re

from shared.http.redaction import redact_messages, redact_path

_QUERY = re.compile(r"\?[^\s\"'>)]*")
_PATH = re.compile(r"(?<=[\s\"'=])/[^\s\"'>)?]*")
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
    """Remove query strings and what may be a token in a path, as in URLs of webhooks, from a record.

    The message of its exception is removed too: it can contain bytes of a response.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record and return True."""
        text, error = record.getMessage(), record.exc_info[1] if record.exc_info else None
        if error is not None:
            text, record.exc_info = redact_messages(text, error), None
        text = _PATH.sub(lambda path: redact_path(path[0]), text)
        record.msg, record.args = _QUERY.sub("?[redacted]", text), None
        return True


class WarningsOnly(logging.Filter):
    """Drop records below WARNING."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True if the record is a warning or worse."""
        return record.levelno >= logging.WARNING


def install_filters() -> None:
    """Add the filters to the loggers; a second call changes nothing."""
    for names, kind in ((_REDACTED, RedactQuery), (_SILENCED, WarningsOnly)):
        for name in names:
            logger = logging.getLogger(name)
            if not any(isinstance(present, kind) for present in logger.filters):
                logger.addFilter(kind())
