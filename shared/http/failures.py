"""The answer for an exception, and the logging of failures."""

import logging

from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest

from shared.contract.errors import ApiError, InternalError, NotFound, ServiceUnavailable
from shared.contract.replies import Reply
from shared.http.database import database_is_away
from shared.http.redaction import redact_path
from shared.http.urls import is_ours

logger = logging.getLogger("tandem.failures")


class OutsideApis(logging.Filter):
    """Drop Django's log records of requests to our views; `failure_reply` logs these failures itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True if the record is not about a request that one of our views answers."""
        request = getattr(record, "request", None)
        return not isinstance(request, HttpRequest) or not is_ours(request)


def failure_reply(error: Exception, request: HttpRequest) -> Reply:
    """Return the error envelope for an exception raised while a request was answered, and log the failure.

    An unexpected exception is logged with its traceback and sent to `got_request_exception`, as Django does, so that
    error reporters receive it; the client gets `internal_error`, also under DEBUG. An unavailable database is logged
    in one line without a traceback, and the client gets `service_unavailable`.
    """
    if database_is_away(error):
        error = _unavailable(error)
    _report(error, request)
    if isinstance(error, ApiError):
        return error.reply()
    return NotFound().reply() if isinstance(error, Http404) else InternalError().reply()


def _report(error: Exception, request: HttpRequest) -> None:
    if isinstance(error, ApiError):
        if error.status >= 500:
            level = logging.ERROR if isinstance(error, InternalError | ServiceUnavailable) else logging.WARNING
            # A library's message may repeat a token; the name of the exception class does not.
            cause = type(error.__cause__).__name__ if error.__cause__ else "no cause"
            reason = getattr(error.__cause__, "code", "")
            logger.log(level, "%s: %s %s", error.code, cause, reason, extra={"status_code": error.status})
    elif not isinstance(error, Http404):
        logger.error("Internal error: %s", redact_path(request.path), exc_info=error)
        got_request_exception.send(sender=failure_reply, request=request)


def code_of(error: Exception) -> str:
    """Return the error code of the answer for an exception."""
    if isinstance(error, ApiError):
        return error.code
    return ServiceUnavailable.code if database_is_away(error) else InternalError.code


def _unavailable(error: Exception) -> ServiceUnavailable:
    """Return the contract's error for an unavailable database, with the driver's exception as its cause."""
    unavailable = ServiceUnavailable()
    unavailable.__cause__ = error.__cause__ or error
    return unavailable
