"""What a project's own middleware and resources answer below an API's prefix: never a page."""

import json

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from shared.http.middleware import ContractMiddleware

BELOW = f"/{next(iter(settings.APIS.values()))}article/"


def answered(response: HttpResponse, path: str = BELOW) -> HttpResponse:
    def project(request: HttpRequest) -> HttpResponse:
        return response

    answer = ContractMiddleware(project)(RequestFactory().get(path))
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
def test_a_page_becomes_an_error_of_the_contract(status: int, expected: int, code: str) -> None:
    """Whoever made it."""
    answer = answered(HttpResponse("<h1>Sorry</h1>", status=status))
    assert (answer.status_code, json.loads(answer.content)["code"]) == (expected, code)


@pytest.mark.parametrize("status", [401, 403, 405, 429])
def test_a_refusal_without_a_page_stays(status: int) -> None:
    """A resource of the project's own says no in its own way; the common headers are there."""
    answer = answered(HttpResponse(status=status))
    assert (answer.status_code, answer.content) == (status, b"")
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("no-store", "nosniff")


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_nothing_at_all_is_an_error_of_the_contract_too(status: int) -> None:
    """Where the contract has one for it, or something broke."""
    assert json.loads(answered(HttpResponse(status=status)).content)["code"]


def test_other_paths_are_the_projects_own() -> None:
    """With its pages and its cookies."""
    page = HttpResponse("<h1>Sorry</h1>", status=403)
    page.set_cookie("visited", "1")
    answer = answered(page, "/orders/")
    assert (answer.status_code, answer.content) == (403, b"<h1>Sorry</h1>")
    assert answer.cookies["visited"].value == "1"
