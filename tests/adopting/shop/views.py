"""The shop's own pages and API."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """Return the home page."""
    return HttpResponse("<h1>The shop</h1>")


def orders(request: HttpRequest) -> HttpResponse:
    """Return the page of orders; LoginRequiredMiddleware requires a login."""
    return HttpResponse("<h1>Your orders</h1>")


@login_not_required
def articles(request: HttpRequest) -> JsonResponse:
    """Return the list of articles, a resource of the shop's old API."""
    return JsonResponse({"objects": ["anvil"]})


class StockView(APIView):
    """A view of the shop's API, which uses the shop's REST_FRAMEWORK settings."""

    def get(self, request: Request) -> Response:
        """Return the stock."""
        return Response({"anvil": 7})
