"""The agency's views, middleware and URLs, followed by the URLs of docs/adopters.md."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseNotFound, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.views import exception_handler
from rest_framework.viewsets import ViewSet

from tests.adopting import document

calls: Counter[str] = Counter()
"""How often the agency's own views ran, by method and path."""


class CdnMiddleware:
    """Let a CDN keep answers to GET below the agency's APIs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Set the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response to a request."""
        response = self.get_response(request)
        if request.path.startswith("/rest/") and request.method == "GET" and response.status_code < 500:
            response["Cache-Control"] = "public, max-age=60"
        response["Surrogate-Key"] = "agency"
        return response


def report(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return an error of the agency's REST framework views, in its own form."""
    answer = exception_handler(error, context)
    if answer is not None:
        answer.data = {"oops": answer.data}
    return answer


@csrf_exempt
def jobs(request: HttpRequest, **options: Any) -> HttpResponse:
    """Return the jobs, as the old framework did: errors are text, and a visitor gets a cookie and a session."""
    calls[f"{request.method} {request.path}"] += 1
    if request.method not in {"GET", "POST"}:
        refused = HttpResponseNotAllowed(["GET", "POST"], "GET,POST")
        refused["Content-Type"] = "text/html; charset=utf-8"
        return refused
    answer = JsonResponse({"objects": ["smith"], "known": request.user.is_authenticated})
    answer.set_cookie("visited", "1")
    return answer


def root(request: HttpRequest, **options: Any) -> JsonResponse:
    """Return the root of the agency's old API."""
    return JsonResponse({"staff/job": "/rest/1.0/staff/job/"})


class Postings(ViewSet):
    """The jobs in the new API."""

    def list(self, request: Request) -> Response:
        """Return the jobs."""
        calls[f"{request.method} {request.path}"] += 1
        return Response(["smith"])


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the agency's page for an unknown path, which depends on the visitor."""
    return HttpResponseNotFound(f"<h1>Nothing here, {request.user}</h1>")


router = DefaultRouter()
router.register("staff/job", Postings, basename="posting")
handler404 = missing
urlpatterns: list[URLPattern | URLResolver] = [
    path("rest/1.0/", root, {"api_name": "1.0"}, name="api_1_top_level"),
    path("rest/1.0/staff/job/", jobs, {"resource_name": "staff/job"}, name="api_dispatch_list"),
    path("rest/2.0/", include(router.urls)),
]


class Alone:
    """The agency's URLs before it adopted the service."""

    urlpatterns = list(urlpatterns)
    handler404 = staticmethod(missing)


document.run("urls", globals())
