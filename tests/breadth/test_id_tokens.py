"""Each backend that takes an id_token: signed up, signed in, and keys that are none."""

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
"""Whose id_tokens suggest no name that social-core reads."""


@pytest.fixture
def issuer(name: str, settings: Settings) -> Iterator[Issuer]:
    """The provider, which is the only one enabled; nothing is known of it yet."""
    issuer = issuer_of(name)
    for setting, value in issuer.settings.items():
        setattr(settings, setting, value)
    signing_keys.clear_cache()
    discovery.clear_cache()
    yield issuer
    signing_keys.clear_cache()
    discovery.clear_cache()


@pytest.mark.parametrize("name", NAMES)
def test_sign_up(one_api: ApiClient, issuer: Issuer, name: str) -> None:
    """A user is made, whose id is the `sub`; the second time, with another token, the person is known."""
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
    ("name", "nonsense"),
    [
        # Both are read by code that all backends share; what is one's own is which of the two it needs, and where.
        *(("oidc", nonsense) for nonsense in ("null", "{}", '{"issuer": 1, "jwks_uri": false}', "<h1>Welcome</h1>")),
        *((name, "[]") for name in NAMES),
    ],
)
def test_nonsense(one_api: ApiClient, issuer: Issuer, name: str, nonsense: str) -> None:
    """In place of its configuration or of its keys: no one can be told from anyone, and the token may be good."""
    for wanted in ("configuration", "keys"):
        signing_keys.clear_cache()
        discovery.clear_cache()
        asked: list[str] = []

        def answer(request: PreparedRequest, wanted: str = wanted, asked: list[str] = asked) -> Any:
            about = "configuration" if "openid-configuration" in str(request.url) else "keys"
            asked.append(about)
            return (200, {}, nonsense) if about == wanted else issuer.answer(request)

        with simulated(responses.CallbackResponse("GET", EVERYTHING, callback=answer)):
            response = one_api.sign_up({"provider": name, "id_token": issuer.id_token()})
        if wanted in asked:
            assert (response.status_code, response.json().get("code")) == (503, "provider_unavailable")
            assert rows() == []
        delete_users()
