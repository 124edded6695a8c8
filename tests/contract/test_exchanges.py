"""docs/contract.md, section 5: the sample exchanges are the answers of the service."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from social_django.models import UserSocialAuth

from shared.contract import wire
from shared.contract.declarations import registry
from shared.contract.registry import Exchange
from social.models import AccessToken
from social.tokens import digest_of
from tests.contract.conftest import ApiClient
from tests.providers import Providers

pytestmark = pytest.mark.django_db

TOKEN = "a-key-that-was-imported"
THEN = datetime(2026, 11, 23, 20, tzinfo=UTC)


@pytest.fixture
def ripley(settings: Any) -> User:
    """Create the user of the samples, with the ids of the samples."""
    settings.SOCIAL_PROVIDERS = ["facebook", "github", "twitter"]
    settings.SOCIAL_AUTH_GITHUB_REDIRECT_URIS = "https://app.example.com/callback"
    user = User.objects.create(
        id=7, username="ripley", email="ripley@example.com", first_name="Ellen", last_name="Ripley"
    )
    user.set_password("nostromo")
    user.save()
    UserSocialAuth.objects.create(id=3, user=user, provider="facebook", uid="10011", id_key="id")
    UserSocialAuth.objects.update(created=THEN)
    AccessToken.objects.create(id=5, user=user, digest=digest_of(TOKEN), created=THEN, last_used=THEN, imported=True)
    return user


@pytest.mark.parametrize(
    "exchange",
    [one for one in registry.exchanges() if one.operation.name != "signUp"],
    ids=lambda one: one.operation.name,
)
def test_the_sample_is_the_answer(api: ApiClient, ripley: User, exchange: Exchange, monkeypatch: Any) -> None:
    """The request of each sample gets the answer of the sample, byte by byte."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: THEN)
    response = api.call(exchange.method, exchange.path, token=TOKEN)
    example = exchange.example
    expected = b"" if example.body is None else wire.encode(example.body_below(api.prefix))
    assert (response.status_code, response.content) == (exchange.status, expected)


def test_the_sample_of_a_sign_up_is_the_answer(api: ApiClient, providers: Providers) -> None:
    """The answer to a sign-up differs from the sample only in the new id, the new token and its time."""
    sample = next(one for one in registry.exchanges() if one.operation.name == "signUp")
    request = sample.example.request
    assert request is not None
    providers.knows(
        "facebook",
        request["access_token"],
        id="10011",
        username="ripley",
        email="ripley@example.com",
        first_name="Ellen",
        last_name="Ripley",
    )
    response = api.sign_up(dict(request))
    body = json.loads(response.content)
    expected = json.loads(json.dumps(sample.example.body_below(api.prefix)).replace("user/7/", f"user/{body['id']}/"))
    expected |= {name: body[name] for name in ("id", "token", "token_expires_at")}
    assert (response.status_code, response.content) == (sample.status, wire.encode(expected))
    location = sample.example.headers_below(api.prefix)["Location"].replace("user/7/", f"user/{body['id']}/")
    assert response["Location"] == location == expected["resource_uri"]
    assert len(body["token"]) == 43
    assert datetime.fromisoformat(body["token_expires_at"]) > datetime.now(UTC)
