"""The answer for an exception, and the logging of failures."""

import logging

from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest

from shared.contract.errors import (
    ApiError,
    InternalError,
    InvalidRequest,
    NotFound,
    ProviderMisconfigured,
    ServiceUnavailable,
)
from shared.contract.replies import Reply
from shared.http import logs
from shared.http.database import database_is_away
from shared.http.redaction import logged_path
from shared.http.urls import is_ours

logger = logging.getLogger("tandem.failures")


class OutsideApis(logging.Filter):
    """Drop Django's log records of requests to our views; `failure_reply` logs these failures itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True if the record is not about a request that one of our views answers."""
        request = getattr(record, "request", None)
        return not isinstance(request, HttpRequest) or not is_ours(request)


class RefusedRequests(logging.Filter):
    """Note why Django refuses a request, in place of its error with a traceback: any client can cause one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return False for a `SuspiciousOperation` whose class is now in the request's access line."""
        error = record.exc_info[1] if record.exc_info and record.name.startswith("django.security.") else None
        return not isinstance(error, SuspiciousOperation) or not logs.note(cause=type(error).__name__)


def failure_reply(error: Exception, request: HttpRequest) -> Reply:
    """Return the error envelope for an exception raised while a request was answered, and log the failure.

    An unexpected exception is logged with its traceback and sent to `got_request_exception`, as Django does, so that
    error reporters receive it; the client gets `internal_error`, also under DEBUG. The cause of every other failure is
    noted for the request's access line. The client gets `service_unavailable` for an unavailable database.
    """
    if database_is_away(error):
        error = _unavailable(error)
    _report(error, request)
    if isinstance(error, ApiError):
        return error.reply()
    return NotFound().reply() if isinstance(error, Http404) else InternalError().reply()


def _report(error: Exception, request: HttpRequest) -> None:
    if isinstance(error, ApiError):
        level, causes = _level_of(error), _causes(error)
        if not logs.note(level, **causes) and level > logging.INFO:  # a project without `ContractMiddleware`
            logger.log(level, "%s:%s", error.code, logs.Fields(causes))
    elif not isinstance(error, Http404):
        logs.note(logging.ERROR, cause=type(error).__name__)
        logger.error("Internal error: %s", logged_path(request.path), exc_info=error)
        got_request_exception.send(sender=failure_reply, request=request)


def _level_of(error: ApiError) -> int:
    """Return the level of a failure: ERROR where the operator has to do something, WARNING where a provider has."""
    if isinstance(error, InternalError | ServiceUnavailable | ProviderMisconfigured):
        return logging.ERROR
    return logging.WARNING if error.status >= 500 else logging.INFO


def _causes(error: ApiError) -> dict[str, object]:
    """Return what the log shows of the cause: names from our code and from libraries, never a message."""
    causes: dict[str, object] = {}
    if reason := error.reason or logs.plain_code(getattr(error.__cause__, "code", None)):
        causes["reason"] = reason
    if error.__cause__ is not None:
        causes["cause"] = type(error.__cause__).__name__
    if isinstance(error, InvalidRequest) and error.fields:
        # The names of declared fields; a client's own names are not among them.
        causes["fields"] = ",".join(error.fields)
    return causes


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
