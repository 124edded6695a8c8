"""`/metrics`, for Prometheus alone."""

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.defaults import page_not_found


# A project's ATOMIC_REQUESTS would open the database first, and fail where it is away.
@transaction.non_atomic_requests
def metrics(request: HttpRequest) -> HttpResponseBase:
    """Answer whoever shows `METRICS_TOKEN`; without one there is no such page."""
    token = getattr(settings, "METRICS_TOKEN", "")
    if not token:
        return page_not_found(request, Http404())
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if not _is_shown(request, token):
        response = HttpResponse(status=401, content_type="text/plain")
        response["WWW-Authenticate"] = 'Bearer realm="metrics"'
    else:
        # Not before: its import would cost whoever keeps no metrics.
        from rollout.metrics.exposition import MEDIA_TYPE, exposition  # noqa: PLC0415 - see above

        response = HttpResponse(exposition().text(), content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    response["Content-Length"] = str(len(response.content))
    if request.method == "HEAD":
        response.content = b""
    return response


def _is_shown(request: HttpRequest, token: str) -> bool:
    """Say whether the request carries the token (RFC 6750 section 2.1)."""
    scheme, _, shown = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return constant_time_compare(shown.strip(" "), token) and scheme.lower() == "bearer"
