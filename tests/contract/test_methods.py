"""docs/contract.md, section 1: the methods of each path, `Allow`, OPTIONS and HEAD."""

import io
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from tests.contract.answers import COMMON, assert_error, assert_headers
from tests.contract.conftest import HOST, ApiClient
from tests.contract.users import Person, link, person

READ = "GET, HEAD, OPTIONS"
READ_DELETE = "GET, HEAD, DELETE, OPTIONS"
ALLOW = {
    "": READ,
    "provider/": READ,
    "social_sign_up/": "POST, OPTIONS",
    "social_account/": READ,
    "social_account/1/": READ_DELETE,
    "token/": READ_DELETE,
    "token/1/": READ_DELETE,
    "token/current/": READ_DELETE,
    "user/": READ,
    "user/1/": READ,
}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "BREW"]
LACKING = [(path, method) for path, allow in ALLOW.items() for method in METHODS if method not in allow.split(", ")]


@pytest.mark.parametrize(("path", "allow"), ALLOW.items(), ids=[path or "root" for path in ALLOW])
@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {}),
        ("", {"Authorization": "Basic nonsense"}),
        ("", {"Authorization": ""}),
        ("?api_key=abc&username=ripley", {"Authorization": "Bearer unknown"}),
        ("?limit=nonsense", {"Accept": "text/html", "Content-Type": "text/plain", "Content-Encoding": "gzip"}),
        ("", {"Origin": "https://evil.example.com", "Access-Control-Request-Method": "POST"}),
    ],
    ids=["plain", "bad credentials", "empty credentials", "key in the URL", "odd headers", "preflight"],
)
def test_options_is_answered_with_allow(
    api: ApiClient, path: str, allow: str, query: str, headers: dict[str, str]
) -> None:
    """OPTIONS is 204 with Allow, whatever the rest of the request, and uses no database."""
    response = api.call("OPTIONS", path + query, headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert_headers(response, {**COMMON, "Allow": allow}, new=("X-Request-ID",))


def test_options_does_not_read_its_body(api: ApiClient) -> None:
    """OPTIONS ignores a body that other methods refuse."""
    response = api.call("OPTIONS", "social_sign_up/", data=b"{" * 70_000, content_type="text/plain")
    assert (response.status_code, response["Allow"]) == (204, "POST, OPTIONS")


@pytest.mark.parametrize(("path", "method"), LACKING, ids=[f"{method} {path}" for path, method in LACKING])
def test_a_method_that_the_path_does_not_have_is_refused(api: ApiClient, path: str, method: str) -> None:
    """The answer is 405 with Allow before credentials are checked, also for invented methods."""
    assert_error(api.call(method, path), "method_not_allowed", allow=ALLOW[path])


@pytest.mark.django_db
@pytest.mark.parametrize("path", ALLOW, ids=lambda path: path or "root")
def test_credentials_do_not_add_methods(api: ApiClient, subtests: pytest.Subtests, path: str) -> None:
    """The answer is the same with credentials, with a body and without the final slash."""
    token = person().token
    for method in (method for lacking, method in LACKING if lacking == path):
        with subtests.test(method):
            body = {"data": b'{"a":1}', "content_type": "application/json"}
            response = api.call(method, path.rstrip("/"), token=token, **body)
            assert_error(response, "method_not_allowed", allow=ALLOW[path])


@pytest.fixture
def ripley() -> Person:
    ripley = person()
    link(ripley.user)
    return ripley


READABLE = [path for path, allow in ALLOW.items() if allow.startswith("GET")]
BROKEN = ["nothing/", "user/0/", "token/0/", "user/?limit=x", "user/?api_key=x", "social_sign_up/"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", READABLE + BROKEN, ids=lambda path: path or "root")
def test_head_is_get_without_a_body(api: ApiClient, ripley: Person, path: str) -> None:
    """HEAD has the status and headers of GET, Content-Length included, for successes and errors."""
    ids = {"social_account/1/": ripley.user.social_auth.get().pk, "token/1/": ripley.row.pk, "user/1/": ripley.user.pk}
    path = path.replace("1", str(ids[path])) if path in ids else path
    get, head = (api.call(method, path, token=ripley.token) for method in ("GET", "HEAD"))
    assert head.status_code == get.status_code
    assert_headers(head, {name: value for name, value in get.items() if name != "X-Request-ID"}, new=("X-Request-ID",))
    assert (head.content, head["Content-Length"]) == (b"", str(len(get.content)))
    assert get.content


def call_wsgi(environ: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
    """Call the WSGI application directly: the test client removes the body of every HEAD response."""
    seen: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], *args: Any) -> Any:
        seen.update(status=status, headers=dict(headers))

    body = b"".join(WSGIHandler()(environ, start_response))
    return seen["status"], seen["headers"], body


@pytest.mark.django_db  # The application closes old connections when a request begins.
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "provider/", "200 OK"),
        ("HEAD", "user/", "401 Unauthorized"),
        ("HEAD", "nothing/", "404 Not Found"),
        ("HEAD", "social_sign_up/", "405 Method Not Allowed"),
        ("OPTIONS", "provider/", "204 No Content"),
    ],
)
def test_head_and_options_have_no_body_at_the_wsgi_server(api: ApiClient, method: str, path: str, status: str) -> None:
    """The WSGI server gets no body for HEAD and OPTIONS; HEAD has the Content-Length of GET."""
    environ = RequestFactory(SERVER_NAME=HOST).generic(method, api.prefix + path).environ
    got, headers, body = call_wsgi({**environ, "wsgi.input": io.BytesIO()})
    assert (got, body) == (status, b"")
    if method == "HEAD":
        length = len(api.get(path).content)
        assert headers["Content-Length"] == str(length if path != "social_sign_up/" else len(api.get(path).content))
    else:
        assert not {"Content-Length", "Content-Type"} & set(headers)
