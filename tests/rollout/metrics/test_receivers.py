"""What is counted and with which labels: the same for each version, and no label of a client."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from pytest_django import Settings

from rollout.calls import RecordedCall, answered, call_of
from rollout.metrics import catalogue
from rollout.metrics.receivers import Receivers
from shared.contract.errors import leaves
from shared.http.urls import mounted
from social import limits, signals
from social.network.concurrency import limit_concurrency
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, person
from tests.providers import Providers, json_answer
from tests.rollout.metrics.conftest import Scrape
from tests.rollout.metrics.scraping import samples, total, value

pytestmark = pytest.mark.django_db


def call(**changed: Any) -> RecordedCall:
    """Return a call."""
    given = {"version": "v1", "resource": "user", "outcome": "ok", "client": "ShopApp/2.1", "user_id": 7}
    return RecordedCall(**{**given, "seconds": 0.03, **changed})


def test_calls_are_counted_and_timed(scrape: Scrape) -> None:
    """By version, resource and outcome; durations by version and resource; neither by client nor by user."""
    served = mounted(next(iter(settings.APIS))).version
    for one in (
        call(version=served),
        call(version=served),
        call(version=served, outcome="not_found", seconds=0.2),
        call(version="v9", client="Other/1", seconds=9),
    ):
        answered.send(sender=None, call=one)
    text = scrape()
    assert value(text, "tandem_requests_total", version=served, resource="user", outcome="ok") == 2
    assert value(text, "tandem_requests_total", version=served, resource="user", outcome="not_found") == 1
    assert value(text, "tandem_requests_total", version="other", resource="user", outcome="ok") == 1
    assert value(text, "tandem_request_seconds_count", version=served, resource="user") == 3
    assert value(text, "tandem_request_seconds_sum", version=served, resource="user") == pytest.approx(0.26)
    assert value(text, "tandem_request_seconds_bucket", version=served, resource="user", le="0.05") == 2
    assert value(text, "tandem_request_seconds_bucket", version="other", resource="user", le="5.0") == 0
    assert "ShopApp" not in text


def test_sign_ins_are_counted(scrape: Scrape, api: ApiClient, providers: Providers) -> None:
    """By version, provider and outcome; the name of a provider that is not enabled is in no label."""
    version = mounted(api.app).version
    good = providers.knows("facebook", "t", **PROFILES["facebook"])
    other = providers.knows("github", "t", **PROFILES["github"])
    token = api.sign_up(good).json()["token"]
    api.sign_up(good)
    api.sign_up(other, token=token)
    api.sign_up({"provider": "facebook", "access_token": "unknown"})
    api.sign_up({"provider": "nobody-knows-it", "access_token": "t"})
    text = scrape()
    found = {
        (dict(series)["provider"], dict(series)["outcome"]): count
        for series, count in samples(text)["tandem_sign_ins_total"].items()
        if count and dict(series)["version"] == version
    }
    assert found == {
        ("facebook", "created"): 1,
        ("facebook", "signed_in"): 1,
        ("github", "linked"): 1,
        ("facebook", "token_rejected"): 1,
    }
    assert total(text, "tandem_sign_ins_total") == 4
    assert "nobody-knows-it" not in text


def test_internal_errors_are_outcomes(
    scrape: Scrape, api: ApiClient, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the code that the client gets."""
    from django.db import OperationalError  # noqa: PLC0415 - what the next line raises

    good = providers.knows("facebook", "t", **PROFILES["facebook"])
    for error, code in ((OperationalError("gone"), "service_unavailable"), (RuntimeError("bug"), "internal_error")):

        def fails(*args: Any, error: Exception = error, **kwargs: Any) -> None:
            raise error

        monkeypatch.setattr("social.sign_up._store", fails)
        assert api.sign_up(good).json()["code"] == code
        counted = total(scrape(), "tandem_sign_ins_total", provider="facebook", outcome=code)
        assert counted == 1


def test_providers_are_timed(scrape: Scrape, api: ApiClient, providers: Providers) -> None:
    """By result; a call is in progress until it ends, whatever its result."""
    seen: list[float | None] = []

    def look(**kwargs: Any) -> None:
        seen.append(value(scrape(), "tandem_provider_in_progress", provider="facebook"))

    signals.provider_call_started.connect(look)
    api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"]))
    providers.answers("facebook", json_answer(500, {}))
    api.sign_up({"provider": "facebook", "access_token": "t"})
    signals.provider_call_started.disconnect(look)
    text = scrape()
    assert seen == [1, 1]
    assert value(text, "tandem_provider_in_progress", provider="facebook") == 0
    assert value(text, "tandem_provider_seconds_count", provider="facebook", result="ok") == 1
    assert value(text, "tandem_provider_seconds_count", provider="facebook", result="provider_unavailable") == 1
    assert 0 < (value(text, "tandem_provider_seconds_sum", provider="facebook", result="ok") or 0) < 60


def test_the_concurrency_limit_is_counted(
    scrape: Scrape, api: ApiClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no provider duration, because the provider was not called."""
    settings.PROVIDER_CONCURRENCY = 1
    monkeypatch.setattr("social.network.concurrency.WAIT_SECONDS", 0.01)
    with limit_concurrency("github"):
        assert api.sign_up({"provider": "github", "access_token": "t"}).status_code == 503
    text = scrape()
    assert value(text, "tandem_provider_places_refused_total", provider="github") == 1
    assert value(text, "tandem_provider_places_refused_total", provider="facebook") == 0
    assert total(text, "tandem_provider_seconds_count") == 0


@pytest.fixture
def nothing_counted() -> Iterator[None]:
    """Rate limits that have counted nothing."""
    limits._local.cache_clear()
    yield
    limits._local.cache_clear()


@pytest.mark.usefixtures("nothing_counted")
def test_throttled_requests_are_counted(scrape: Scrape, api: ApiClient) -> None:
    """By kind of limit; without Redis, also each request that this process counts itself."""
    token = person().token
    assert value(scrape(), "tandem_throttled_total", kind="address") == 0
    with override_settings(THROTTLE_ANONYMOUS="1/minute", THROTTLE_USER="2/minute", REDIS_URL="redis://127.0.0.1:9/0"):
        for _ in range(3):
            api.post("social_sign_up/", b"{", REMOTE_ADDR="203.0.113.5")
            api.get("user/", token=token)
    text = scrape()
    assert value(text, "tandem_throttled_total", kind="address") == 2
    assert value(text, "tandem_throttled_total", kind="user") == 1
    assert value(text, "tandem_limits_storage_away_total") == 6


ODD = st.one_of(st.text(max_size=40), st.sampled_from(["v1", "v2", "github", "ok", "user", "other", '"\n\\', "v3", ""]))
OUTCOMES = {"ok", "created", "signed_in", "linked", "other", *(leaf.code for leaf in leaves())}
KNOWN = {
    "version": {*catalogue.mounted_versions(), "other"},
    "resource": {"root", "provider", "social_account", "social_sign_up", "token", "user", "unknown", "other"},
    "outcome": OUTCOMES,
    "result": OUTCOMES,
    "provider": {"facebook", "twitter", "instagram", "google-oauth2", "github", "other"},
    "kind": {"address", "user", "admin_address", "admin_user", "admin", "other"},
}


def assert_known(series: Iterable[Mapping[str, str]]) -> None:
    """Check the labels of every series."""
    for one in series:
        for label, content in one.items():
            assert label in {"le", "client"} or content in KNOWN[label], one


@pytest.fixture(scope="module")
def receivers() -> Receivers:
    """Receivers that a test calls."""
    return Receivers(CollectorRegistry())


@given(st.lists(ODD, min_size=6, max_size=6))
def test_arbitrary_values_create_no_label(receivers: Receivers, texts: list[str]) -> None:
    """With any text as version, resource, outcome, provider or kind."""
    version, resource, outcome, provider, result, kind = texts
    receivers.on_answer(call=call(version=version, resource=resource, outcome=outcome, client=provider))
    receivers.on_sign_up(provider=provider, api_version=version, outcome=outcome)
    receivers.on_provider_call(provider=provider)
    receivers.on_provider_answer(provider=provider, result=result, seconds=0.1)
    receivers.on_concurrency_limit(provider=provider)
    receivers.on_throttled(kind=kind)
    assert_known(sample.labels for metric in receivers.registry.collect() for sample in metric.samples)


PATHS = ("", "user/", "user/7/", "user/8/", "nowhere/%0a", "..%2f", "token/'\"{}/", "social_sign_up/" * 3, "é/", "%00")
PROVIDERS = ("github", "GitHub", "github\n", 'git"hub', "", None, 7, "x" * 33, "p\u202e", "openid", "{}")


def test_clients_create_no_label(scrape: Scrape, api: ApiClient) -> None:
    """Odd paths, methods, hosts, clients and providers create no unknown series."""
    for method, path in product(("GET", "PATCH", "BREW", "OPTIONS"), PATHS):
        for host, client in (("api.example.com", "Evil/1.0"), ("evil.example.com", 'a"b\n')):
            response = api.call(method, path, HTTP_HOST=host, HTTP_X_CLIENT=client, HTTP_USER_AGENT=path)
            found = call_of(response.wsgi_request, response, 0.01)
            assert found is not None
            answered.send(sender=None, call=found)
    for provider in PROVIDERS:
        api.sign_up({"provider": provider, "access_token": "t" if provider != "github" else "é"})
    text = scrape()
    assert total(text, "tandem_requests_total", version=mounted(api.app).version) > 0
    assert_known(dict(one) for series in samples(text).values() for one in series)


def test_an_error_does_not_fail_the_request(
    scrape: Scrape, api: ApiClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The request is answered, and the log has the kind of the error, without its message."""

    def fails(*args: Any) -> None:
        raise OSError(28, "No space left for secret-token")

    monkeypatch.setattr("rollout.metrics.catalogue.provider_label", fails)
    monkeypatch.setattr("rollout.metrics.catalogue.version_label", fails)
    with caplog.at_level(logging.ERROR):
        assert api.sign_up({"provider": "twitter", "access_token": "t"}).status_code == 400
        answered.send(sender=None, call=call())
        with limit_concurrency("github"):
            signals.provider_call_started.send(sender=None, provider="github")
    messages = {record.getMessage() for record in caplog.records if record.name == "tandem.metrics"}
    assert messages == {"A metric was not updated: OSError (errno 28)"}
