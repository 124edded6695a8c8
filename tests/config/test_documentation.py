"""The pages for client developers: their caching, their links, and the addresses of the error codes."""

import re
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from config.documentation import MAX_AGE, PAGES
from rollout.calls import call_of
from shared.contract.errors import leaves
from tests.contract.conftest import HOST, handler

CODES = [leaf.code for leaf in leaves()]


def client() -> Client:
    made = Client(SERVER_NAME=HOST)
    made.handler = handler()
    return made


class Markup(HTMLParser):
    """The ids, the addresses and the tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: set[str] = set()
        self.attributes: set[str] = set()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.addresses |= {value for name, value in attrs if name in {"href", "src"} and value}


@cache
def markup(name: str) -> Markup:
    return Markup(client().get(f"/docs/{name}/").content.decode())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_cached_and_validated(name: str) -> None:
    """A page may be kept for a while by anyone, and is not sent again while it is the same."""
    answer = client().get(f"/docs/{name}/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer["Cache-Control"] == f"public, max-age={MAX_AGE}"
    assert not answer.cookies
    again = client().get(f"/docs/{name}/", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])
    assert client().get(f"/docs/{name}/", headers={"If-None-Match": '"another"'}).status_code == 200


def test_pages_have_different_etags() -> None:
    """The ETag is that of the content."""
    assert len({client().get(f"/docs/{name}/")["ETag"] for name in PAGES}) == len(PAGES)


@pytest.mark.parametrize("path", ["errors/", "errors", "errors/token_rejected/", ""])
def test_methods(path: str) -> None:
    """HEAD has the headers of GET, and another method is 405."""
    get, head = client().get(f"/docs/{path}"), client().head(f"/docs/{path}")
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert {**head.headers, "X-Request-ID": ""} == {**get.headers, "X-Request-ID": ""}
    post = client().post(f"/docs/{path}")
    assert (post.status_code, post["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_markup_alone(name: str) -> None:
    """No script, no style and no handler of an event: the Content-Security-Policy would refuse them."""
    page = markup(name)
    assert not page.tags & {"script", "style", "iframe", "form"}
    assert not {each for each in page.attributes if each == "style" or each.startswith("on")}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    """Each address on this service exists, with its anchor; no link is relative to a folder that is not served."""
    page = markup(name)
    assert len(set(page.ids)) == len(page.ids)
    for address in page.addresses:
        path, anchor = urldefrag(address)
        if path.startswith("https://"):
            continue
        assert not path or path.startswith("/"), address
        if path and not path.startswith(settings.STATIC_URL):
            assert client().get(path).status_code == 200, address
        if anchor:
            (target,) = [each for each in PAGES if path in {"", f"/docs/{each}/"} and (path or each == name)]
            assert anchor in markup(target).ids, address


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_a_section(code: str) -> None:
    """The address of a code, with and without the slash, leads to its section of the catalogue."""
    for path in (f"/docs/errors/{code}/", f"/docs/errors/{code}"):
        answer = client().get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/docs/errors/#{code}")
    assert code in markup("errors").ids


@pytest.mark.parametrize(("path", "target"), [("", "/docs/clients/"), *((name, f"/docs/{name}/") for name in PAGES)])
def test_shorter_addresses_are_redirected(path: str, target: str) -> None:
    """The folder leads to its first page, and a name without a slash to the page."""
    assert client().get(f"/docs/{path}").headers["Location"] == target


@pytest.mark.parametrize("path", ["errors/nothing/", "errors/token_rejected/x", "contract/", "clients.html", "../x"])
def test_other_addresses_are_not_found(path: str) -> None:
    """A redirect never leads to an address that a caller has chosen."""
    assert client().get(f"/docs/{path}").status_code == 404


@pytest.mark.parametrize("path", ["/docs/errors/", "/docs/errors/throttled/"])
def test_pages_are_not_counted(path: str) -> None:
    """They are no calls of an API."""
    answer: Any = client().get(path)
    assert call_of(RequestFactory().get(path), answer, 0.0) is None


def test_braces_are_text() -> None:
    """A template's tag in a page is shown, not run: the guide has JavaScript with braces."""
    text = client().get("/docs/client-guide/").content.decode()
    assert "return &#123; url: `$&#123;authorizationEndpoint}?$&#123;query}`, kept };" in text
    assert not re.search(r"\{[{%#]", text)
