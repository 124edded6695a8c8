"""`/metrics`, for Prometheus."""

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.defaults import page_not_found

from rollout.conf import conf


# With a project's ATOMIC_REQUESTS it would open the database first, and fail while that is down.
@transaction.non_atomic_requests
def metrics(request: HttpRequest) -> HttpResponseBase:
    """Return the metrics to a request with METRICS_TOKEN; 404 if none is set."""
    token = conf.metrics_token
    if not token:
        return page_not_found(request, Http404())
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if not _has_token(request, token):
        response = HttpResponse(status=401, content_type="text/plain")
        response["WWW-Authenticate"] = 'Bearer realm="metrics"'
    else:
        # Imported here, because the import is expensive without metrics.
        from rollout.metrics.exposition import MEDIA_TYPE, exposition  # noqa: PLC0415 - see above

        try:
            response = HttpResponse(exposition().text(), content_type=MEDIA_TYPE)
        except TimeoutError:  # the master is folding metrics of ended workers
            response = HttpResponse(status=503, content_type="text/plain")
    response["Cache-Control"] = "no-store"
    response["Content-Length"] = str(len(response.content))
    if request.method == "HEAD":
        response.content = b""
    return response


def _has_token(request: HttpRequest, token: str) -> bool:
    """Return True if the request carries the token (RFC 6750 section 2.1)."""
    scheme, _, presented = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return constant_time_compare(presented.strip(" "), token) and scheme.lower() == "bearer"
