"""Sign-up with every backend that accepts an id_token, with valid and malformed keys and configurations."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import responses
from pytest_django import Settings
from requests import PreparedRequest

from social.oidc import discovery, signing_keys
from social.providers.catalogue import CATALOGUE, CredentialKind
from tests.breadth.issuers import UID, Issuer, issuer_of
from tests.breadth.simulation import simulated
from tests.breadth.stored_rows import delete_users, rows
from tests.contract.conftest import ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("social_core_tests")]
NAMES = [entry.name for entry in CATALOGUE.values() if entry.credential is CredentialKind.ID_TOKEN]

EVERYTHING = re.compile("https://")
NO_NAME = {"apple-id", "egi-checkin", "facebook-limited-login"}
"""Providers whose id_tokens have no username that social-core reads."""


@pytest.fixture
def issuer(name: str, settings: Settings) -> Iterator[Issuer]:
    """Enable the provider with empty caches, and return its issuer."""
    issuer = issuer_of(name)
    for setting, value in issuer.settings.items():
        setattr(settings, setting, value)
    signing_keys.clear_cache()
    discovery.clear_cache()
    yield issuer
    signing_keys.clear_cache()
    discovery.clear_cache()


@pytest.mark.parametrize("name", NAMES)
def test_an_id_token_signs_up_and_in(one_api: ApiClient, issuer: Issuer, name: str) -> None:
    """The first sign-up creates a user whose id is the `sub`; another token of the user signs in."""
    with simulated(responses.CallbackResponse("GET", EVERYTHING, callback=issuer.answer)) as mock:
        first = one_api.sign_up({"provider": name, "id_token": issuer.id_token()})
        again = one_api.sign_up({"provider": name, "id_token": issuer.id_token()})
        called = {urlsplit(str(call.request.url)).hostname for call in mock.calls}
    assert (first.status_code, first.json().get("outcome")) == (201, "created"), first.content
    assert (again.status_code, again.json()["outcome"]) == (201, "signed_in")
    assert rows() == [(name, UID, first.json()["id"])]
    assert re.fullmatch("ripley|EllenRipley" if name not in NO_NAME else r"user-[0-9a-f]{4}", first.json()["username"])
    assert called
    assert called <= issuer.hosts()


@pytest.mark.parametrize(
    ("name", "malformed"),
    [
        # All backends share the code that reads both; they differ in which of the two they fetch, and from where.
        *(("oidc", malformed) for malformed in ("null", "{}", '{"issuer": 1, "jwks_uri": false}', "<h1>Welcome</h1>")),
        *((name, "[]") for name in NAMES),
    ],
)
def test_malformed_keys_or_configuration_are_unavailable(
    one_api: ApiClient, issuer: Issuer, name: str, malformed: str
) -> None:
    """A malformed configuration or key set is a temporary error, because the token may be valid."""
    for wanted in ("configuration", "keys"):
        signing_keys.clear_cache()
        discovery.clear_cache()
        asked: list[str] = []

        def answer(request: PreparedRequest, wanted: str = wanted, asked: list[str] = asked) -> Any:
            about = "configuration" if "openid-configuration" in str(request.url) else "keys"
            asked.append(about)
            return (200, {}, malformed) if about == wanted else issuer.answer(request)

        with simulated(responses.CallbackResponse("GET", EVERYTHING, callback=answer)):
            response = one_api.sign_up({"provider": name, "id_token": issuer.id_token()})
        if wanted in asked:
            assert (response.status_code, response.json().get("code")) == (503, "provider_unavailable")
            assert rows() == []
        delete_users()
