"""The refresh of an access token (RFC 6749 section 6) with every backend that exchanges codes."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
import responses
from cryptography.fernet import Fernet
from pytest_django import Settings
from requests import PreparedRequest
from social_core.utils import setting_name

from social.oidc import discovery, signing_keys
from social.provider_token_storage import EXPIRES_AT, encrypt
from social.provider_tokens import get_provider_token
from tests.breadth.code_logins import REDIRECT_URI, code_login_of
from tests.breadth.issuers import issuer_of
from tests.breadth.simulation import simulated
from tests.breadth.test_codes import NAMES, OPENID_CONNECT, text_of
from tests.providers import Answer, json_answer
from tests.social.grants import EXPIRED
from tests.social.rows import linked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("social_core_tests")]

WITHOUT_SECRET = {"vk-id"}
"""Backends that send the id of the person's device in place of our secret."""


def refreshed(name: str, settings: Settings, values: dict[str, Any], other: Callable[..., Any] | None = None) -> str:
    """Return the request with which a stored refresh token is sent; its answer gives the next tokens.

    :param other: answers the other calls.
    """
    for setting, value in {**values, "PROVIDER_TOKEN_KEYS": [Fernet.generate_key().decode()]}.items():
        setattr(settings, setting, value)
    sent: list[str] = []

    def answer(request: PreparedRequest) -> Answer | Any:
        text = text_of(request)
        if "refresh-0" not in text:
            assert other is not None, text
            return other(request)
        sent.append(text)
        state = dict(parse_qsl(str(request.body))).get("state")  # VK compares it
        tokens = {"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 3600, "state": state}
        return json_answer(200, tokens)

    kept = {"access_token": encrypt("access-0"), "refresh_token": encrypt("refresh-0"), EXPIRES_AT: EXPIRED}
    row = linked("1", provider=name, kept={**kept, "device_id": "a-device"})
    everything = re.compile("https://")
    with simulated(*(responses.CallbackResponse(method, everything, callback=answer) for method in ("GET", "POST"))):
        tokens = [get_provider_token(user=row.user, provider=name) for _ in range(2)]
    assert tokens == ["access-1", "access-1"]
    row.refresh_from_db()
    assert "refresh-" not in json.dumps(row.extra_data)
    (request,) = sent
    return request


@pytest.mark.parametrize("name", NAMES)
def test_a_token_is_refreshed(settings: Settings, name: str) -> None:
    """The backend sends the refresh token to a host that the exchange may call, and proves who we are."""
    values = dict(code_login_of(name).settings)
    request = refreshed(name, settings, values)
    assert (values[setting_name(name, "SECRET")] in request) == (name not in WITHOUT_SECRET)


@pytest.mark.parametrize("name", OPENID_CONNECT)
def test_a_token_of_open_id_connect_is_refreshed(settings: Settings, name: str) -> None:
    """The same for the providers of id_tokens, which publish where their token endpoint is."""
    issuer = issuer_of(name)
    signing_keys.clear_cache()
    discovery.clear_cache()
    refreshed(name, settings, {**issuer.settings, **issuer.code_settings(REDIRECT_URI)}, issuer.answer)
