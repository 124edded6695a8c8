"""The keys and the configuration that providers publish: docs/contract.md, section 7."""

import time
from typing import Any

import pytest
import responses
from django.test import override_settings

from social.network.concurrency import limit_concurrency
from social.network.transport import RETRY_AFTER
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.signers import SIGNERS, Signer, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_cached_keys"), pytest.mark.threat(5)]

HOUR = 3600
REJECTED = "token_rejected"


ONE_OF_EACH_KIND = pytest.mark.parametrize("provider", ["google-oauth2", "oidc", "azuread-oauth2"], indirect=True)
"""One provider for each kind of issuer: a constant one, a discovered one, one of many tenants."""


@ONE_OF_EACH_KIND
@pytest.mark.threat(45)
def test_unknown_key_ids_fetch_the_keys_once_a_minute(
    api: ApiClient, provider: str, signer: Signer, mock: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the keys may be fetched again the answer says when to retry; afterwards a new key is accepted."""
    assert api.sign_up({"provider": provider, "id_token": signer.token()}).status_code == 201
    asked = len(mock.calls)
    new = {"provider": provider, "id_token": signer.token(kid="k2")}
    for made in (*({**new, "id_token": signer.token(kid=f"made-up-{number}")} for number in range(20)), new):
        answer = api.sign_up(made)
        assert_error(answer, "provider_unavailable")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert len(mock.calls) == asked, "the keys were fetched less than a minute ago"
    later = time.monotonic() + 60
    monkeypatch.setattr("social.oidc.cached_document.time.monotonic", lambda: later)
    mock.replace("GET", signer.keys_url, json=signer.key_set("k2"))
    assert_error(api.sign_up({**new, "id_token": signer.token(kid="made-up")}), REJECTED)
    assert api.sign_up(new).json()["outcome"] == "signed_in"
    assert len(mock.calls) == asked + 1


@pytest.mark.threat(23)
@pytest.mark.parametrize("provider", ["google-oauth2", "apple-id", "facebook"], indirect=True)
def test_no_concurrency_slot_is_needed_without_a_call(
    one_api: ApiClient, provider: str, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all slots in use, tokens are decided whose key is known, or was looked for within the last minute."""
    monkeypatch.setattr("social.network.concurrency.WAIT_SECONDS", 0.01)
    fields = {"provider": provider, "id_token": signer.token()}
    with override_settings(PROVIDER_CONCURRENCY=1):
        with limit_concurrency(provider):
            refused(one_api.sign_up(fields), "provider_unavailable")
        assert one_api.sign_up(fields).status_code == 201
        with limit_concurrency(provider):
            assert one_api.sign_up(fields).json()["outcome"] == "signed_in"
            unknown = one_api.sign_up({**fields, "id_token": signer.token(kid="k2")})
            assert_error(unknown, "provider_unavailable")
            assert int(unknown.headers["Retry-After"]) > RETRY_AFTER, "refused for want of a slot"
            assert_error(one_api.sign_up({**fields, "id_token": signer.token(by="another issuer")}), REJECTED)
            assert_error(one_api.sign_up({**fields, "id_token": "not-a-token"}), REJECTED)
            # Once the keys have expired, one caller fetches them again.
            monkeypatch.setattr("social.oidc.cached_document.FRESH_FOR", -1)
            assert_error(one_api.sign_up(fields), "provider_unavailable")


def test_without_keys_the_provider_is_unavailable(
    one_api: ApiClient, provider: str, mock: responses.RequestsMock
) -> None:
    """The token may be valid: the client should try again."""
    signer = SIGNERS[provider]
    for url in filter(None, (signer.configuration_url, signer.keys_url)):
        mock.get(url, status=404, body="<html>")
    answer = one_api.sign_up({"provider": provider, "id_token": signer.token()})
    refused(answer, "provider_unavailable")


class TestPublishedConfiguration:
    """A provider's published configuration is used within bounds."""

    def test_keys_at_another_host_are_not_fetched(
        self, api: ApiClient, mock: responses.RequestsMock, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Keys at another host are refused, and the log says how to confirm the host."""
        signer = SIGNERS["oidc"]
        mock.get(str(signer.configuration_url), json={"issuer": signer.issuer, "jwks_uri": "https://169.254.169.254/"})
        canary = mock.get("https://169.254.169.254/", json={"keys": []})
        with signer.enabled("oidc"):
            refused(api.sign_up({"provider": "oidc", "id_token": signer.token()}), "provider_unavailable")
        assert not canary.call_count
        assert "169.254.169.254. Set _JWKS_URI to allow it" in caplog.text

    def test_keys_at_a_confirmed_host_are_fetched(self, api: ApiClient, mock: responses.RequestsMock) -> None:
        """The setting `_JWKS_URI` confirms the host of the keys."""
        signer = SIGNERS["oidc"]
        elsewhere = Signer(signer.issuer, "https://keys.example.com/jwks", signer.settings, signer.configuration_url)
        elsewhere.register(mock)
        with signer.enabled("oidc"), override_settings(SOCIAL_AUTH_OIDC_JWKS_URI=elsewhere.keys_url):
            assert api.sign_up({"provider": "oidc", "id_token": signer.token()}).status_code == 201

    @pytest.mark.parametrize(
        "answer", [[], {}, {"issuer": "", "jwks_uri": ""}, {"issuer": ["x"], "jwks_uri": 7}], ids=str
    )
    def test_a_malformed_configuration_is_refused(
        self, api: ApiClient, mock: responses.RequestsMock, answer: Any
    ) -> None:
        """Without a valid configuration the provider is unavailable."""
        signer = SIGNERS["oidc"]
        mock.get(str(signer.configuration_url), json=answer)
        with signer.enabled("oidc"):
            refused(api.sign_up({"provider": "oidc", "id_token": signer.token()}), "provider_unavailable")

    def test_a_configuration_is_cached_for_a_day(
        self, api: ApiClient, mock: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The last valid one is used during an outage."""
        signer = SIGNERS["oidc"]
        signer.register(mock)
        with signer.enabled("oidc"):
            assert api.sign_up({"provider": "oidc", "id_token": signer.token()}).status_code == 201
            asked, later = len(mock.calls), time.monotonic() + 25 * HOUR
            mock.replace("GET", str(signer.configuration_url), status=500)
            mock.replace("GET", signer.keys_url, status=500)
            monkeypatch.setattr("social.oidc.cached_document.time.monotonic", lambda: later)
            assert api.sign_up({"provider": "oidc", "id_token": signer.token()}).status_code == 201
        assert len(mock.calls) == asked + 2
