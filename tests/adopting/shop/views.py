"""The shop's own pages and its own API."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """Greet; the page speaks the visitor's language."""
    return HttpResponse("<h1>The shop</h1>")


def orders(request: HttpRequest) -> HttpResponse:
    """Show one's orders; the shop's middleware asks who one is."""
    return HttpResponse("<h1>Your orders</h1>")


@login_not_required
def articles(request: HttpRequest) -> JsonResponse:
    """List articles: a resource of the shop's old API, which has nothing to do with signing in."""
    return JsonResponse({"objects": ["anvil"]})


class StockView(APIView):
    """A view of the shop's API, with whatever the shop's REST_FRAMEWORK says."""

    def get(self, request: Request) -> Response:
        """Say how many there are."""
        return Response({"anvil": 7})
