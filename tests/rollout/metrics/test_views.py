"""Access to `/metrics`."""

from typing import Any

import pytest
from django.test import Client, RequestFactory
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from config import environment
from rollout.metrics.views import metrics
from tests.contract.answers import Response
from tests.contract.conftest import ApiClient, handler
from tests.limits.conftest import MALFORMED
from tests.rollout.metrics.conftest import Scrape
from tests.rollout.metrics.scraping import AUTHORIZED, TOKEN


@pytest.fixture
def client() -> Client:
    """A client that calls the process by its address."""
    client = Client(SERVER_NAME="10.1.2.3", raise_request_exception=False)
    client.handler = handler()
    return client


def apart(response: Response) -> dict[str, str]:
    """Return the headers without X-Request-ID."""
    return {name: text for name, text in response.items() if name != "X-Request-ID"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_without_a_setting_there_is_no_page(client: Client, settings: Settings, method: str) -> None:
    """The answer is that of any unknown path, whatever is presented."""
    settings.METRICS_TOKEN = ""
    unknown = client.generic(method, "/nowhere")
    assert unknown.status_code == 404
    for headers in ({}, AUTHORIZED, {"Authorization": "Bearer "}):
        found = client.generic(method, "/metrics", headers=headers)
        assert (found.status_code, found.content, apart(found)) == (404, unknown.content, apart(unknown))


@pytest.mark.parametrize(
    "shown",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.upper()}",
        f"Bearer {TOKEN} {TOKEN}",
        f"Bearer {TOKEN},Bearer {TOKEN}",
        f"Token {TOKEN}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer \xe9\xff",
        "Bearer " + "x" * 5000,
    ],
)
def test_a_wrong_token(client: Client, scrape: Scrape, shown: str | None) -> None:
    """401 with a challenge and no body, the same for every fault."""
    environ: dict[str, Any] = {} if shown is None else {"HTTP_AUTHORIZATION": shown}
    response = client.generic("GET", "/metrics", **environ)
    assert (response.status_code, response.content) == (401, b"")
    assert response["WWW-Authenticate"] == 'Bearer realm="metrics"'
    assert client.generic("GET", f"/metrics?token={TOKEN}").status_code == 401


@pytest.mark.parametrize("shown", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN} "])
def test_the_right_token(client: Client, scrape: Scrape, shown: str) -> None:
    """In the text format, by any Host, and not cached."""
    response = client.get("/metrics", headers={"Authorization": shown})
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert list(text_string_to_metric_families(response.content.decode()))
    head = client.head("/metrics", headers={"Authorization": shown})
    assert (head.status_code, head.content, apart(head)) == (200, b"", apart(response))


def test_head_has_no_body(scrape: Scrape) -> None:
    """The view removes it; the test client would hide one."""
    for headers, status in ((AUTHORIZED, 200), ({}, 401)):
        response = metrics(RequestFactory().head("/metrics", headers=headers))
        assert (response.status_code, b"".join(response)) == (status, b"")


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        "application/openmetrics-text; version=x.y",
        "text/plain; version=; escaping=nonsense",
        "image/png",
        "\xff",
    ],
)
def test_there_is_one_format(client: Client, scrape: Scrape, accept: str) -> None:
    """Whatever the request accepts, Prometheus' own Accept included."""
    response = client.generic("GET", "/metrics", headers=AUTHORIZED, HTTP_ACCEPT=accept)
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_other_methods(client: Client, scrape: Scrape, method: str) -> None:
    """405 for other methods than GET and HEAD."""
    response = client.generic(method, "/metrics", headers=AUTHORIZED)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_it_has_no_rate_limit(client: Client, scrape: Scrape, api: ApiClient, settings: Settings) -> None:
    """Neither valid nor invalid tokens count for a rate limit."""
    settings.THROTTLE_ANONYMOUS = "3/minute"
    at: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.99"}
    for _ in range(5):
        assert client.get("/metrics", headers=AUTHORIZED, **at).status_code == 200
        assert client.get("/metrics", **at).status_code == 401
    assert api.post("social_sign_up/", MALFORMED, **at).status_code == 400


def test_healthz_is_livez(client: Client) -> None:
    """The name that some orchestrators use, with the same answer."""
    old, new = client.get("/livez"), client.get("/healthz")
    assert (new.status_code, new.content, apart(new)) == (200, old.content, apart(old))


@pytest.mark.parametrize("value", ["short", "x" * 15, " " * 20, "with a blank inside it", "é" * 20, "x" * 256])
def test_a_short_token_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Before the start, with the name of the variable and without its value."""
    monkeypatch.setenv("METRICS_TOKEN", value)
    with pytest.raises(environment.Unreadable, match="METRICS_TOKEN") as refused:
        environment.secret("METRICS_TOKEN", least=16)
    assert value not in str(refused.value)


@pytest.mark.parametrize("value", ["", "0123456789abcdef", "p7+/=~.:-_" * 25])
def test_a_long_token_is_accepted(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Unchanged; none is allowed too."""
    monkeypatch.setenv("METRICS_TOKEN", value)
    assert environment.secret("METRICS_TOKEN", least=16) == value
