"""docs/contract.md, section 1: every answer has exactly the headers of the contract."""

import json
import re
from collections.abc import Callable

import pytest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from pytest_django import Settings

from tests.contract.answers import COMMON, Response, assert_headers, assert_wrong_host
from tests.contract.conftest import ApiClient, handler
from tests.contract.users import PROFILES, person
from tests.providers import Providers

WITH_BODY = {**COMMON, "Content-Type": "application/json"}
NEW = ("X-Request-ID", "Content-Length")

ANSWERS: dict[str, Callable[[ApiClient], Response]] = {
    "200": lambda api: api.get("provider/"),
    "204": lambda api: api.call("OPTIONS", "provider/"),
    "400": lambda api: api.post("social_sign_up/", {}),
    "401": lambda api: api.get("user/"),
    "404": lambda api: api.get("nothing/"),
    "405": lambda api: api.post("provider/", {}),
    "413": lambda api: api.post("social_sign_up/", b" " * 70_000),
    "415": lambda api: api.post("social_sign_up/", {}, content_type="text/plain"),
    "wrong host": lambda api: api.get("provider/", HTTP_HOST="evil.example.com"),
}


def test_a_200_has_a_type_and_a_length(api: ApiClient) -> None:
    """A 200 has Content-Type and Content-Length."""
    assert_headers(api.get("provider/"), WITH_BODY, new=NEW)


@pytest.mark.django_db
def test_a_200_with_credentials_has_no_vary(api: ApiClient) -> None:
    """A response with no-store needs no Vary."""
    assert_headers(api.get("user/", token=person().token), WITH_BODY, new=NEW)


@pytest.mark.django_db
def test_a_201_has_a_location(api: ApiClient, providers: Providers) -> None:
    """A 201 has the user's path in Location."""
    response = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"]))
    assert response.status_code == 201
    assert_headers(response, {**WITH_BODY, "Location": f"{api.prefix}user/{response.json()['id']}/"}, new=NEW)


@pytest.mark.django_db
def test_a_204_has_no_headers_of_a_body(api: ApiClient) -> None:
    """A 204 has no body, and no header that describes one."""
    response = api.delete("token/current/", token=person().token)
    assert (response.status_code, response.content) == (204, b"")
    assert_headers(response, COMMON, new=("X-Request-ID",))


def test_a_401_has_a_challenge(api: ApiClient) -> None:
    """A 401 has WWW-Authenticate."""
    challenged = {**WITH_BODY, "WWW-Authenticate": 'Bearer realm="api"'}
    assert_headers(api.get("user/"), challenged, new=NEW)


def test_a_405_has_allow(api: ApiClient) -> None:
    """A 405 has Allow."""
    assert_headers(api.post("provider/", {}), {**WITH_BODY, "Allow": "GET, HEAD, OPTIONS"}, new=NEW)


@pytest.mark.threat(11, 33)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_every_answer_has_the_common_headers(api: ApiClient, answer: Callable[[ApiClient], Response]) -> None:
    """Every answer has no-store, nosniff and a request id, and no cookie."""
    response = answer(api)
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", response["X-Request-ID"])
    assert not response.cookies
    assert not {"Set-Cookie", "Vary", "ETag", "Last-Modified", "Server"} & {name for name, _ in response.items()}


def set_a_cookie(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return a middleware, such as one that starts a session for every visitor."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.set_cookie("visited", "1")
        return response

    return answer


@pytest.mark.threat(11)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_no_answer_has_the_cookie_of_another_middleware(
    api: ApiClient, settings: Settings, answer: Callable[[ApiClient], Response]
) -> None:
    """A cookie that a middleware of the project sets on every response does not reach the client."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.set_a_cookie"]
    api._client.handler = handler.__wrapped__()
    assert not answer(api).cookies


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_every_answer_has_a_new_request_id(api: ApiClient, answer: Callable[[ApiClient], Response]) -> None:
    """Each answer has a new id; a client's own id is ignored without a trusted proxy."""
    given = "0123456789abcdef"
    ids = [answer(api)["X-Request-ID"], answer(api)["X-Request-ID"]]
    ids.append(api.get("provider/", headers={"X-Request-ID": given})["X-Request-ID"])
    assert len(set(ids)) == 3
    assert given not in ids


@pytest.mark.parametrize("given", ["12345678", "a" * 64, "A.b_c-d.9", "--------"])
@pytest.mark.parametrize("path", ["provider/", "user/", "nothing/"])
def test_a_request_id_of_a_trusted_proxy_is_kept(api: ApiClient, settings: Settings, given: str, path: str) -> None:
    """Behind a trusted proxy the answer has the proxy's request id, whatever its status."""
    settings.TRUSTED_PROXIES = 1
    assert api.get(path, headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given",
    ["", "1234567", "a" * 65, "has a blank", "tailing\n", "tab\tbed..", "é" * 8, "\u0661" * 8, "a,b,c,d,e", "<html>ab"],
)
def test_a_malformed_request_id_is_replaced(api: ApiClient, settings: Settings, given: str) -> None:
    """A malformed request id is never repeated, even behind a trusted proxy."""
    settings.TRUSTED_PROXIES = 1
    kept = api.get("provider/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert kept != given
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", kept)


@pytest.mark.django_db
def test_every_log_line_has_the_request_id(
    api: ApiClient, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """All log lines of a request have the id that its client got."""
    from shared.http.logs import RequestIdFilter  # noqa: PLC0415 - only here

    settings.TRUSTED_PROXIES = 1
    caplog.handler.addFilter(RequestIdFilter())
    api.get("user/", token=person().token, headers={"X-Request-ID": "0123456789abcdef"})
    assert {getattr(record, "request_id", None) for record in caplog.records} == {"0123456789abcdef"}


@pytest.mark.django_db
def test_bodies_are_compact_utf_8(api: ApiClient) -> None:
    """Bodies have no spaces between tokens, and only required characters are escaped."""
    name = "é漢😀\u2028</script>&'\"\\\x7f"
    response = api.get("user/", token=person(first_name=name).token)
    text = response.content.decode("utf-8")
    assert text == json.dumps(response.json(), separators=(",", ":"), ensure_ascii=False)
    assert '"first_name":"é漢😀\u2028</script>&\'\\"\\\\\x7f"' in text


@pytest.mark.threat(10)
def test_x_forwarded_host_is_ignored(api: ApiClient) -> None:
    """X-Forwarded-Host changes neither the answer nor a link."""
    plain = api.get("")
    assert api.get("", headers={"X-Forwarded-Host": "evil.example.com"}).content == plain.content
    response = api.get("", HTTP_HOST="evil.example.com", headers={"X-Forwarded-Host": "api.example.com"})
    assert_wrong_host(response)


@pytest.mark.parametrize(
    ("call", "own"),
    [
        (lambda api: api.get("provider/"), ["Content-Type"]),
        (lambda api: api.call("OPTIONS", "provider/"), ["Allow"]),
        (lambda api: api.get("user/"), ["Content-Type", "WWW-Authenticate"]),
        (lambda api: api.post("provider/", {}), ["Content-Type", "Allow"]),
    ],
    ids=["200", "204", "401", "405"],
)
def test_the_order_of_the_headers_is_fixed(
    api: ApiClient, call: Callable[[ApiClient], Response], own: list[str]
) -> None:
    """The order of the headers is part of the bytes, though no client may rely on it."""
    assert [name for name in call(api).headers if name in {"Content-Type", "Allow", "WWW-Authenticate"}] == own


@pytest.mark.django_db
def test_location_follows_the_media_type(api: ApiClient, providers: Providers) -> None:
    """After a sign-up `Location` follows `Content-Type`."""
    headers = list(api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])).headers)
    assert headers[:2] == ["Content-Type", "Location"]


@pytest.mark.threat(42)
@pytest.mark.parametrize("path", ["provider/", "social_sign_up/", "user/", "nothing/", ""])
@pytest.mark.parametrize(
    ("address", "status"),
    [("192.0.2.7", 400), ("2001:db8::7", 400), ("", 400), ("127.0.0.1", None), ("127.8.0.1", None), ("::1", None)],
)
@pytest.mark.django_db
def test_a_sandbox_answers_this_machine_only(
    api: ApiClient, settings: Settings, path: str, address: str, status: int | None
) -> None:
    """A neighbour gets `invalid_request` for every path; the Host is the client's own choice."""
    normal = api.get(path).status_code
    settings.SANDBOX, settings.ALLOWED_HOSTS = True, ["localhost"]
    for more in ({}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}):
        answer = api.get(path, SERVER_NAME="localhost", REMOTE_ADDR=address, **more)
        assert answer.status_code == (status or normal)
        if status:
            assert answer.json()["code"] == "invalid_request"
