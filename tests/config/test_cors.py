"""CORS_ALLOWED_ORIGINS: pages of which origins can read the APIs' answers (docs/decisions/0009-cors.md)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.conf import settings
from django.test import Client, override_settings
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from config import environment
from shared.contract.differences import Answer, compare
from tests.contract.answers import COMMON, Response
from tests.contract.conftest import HOST, ApiClient, handler
from tests.contract.test_headers import ANSWERS
from tests.contract.test_methods import ALLOW
from tests.e2e.servers import Service, running_service
from tests.rollout.conftest import UNDECIDED, moment, v1, v2

__all__ = ["v1", "v2"]

APP = "https://app.example.com"
OTHER = "https://evil.example.com"
ON = override_settings(CORS_ALLOWED_ORIGINS=[APP, "capacitor://localhost"])
EXPOSED = "Location, Retry-After, Deprecation, Sunset, Link, X-Request-ID"
PLAIN = {
    "Vary": "origin",
    "access-control-allow-origin": APP,
    "access-control-expose-headers": EXPOSED,
}
ASKED = {
    **PLAIN,
    "access-control-allow-headers": "authorization, content-type, x-request-id, x-client",
    "access-control-allow-methods": "GET, HEAD, POST, DELETE, OPTIONS",
    "access-control-max-age": "7200",
}
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,x-client",
}
BROWNOUT = override_settings(
    V1_BROWNOUTS=[(moment("2020-01-01T00:00:00"), moment("2120-01-01T00:00:00") - moment("2020-01-01T00:00:00"))]
)

Call = Callable[[ApiClient], Response]


class From(ApiClient):
    """A client that sends an Origin header, as a browser does."""

    def __init__(self, api: ApiClient, origin: str) -> None:
        super().__init__(api.app)
        self._origin = origin

    def call(self, method: str, path: str, *, token: str | None = None, **extra: Any) -> Response:
        """Send a request with the Origin header."""
        headers = {**extra.pop("headers", {}), "Origin": self._origin}
        return super().call(method, path, token=token, headers=headers, **extra)


def kept(response: Response) -> dict[str, str]:
    """Return an answer's headers without the request id, which is new each time."""
    return {name: value for name, value in response.items() if name != "X-Request-ID"}


def cors(response: Response) -> dict[str, str]:
    """Return the CORS headers of an answer."""
    return {name: value for name, value in response.items() if name == "Vary" or name.startswith("access-control-")}


def preflight(api: ApiClient, path: str, origin: str = APP) -> Response:
    """Send a preflight."""
    return api.call("OPTIONS", path, headers={"Origin": origin, **PREFLIGHT})


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_without_origins_nothing_is_different(api: ApiClient, answer: Call) -> None:
    """No header is added for any origin."""
    assert kept(answer(From(api, APP))) == kept(answer(api))
    assert cors(answer(From(api, APP))) == {}


@ON
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_every_answer_can_be_read(api: ApiClient, answer: Call) -> None:
    """By a page of an allowed origin; the rest of the answer is unchanged. Credentials are never allowed."""
    with override_settings(CORS_ALLOWED_ORIGINS=[]):
        before = answer(api)
    response = answer(From(api, APP))
    added = ASKED if response.status_code == 204 else PLAIN
    assert (response.status_code, response.content) == (before.status_code, before.content)
    assert kept(response) == {**kept(before), **added}


@ON
@pytest.mark.parametrize("origin", [OTHER, "null", "", APP.upper(), f"{APP}:443", f"{APP}/", f"{APP}.evil.example"])
def test_other_origins_are_not_allowed(api: ApiClient, origin: str) -> None:
    """Not a part of an allowed one, nor `null`, the origin of every sandboxed frame."""
    for path in ("provider/", "user/", "nowhere/"):
        assert cors(From(api, origin).get(path)) == {"Vary": "origin"}


@ON
def test_without_an_origin_only_vary_is_set(api: ApiClient) -> None:
    """An app is no page."""
    assert cors(api.get("provider/")) == {"Vary": "origin"}


@ON
def test_a_bug_and_a_spent_budget_can_be_read(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 from outside the adapters, and a 429."""
    with override_settings(THROTTLE_ANONYMOUS="1/hour"):
        answers = [From(api, APP).post("social_sign_up/", b"{", REMOTE_ADDR="203.0.113.99") for _ in range(3)]
    assert [answers[-1].status_code, cors(answers[-1])] == [429, PLAIN]

    def broken(request: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr("shared.http.middleware.is_allowed", broken)
    response = From(api, APP).get("provider/")
    assert (response.status_code, response.json()["code"], cors(response)) == (500, "internal_error", PLAIN)


@ON
@pytest.mark.parametrize(("path", "allow"), ALLOW.items(), ids=[path or "root" for path in ALLOW])
def test_a_preflight_gets_the_options_answer(api: ApiClient, path: str, allow: str) -> None:
    """204 with Allow and no body, and the CORS headers."""
    response = preflight(api, path)
    assert (response.status_code, response.content) == (204, b"")
    assert kept(response) == {**COMMON, "Allow": allow, **ASKED}


@ON
def test_a_preflight_of_an_unknown_path(api: ApiClient) -> None:
    """204, so that the page can read the 404; other origins and plain OPTIONS get the 404."""
    response = preflight(api, "nowhere/")
    assert (response.status_code, response.content) == (204, b"")
    assert kept(response) == {**COMMON, **ASKED}
    assert (From(api, APP).get("nowhere/").status_code, cors(From(api, APP).get("nowhere/"))) == (404, PLAIN)
    assert preflight(api, "nowhere/", OTHER).status_code == 404
    assert From(api, APP).call("OPTIONS", "nowhere/").status_code == 404


@ON
@UNDECIDED
def test_a_brownout_can_be_read(v1: ApiClient) -> None:
    """The preflight gets a 204, the call a 410 that the page can read; plain OPTIONS gets the 410."""
    with BROWNOUT:
        response = preflight(v1, "user/")
        assert (response.status_code, response.content, cors(response)) == (204, b"", ASKED)
        gone = From(v1, APP).get("user/")
        assert (gone.status_code, gone.json()["code"], cors(gone)) == (410, "version_retired", PLAIN)
        assert From(v1, APP).call("OPTIONS", "user/").status_code == 410
        assert preflight(v1, "user/", OTHER).status_code == 410
    with BROWNOUT, override_settings(CORS_ALLOWED_ORIGINS=[]):
        assert preflight(v1, "user/").status_code == 410


@ON
def test_a_preflight_under_a_wrong_host_is_refused(api: ApiClient) -> None:
    """With the usual 400."""
    headers = {"Origin": APP, **PREFLIGHT}
    assert api.call("OPTIONS", "user/", headers=headers, HTTP_HOST="evil.example.com").status_code == 400


@ON
@pytest.mark.parametrize(
    "answer", [*ANSWERS.values(), lambda api: preflight(api, "user/")], ids=[*ANSWERS, "preflight"]
)
@pytest.mark.parametrize("origin", [APP, OTHER])
def test_both_versions_answer_alike(v1: ApiClient, v2: ApiClient, answer: Call, origin: str) -> None:
    """CORS adds no difference to the closed list."""
    old, new = (
        Answer(api.prefix, response.status_code, tuple(response.items()), response.content)
        for api in (v1, v2)
        for response in [answer(From(api, origin))]
    )
    assert compare(old, new).outside == ()


@ON
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "opened"),
    [
        ("/", False),
        ("/livez", False),
        ("/readyz", False),
        ("/admin/login/", False),
        ("/static/admin/css/base.css", False),
        ("/api/", False),
        ("/nowhere", False),
        ("/api/v2/openapi.yaml", True),
    ],
)
def test_only_the_apis_have_cors_headers(path: str, opened: bool) -> None:
    """And the OpenAPI document."""
    client = Client(SERVER_NAME=HOST)
    client.handler = handler()
    response = client.get(path, headers={"Origin": APP})
    response.close()  # a file
    assert response.get("access-control-allow-origin") == (APP if opened else None)
    assert ("origin" in response.get("Vary", "")) == opened


@ON
@pytest.mark.parametrize("origin", [APP, "capacitor://localhost"])
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=40))
@example("")
@example("https://[")
@example("//app.example.com")
@hypothesis_settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_origins_are_compared_exactly(api: ApiClient, origin: str, more: str) -> None:
    """An allowed origin with text before or after it is another origin."""
    for odd in (more, origin + more, more + origin):
        response = From(api, odd).get("provider/")
        assert response.status_code == 200
        assert ("access-control-allow-origin" in response) == (odd in settings.CORS_ALLOWED_ORIGINS)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "https://app.example.com",
        "http://localhost:3000",
        "http://127.0.0.1:8080",
        "http://[::1]:3000",
        "capacitor://localhost",
        "chrome-extension://abcdefghijklmnop",
        "https://xn--bcher-kva.example:8443",
    ],
)
def test_valid_origins(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """In the form of the Origin header."""
    monkeypatch.setenv("CORS_VARIABLE", f"{value} , https://other.example.com,")
    assert environment.web_origins("CORS_VARIABLE") == [*([value] if value else []), "https://other.example.com"]


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "null",
        "app.example.com",
        "//app.example.com",
        "https://",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://app.example.com?x",
        "https://app.example.com#x",
        "https://*.example.com",
        "https://App.example.com",
        "https://user@app.example.com",
        "https://app.example.com:",
        "https://app.example.com:0",
        "https://app.example.com:65536",
        "https://app.example.com:443",
        "http://app.example.com:80",
        "https://bücher.example",
        "https://app.example.com https://other.example.com",
        "https://app.example.com,https://*",
    ],
)
def test_invalid_origins(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Each would match nothing, or everything; the error names the variable."""
    monkeypatch.setenv("CORS_VARIABLE", value)
    with pytest.raises(environment.Unreadable, match="CORS_VARIABLE"):
        environment.web_origins("CORS_VARIABLE")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """A service with one allowed origin."""
    with running_service(None, CORS_ALLOWED_ORIGINS=APP, CLIENT_HEADER="X-App-Build") as service:
        yield service


@pytest.mark.e2e
@pytest.mark.threat(11)
def test_over_http(service: Service) -> None:
    """A preflight and the call, to each version; no cookie is set, and credentials are not allowed."""
    for prefix in settings.APIS.values():
        url = f"{service.url}/{prefix}social_sign_up/"
        asked = requests.options(url, headers={"Origin": APP, **PREFLIGHT}, timeout=30)
        assert (asked.status_code, asked.content, asked.headers["Allow"]) == (204, b"", "POST, OPTIONS")
        assert "x-app-build" in asked.headers["Access-Control-Allow-Headers"].split(", ")
        posted = requests.post(url, json={}, headers={"Origin": APP, "Cookie": "sessionid=x"}, timeout=30)
        assert (posted.status_code, posted.json()["code"]) == (400, "invalid_request")
        for answer in (asked, posted):
            assert answer.headers["Access-Control-Allow-Origin"] == APP
            assert "Access-Control-Allow-Credentials" not in answer.headers
            assert "Set-Cookie" not in answer.headers
        foreign = requests.post(url, json={}, headers={"Origin": OTHER}, timeout=30)
        assert (foreign.status_code, "Access-Control-Allow-Origin" in foreign.headers) == (400, False)
