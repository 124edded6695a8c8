"""The page at `/clients/`: the same for everybody, without a secret in it."""

import re

import pytest
from django.test import Client

from tests.contract.conftest import HOST


@pytest.fixture
def page() -> str:
    response = Client(SERVER_NAME=HOST).get("/clients/")
    assert response.status_code == 200
    return response.content.decode()


def test_it_needs_no_sign_in_and_no_database(page: str) -> None:
    """It names the resource, from which its script gets the figures."""
    assert '<body data-resource="/api/v2/client_health/">' in page


def test_without_a_script_it_says_what_to_do(page: str) -> None:
    """The same figures with curl."""
    instead = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "curl -H 'Authorization: Bearer &lt;your key&gt;' http://api.example.com/api/v2/client_health/" in instead


@pytest.mark.threat(50)
def test_its_policy() -> None:
    """Only its own files, calls to this service, no form, no frame; it tells other pages nothing."""
    response = Client(SERVER_NAME=HOST).get("/clients/")
    policy = dict(each.strip().split(" ", 1) for each in response["Content-Security-Policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    assert policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert response["Referrer-Policy"] == "no-referrer"
    assert not response.cookies


def test_no_inline_code(page: str) -> None:
    """The policy would refuse it."""
    assert " style=" not in page
    assert " on" + "click=" not in page
    assert not re.search(r"<script[^>]*>[^<]", page)


def test_other_methods() -> None:
    """Only GET and HEAD."""
    assert Client(SERVER_NAME=HOST).post("/clients/").status_code == 405
