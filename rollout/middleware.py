"""Middleware: count each request to a version, and apply the life cycle of old APIs to their answers."""

import logging
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from rollout.calls import RecordedCall, answered, call_of
from rollout.clients import client_of
from rollout.conf import conf
from rollout.ledger.process import ledger
from rollout.lifecycle import ALL, Lifecycle, lifecycle
from shared.contract.errors import VersionRetired
from shared.http.hosts import is_allowed
from shared.http.logs import note
from shared.http.redaction import exception_name
from shared.http.resource_names import paired_path
from shared.http.responses import django_response
from shared.http.urls import MAX_IN_HEADER, MountedApi, api_of, current, old
from social.limits import client_address

GetResponse = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger("tandem.ledger")


class LedgerMiddleware:
    """Count each request to a version, note its client for the access line, and send `answered`.

    The answer is not changed.

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
                note(
                    api_version=call.version,
                    client=call.client,
                    user=call.user_id,
                    address=client_address(request.META),
                )
                ledger().count(call)
                answered.send(RecordedCall, call=call)
        except Exception as error:  # noqa: BLE001 - the answer must not depend on it
            logger.error("a call was not counted or not reported: %s", exception_name(error))  # noqa: TRY400 - one line, without frames
        return response


class LifecycleMiddleware:
    """Add the life cycle of old APIs to their answers, and answer 410 while they are switched off.

    It covers every path below their prefixes, a project's own resources included; the current API is not affected.

    Place it after `LedgerMiddleware`, so that a 410 is counted, and before `HostMiddleware`, so that its 400 has the
    headers of the life cycle. A wrong Host gets 400, not 410; path, method and access token are checked later.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Set the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response to a request."""
        api = api_of(request)
        if api is None or not api.is_old:
            return self.get_response(request)
        # The plan has the dates of one API. Those that were retired before it have none.
        plan = lifecycle() if not api.is_retired or api == old() else Lifecycle()
        if (api.is_retired or _is_refused(request, plan)) and is_allowed(request):
            response: HttpResponseBase = django_response(VersionRetired(current().prefix).reply())
        else:
            response = self.get_response(request)
        if not plan.is_announced:
            return response
        for name, value in plan.headers(successor=_successor(request, api)).items():
            # A view of the project's own may have links, such as those of its pages.
            own = response.get(name) if name == "Link" else None
            response[name] = f"{own}, {value}" if own else value
        return response


def _is_refused(request: HttpRequest, plan: Lifecycle) -> bool:
    share = plan.refused(timezone.now(), client_of(request) if plan.brownouts else "")
    # Drawn for each request separately; docs/retiring.md gives the reason.
    return share >= ALL or secrets.randbelow(ALL) < share


def _successor(request: HttpRequest, api: MountedApi) -> str:
    """Return the same path on the current API, without the query, which may hold secrets; of a long path the prefix."""
    rest = request.path[len(api.prefix.rstrip("/")) :]
    pairs = conf.paired_resources
    # The longest: one name may be the beginning of another (`downloads` and `downloads/os`).
    name = max((name for name in pairs if f"{rest}/".startswith(f"/{name}/")), key=len, default=None)
    if name is not None:
        rest = f"/{paired_path(name, pairs[name], current().route)}{rest[1 + len(name) :]}"
    path = escape_uri_path(f"{current().prefix.rstrip('/')}{rest}")
    return path if len(path) <= MAX_IN_HEADER else escape_uri_path(current().prefix)
