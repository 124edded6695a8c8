"""docs/threats.md, row 35: headers whose parsing is costly or fails, as bytes on a socket."""

import pytest

from tests.e2e.client import Api
from tests.e2e.conftest import Services
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service
from tests.e2e.test_http import Answer, connect_to, error

pytestmark = [pytest.mark.e2e, pytest.mark.threat(35)]

LIMIT = 1500
"""Bytes of an `Authorization` value."""
CONTENT_TYPES = {
    "semicolons": "application/json" + ";" * 8000,
    "semicolons in quotes": 'application/json;"' + ";" * 8000,
    "one too many": "application/json" + ";" * 241,
    "an unknown charset in the extended form": "application/json; charset*=nonsense''utf-8",
    "a long number of a continuation": f"application/json; a*{'9' * 5000}=b",
    "a codec that decodes no text": "application/json; charset=hex",
    "a codec that fails": "application/json; charset=undefined",
    "a boundary": "multipart/form-data; boundary=" + "b" * 300,
}


@pytest.fixture(scope="module")
def database(sqlite: Database) -> Database:
    """SQLite only: what is refused here reaches no database."""
    return sqlite


@pytest.fixture(scope="module")
def service(database: Database, services: Services) -> Service:
    """The service on that database."""
    return services(database)


def authorized(api: Api, service: Service, path: str, value: str) -> Answer:
    with connect_to(service) as connection:
        return connection.send("GET", api.root + path, Authorization=value)


def test_a_long_authorization(api: Api, service: Service, sandbox: Sandbox) -> None:
    """A value of 1 500 bytes is parsed; with one more it is refused, valid or not, on public paths too."""
    user = api.sign_up(sandbox.token("github", "ripley")).json()
    token = user["token"]
    for scheme, rest in (("Bearer", token), ("Token", token), ("ApiKey", f"{user['username']}:{token}")):
        blanks = LIMIT - len(scheme) - len(rest)
        assert authorized(api, service, "token/current/", scheme + " " * blanks + rest)[0] == 200
        refused = authorized(api, service, "token/current/", scheme + " " * (blanks + 1) + rest)
        assert error(refused) == (401, "invalid_credentials")
    for value in ("apikey" + " " * 8100 + "x", "apikey " + ":" * 8100, "Bearer " + "x" * 8100):
        for path in ("", "provider/", "token/current/"):
            assert error(authorized(api, service, path, value)) == (401, "invalid_credentials")


@pytest.mark.parametrize("content_type", CONTENT_TYPES.values(), ids=CONTENT_TYPES)
def test_a_content_type_that_django_cannot_parse(api: Api, service: Service, content_type: str) -> None:
    """It is 415 where a body is read, and ignored elsewhere, also outside the APIs."""
    with connect_to(service) as connection:
        answer = connection.send("POST", api.root + "social_sign_up/", b"{}", Content_Type=content_type)
        assert error(answer) == (415, "unsupported_media_type")
        assert connection.send("GET", api.root + "provider/?limit=%ff", Content_Type=content_type)[0] == 400
        for path in (api.root + "provider/", "/", "/livez", "/admin/login/?next=%ff"):
            assert connection.send("GET", path, Content_Type=content_type)[0] == 200


@pytest.mark.parametrize("unit", ["\\x", '\\"', "\\101", ";", "a=b;"])
def test_a_long_cookie(api: Api, service: Service, unit: str) -> None:
    """Cookies in an unknown form are ignored."""
    cookie = 'csrftoken="' + unit * (8000 // len(unit)) + '"'
    with connect_to(service) as connection:
        for path in (api.root + "provider/", "/", "/livez", "/admin/login/"):
            assert connection.send("GET", path, Cookie=cookie)[0] == 200


def test_a_long_body_of_the_admin(service: Service) -> None:
    """A form of more than 64 KiB is refused before it is parsed."""
    with connect_to(service) as connection:
        head = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(64 * 1024 + 1)}
        connection.socket.sendall(connection.head("POST", "/admin/login/", head))
        status, headers, body = connection.read("POST")
    assert (status, headers["Content-Type"]) == (413, "text/plain; charset=utf-8")
    assert body == b"The request body is too large.\n"


@pytest.mark.parametrize("name", ["Accept", "X-Forwarded-For", "X-Request-ID", "Origin", "User-Agent", "If-None-Match"])
def test_other_long_headers(api: Api, service: Service, name: str) -> None:
    """They are ignored."""
    with connect_to(service) as connection:
        for unit in (",", ";", "(", '"', "\\", "[", ":", "a/b;q=1,"):
            header = {name: unit * (8000 // len(unit))}
            assert connection.send("GET", api.root + "provider/", b"", **header)[0] == 200
            assert connection.send("GET", "/api/v2/docs/", b"", **header)[0] == 200
