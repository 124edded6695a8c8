"""The comparison of two answers by the front page of a sandbox: what it refuses."""

import json
from typing import Any

import pytest
from django.test import Client, override_settings

pytestmark = pytest.mark.threat(35)

ANSWER = {"prefix": "/api/v1/", "status": 200, "headers": [], "body": "{}"}


def compared(**changed: Any) -> str:
    return json.dumps({"old": {**ANSWER, **changed}, "new": {**ANSWER, "prefix": "/api/v2/"}})


REFUSED = {
    "nothing": "",
    "no object": "[]",
    "no answers": "{}",
    "unclosed arrays": '{"old":' + "[" * 60_000,
    "nested": compared(prefix="x").replace('"x"', "[" * 900 + "]" * 900),
    "too long": compared(body="x" * 70_000),
    "an infinite status": compared(status="x").replace('"x"', "1e999"),
    "a long status": compared(status="9" * 5000),
    "a lone surrogate": compared(body="\ud800"),
    "a header that is none": compared(headers=[["a"]]),
}


@pytest.fixture
def browser() -> Client:
    """Return a client that gets the page of an exception, as a browser does."""
    return Client(SERVER_NAME="api.example.com", raise_request_exception=False)


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
@override_settings(SANDBOX=True, DEBUG=True)
def test_anything_but_two_answers_is_refused(browser: Client, body: str) -> None:
    """It is 400, also under DEBUG."""
    response = browser.post("/", body, content_type="application/json")
    assert (response.status_code, response.content) == (400, b"Send two answers.")


@pytest.mark.parametrize("nested", ["[" * 20_000, "[" * 900 + "1" + "]" * 900, '{"a":' * 900 + "1" + "}" * 900])
@pytest.mark.parametrize("status", [200, 410])
@override_settings(SANDBOX=True, DEBUG=True)
def test_nested_bodies_are_compared(browser: Client, nested: str, status: int) -> None:
    """Bodies too deep to compare by their fields are compared as text."""
    response = browser.post("/", compared(status=status, body=nested), content_type="application/json")
    assert response.status_code == 200
    assert not response.json()["identical"]


@override_settings(SANDBOX=True)
def test_a_missing_header_is_shown_as_such(browser: Client) -> None:
    """The life-cycle headers, for example, which only the older version sends."""
    response = browser.post("/", compared(headers=[["Sunset", "soon"]]), content_type="application/json")
    [found] = response.json()["differences"]
    assert (found["place"], found["old"], found["new"]) == ("header sunset", "soon", "not sent")
