"""Answers of a project's own middleware and resources below an API's prefix."""

import json

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from shared.http.middleware import ContractMiddleware

BELOW = f"/{next(iter(settings.APIS.values()))}article/"


def answered(response: HttpResponse, path: str = BELOW) -> HttpResponse:
    def view(request: HttpRequest) -> HttpResponse:
        return response

    answer = ContractMiddleware(view)(RequestFactory().get(path))
    assert isinstance(answer, HttpResponse)
    return answer


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (400, 400, "invalid_request"),
        (404, 404, "not_found"),
        (403, 500, "internal_error"),
        (500, 500, "internal_error"),
        (503, 500, "internal_error"),
    ],
)
def test_error_pages_become_errors_of_the_contract(status: int, expected: int, code: str) -> None:
    """An HTML error page is replaced with the error envelope."""
    answer = answered(HttpResponse("<h1>Sorry</h1>", status=status))
    assert (answer.status_code, json.loads(answer.content)["code"]) == (expected, code)


@pytest.mark.parametrize("status", [401, 403, 405, 429])
def test_empty_refusals_stay(status: int) -> None:
    """An empty 4xx of a project's own resource is not replaced, and gets the common headers."""
    answer = answered(HttpResponse(status=status))
    assert (answer.status_code, answer.content) == (status, b"")
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("no-store", "nosniff")


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_empty_errors_become_errors_of_the_contract(status: int) -> None:
    """An empty 400, 404 or 5xx is replaced with the error envelope."""
    assert json.loads(answered(HttpResponse(status=status)).content)["code"]


def test_no_answer_sets_a_cookie() -> None:
    """A cookie of a project's own resource is removed."""
    response = HttpResponse(status=401)
    response.set_cookie("visited", "1")
    assert not answered(response).cookies


def test_other_paths_are_unchanged() -> None:
    """Answers outside the APIs keep their pages and cookies."""
    page = HttpResponse("<h1>Sorry</h1>", status=403)
    page.set_cookie("visited", "1")
    answer = answered(page, "/orders/")
    assert (answer.status_code, answer.content) == (403, b"<h1>Sorry</h1>")
    assert answer.cookies["visited"].value == "1"
