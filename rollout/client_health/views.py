"""The resource `client_health/`, below the prefix of the current API, and the page that shows it."""

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from rollout.client_health.keys import authenticate
from rollout.client_health.report import report
from shared.contract.errors import MethodNotAllowed
from shared.contract.replies import Reply
from shared.http.failures import failure_reply
from shared.http.logs import note
from shared.http.pages import own_page
from shared.http.responses import django_response
from shared.http.urls import about_the_api, current
from social.limits import client_address

RESOURCE = "client_health"
PAGE = "client_health_page"
"""The names of the two URLs; the first is also the path."""
ALLOW = "GET, HEAD, OPTIONS"


@about_the_api
@csrf_exempt
@login_not_required
@transaction.non_atomic_requests
def resource(request: HttpRequest) -> HttpResponse:
    """Return the report on the client whose key the request carries, with the contract's checks and errors."""
    note(address=client_address(request.META))  # `LedgerMiddleware` notes it for the calls that it counts
    try:
        return django_response(_answer(request))
    except Exception as error:  # noqa: BLE001 - the client gets the envelope for every exception
        return django_response(failure_reply(error, request))


def _answer(request: HttpRequest) -> Reply:
    if request.method == "OPTIONS":
        return Reply(204, headers={"Allow": ALLOW})
    if request.method not in {"GET", "HEAD"}:
        raise MethodNotAllowed(ALLOW)
    team = authenticate(request)
    return Reply(200, report(team.name, timezone.now()))


@login_not_required
@transaction.non_atomic_requests
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Return the page, the same for everybody: its script takes the key from the URL's fragment, which no log has."""
    path = f"{current().prefix}{RESOURCE}/"
    context = {"resource": path, "address": request.build_absolute_uri(path)}
    response = own_page("rollout/client_health.html", context, style_sheet="rollout/client_health.css")
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-cache"
    return response
