"""docs/contract.md, section 1: the headers of every answer, no more and no fewer."""

import json
import re
from collections.abc import Callable

import pytest
from pytest_django import Settings

from tests.contract.answers import COMMON, Response, assert_headers, assert_wrong_host
from tests.contract.conftest import ApiClient
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


def test_of_a_200(api: ApiClient) -> None:
    """A body, its type and its length."""
    assert_headers(api.get("provider/"), WITH_BODY, new=NEW)


@pytest.mark.django_db
def test_of_a_200_with_credentials(api: ApiClient) -> None:
    """No Vary: what must not be stored needs none."""
    assert_headers(api.get("user/", token=person().token), WITH_BODY, new=NEW)


@pytest.mark.django_db
def test_of_a_201(api: ApiClient, providers: Providers) -> None:
    """Location besides, of the user."""
    response = api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"]))
    assert response.status_code == 201
    assert_headers(response, {**WITH_BODY, "Location": f"{api.prefix}user/{response.json()['id']}/"}, new=NEW)


@pytest.mark.django_db
def test_of_a_204(api: ApiClient) -> None:
    """Nothing about a body that is not there."""
    response = api.delete("token/current/", token=person().token)
    assert (response.status_code, response.content) == (204, b"")
    assert_headers(response, COMMON, new=("X-Request-ID",))


def test_of_a_401(api: ApiClient) -> None:
    """The challenge besides."""
    challenged = {**WITH_BODY, "WWW-Authenticate": 'Bearer realm="api"'}
    assert_headers(api.get("user/"), challenged, new=NEW)


def test_of_a_405(api: ApiClient) -> None:
    """Allow besides."""
    assert_headers(api.post("provider/", {}), {**WITH_BODY, "Allow": "GET, HEAD, OPTIONS"}, new=NEW)


@pytest.mark.threat(11, 33)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_of_every_answer(api: ApiClient, answer: Callable[[ApiClient], Response]) -> None:
    """Not stored, not sniffed, with an id, and without a cookie."""
    response = answer(api)
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", response["X-Request-ID"])
    assert not response.cookies
    assert not {"Set-Cookie", "Vary", "ETag", "Last-Modified", "Server"} & {name for name, _ in response.items()}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_ids_are_our_own(api: ApiClient, answer: Callable[[ApiClient], Response]) -> None:
    """Each answer has a new id; a client's own is not believed without a trusted proxy."""
    given = "0123456789abcdef"
    ids = [answer(api)["X-Request-ID"], answer(api)["X-Request-ID"]]
    ids.append(api.get("provider/", headers={"X-Request-ID": given})["X-Request-ID"])
    assert len(set(ids)) == 3
    assert given not in ids


@pytest.mark.parametrize("given", ["12345678", "a" * 64, "A.b_c-d.9", "--------"])
@pytest.mark.parametrize("path", ["provider/", "user/", "nothing/"])
def test_a_trusted_proxy_names_the_request(api: ApiClient, settings: Settings, given: str, path: str) -> None:
    """Behind a trusted proxy the request keeps its id, whatever becomes of it."""
    settings.TRUSTED_PROXIES = 1
    assert api.get(path, headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given",
    ["", "1234567", "a" * 65, "has a blank", "tailing\n", "tab\tbed..", "é" * 8, "\u0661" * 8, "a,b,c,d,e", "<html>ab"],
)
def test_an_odd_id_is_replaced(api: ApiClient, settings: Settings, given: str) -> None:
    """What is no id is not repeated, trusted proxy or not."""
    settings.TRUSTED_PROXIES = 1
    kept = api.get("provider/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert kept != given
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", kept)


@pytest.mark.django_db
def test_the_id_is_on_every_log_line(api: ApiClient, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """An operator finds all lines of a request by the id that its client saw."""
    from shared.http.logs import RequestIdFilter  # noqa: PLC0415 - only here

    settings.TRUSTED_PROXIES = 1
    caplog.handler.addFilter(RequestIdFilter())
    api.get("user/", token=person().token, headers={"X-Request-ID": "0123456789abcdef"})
    assert {getattr(record, "request_id", None) for record in caplog.records} == {"0123456789abcdef"}


@pytest.mark.django_db
def test_bodies_are_compact_utf_8(api: ApiClient) -> None:
    """No blanks between, and only what JSON must escape is escaped."""
    name = "é漢😀\u2028</script>&'\"\\\x7f"
    response = api.get("user/", token=person(first_name=name).token)
    text = response.content.decode("utf-8")
    assert text == json.dumps(response.json(), separators=(",", ":"), ensure_ascii=False)
    assert '"first_name":"é漢😀\u2028</script>&\'\\"\\\\\x7f"' in text


@pytest.mark.threat(10)
def test_a_listed_proxy_is_not_believed_about_the_host(api: ApiClient) -> None:
    """X-Forwarded-Host changes neither what is served nor a link."""
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
def test_their_order(api: ApiClient, call: Callable[[ApiClient], Response], own: list[str]) -> None:
    """No client may rely on an order; the bytes are the same all the same."""
    assert [name for name in call(api).headers if name in {"Content-Type", "Allow", "WWW-Authenticate"}] == own


@pytest.mark.django_db
def test_their_order_after_a_sign_up(api: ApiClient, providers: Providers) -> None:
    """`Location` follows the media type."""
    headers = list(api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])).headers)
    assert headers[:2] == ["Content-Type", "Location"]
