"""Any exception to an answer of the contract; the one place where an unexpected failure is told to the operator."""

import logging

from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest

from shared.contract.errors import ApiError, InternalError, NotFound, ServiceUnavailable
from shared.contract.replies import Reply
from shared.http.database import database_is_away
from shared.http.redaction import without_secrets
from shared.http.urls import api_of

logger = logging.getLogger("tandem.failures")


class OutsideApis(logging.Filter):
    """Drop what Django logs of an API's answers: `failure_reply` has logged it with what it knows."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record is of another path."""
        request = getattr(record, "request", None)
        return not isinstance(request, HttpRequest) or api_of(request) is None


def failure_reply(error: Exception, request: HttpRequest) -> Reply:
    """Give the error envelope for whatever was raised while a request was answered.

    An unexpected exception is logged with its traceback and sent to `got_request_exception`, as Django
    does, so that error reporters see it; the client gets `internal_error`, also under DEBUG. That the
    database is away is no bug: one line says so, and the client gets `service_unavailable`.
    """
    if database_is_away(error):
        error = _unavailable(error)
    _tell(error, request)
    if isinstance(error, ApiError):
        return error.reply()
    return NotFound().reply() if isinstance(error, Http404) else InternalError().reply()


def _tell(error: Exception, request: HttpRequest) -> None:
    if isinstance(error, ApiError):
        if error.status >= 500:
            level = logging.ERROR if isinstance(error, InternalError | ServiceUnavailable) else logging.WARNING
            # What a library says of its failure may repeat what it was given; its kind does not.
            cause = type(error.__cause__).__name__ if error.__cause__ else "no cause"
            reason = getattr(error.__cause__, "code", "")
            logger.log(level, "%s: %s %s", error.code, cause, reason, extra={"status_code": error.status})
    elif not isinstance(error, Http404):
        logger.error("Internal error: %s", without_secrets(request.path), exc_info=error)
        got_request_exception.send(sender=failure_reply, request=request)


def code_of(error: Exception) -> str:
    """Give the code with which a failure is answered."""
    if isinstance(error, ApiError):
        return error.code
    return ServiceUnavailable.code if database_is_away(error) else InternalError.code


def _unavailable(error: Exception) -> ServiceUnavailable:
    """Give the contract's error for a database that is away, with the driver's own as its cause."""
    unavailable = ServiceUnavailable()
    unavailable.__cause__ = error.__cause__ or error
    return unavailable
