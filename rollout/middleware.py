"""Middleware: count each request to a version, and apply the life cycle of v1 to its answers."""

import logging
import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from rollout.calls import RecordedCall, answered, call_of
from rollout.clients import client_of
from rollout.ledger.process import ledger
from rollout.lifecycle import ALL, NEW, OLD, Lifecycle, lifecycle
from shared.contract.errors import VersionRetired
from shared.http.middleware import is_allowed
from shared.http.redaction import exception_name
from shared.http.responses import django_response
from shared.http.urls import is_below

GetResponse = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger("tandem.ledger")


class LedgerMiddleware:
    """Count each request to a version and send `answered`; the answer is not changed.

    Place it right after `ContractMiddleware`, so that requests with a wrong Host and requests to a version that is
    switched off are counted too.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Set the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response to a request."""
        start = time.monotonic()
        response = self.get_response(request)
        try:
            call = call_of(request, response, time.monotonic() - start)
            if call is not None:
                ledger().count(call)
                answered.send(RecordedCall, call=call)
        except Exception as error:  # noqa: BLE001 - the answer must not depend on it
            logger.error("a call was not counted or not reported: %s", exception_name(error))  # noqa: TRY400 - one line, without frames
        return response


class LifecycleMiddleware:
    """Add the life cycle of v1 to its answers, and answer 410 while it is switched off; v2 is not affected.

    Place it after `LedgerMiddleware`, so that a 410 is counted, and before `HostMiddleware`, so that its 400 has the
    headers of the life cycle. A wrong Host gets 400, not 410; path, method and access token are checked later.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Set the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response to a request."""
        if OLD not in settings.APIS.values() or not is_below(OLD, request.path_info):
            return self.get_response(request)
        current = lifecycle()
        if _is_refused(request, current) and is_allowed(request):
            response: HttpResponseBase = django_response(VersionRetired(get_script_prefix() + NEW).reply())
        else:
            response = self.get_response(request)
        for name, value in current.headers(successor=_successor(request)).items():
            response[name] = value
        return response


def _is_refused(request: HttpRequest, current: Lifecycle) -> bool:
    share = current.refused(timezone.now(), client_of(request) if current.brownouts else "")
    # Drawn for each request separately; docs/retiring.md gives the reason.
    return share >= ALL or secrets.randbelow(ALL) < share


def _successor(request: HttpRequest) -> str:
    """Return the same path on v2, without the query, which may hold secrets."""
    script = get_script_prefix()
    rest = request.path[len(script) + len(OLD.rstrip("/")) :]
    return escape_uri_path(f"{script}{NEW.rstrip('/')}{rest}")
