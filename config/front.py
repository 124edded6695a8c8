"""The front page."""

from django.http import HttpRequest, HttpResponse


def page(request: HttpRequest) -> HttpResponse:
    """Explain the service."""
    return HttpResponse("Tandem")
