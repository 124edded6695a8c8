"""Imported keys on both versions, before and after the sunset of v1 (docs/contract.md, section 2)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from social import tokens
from social.models import AccessToken
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import person

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
KEY = "204db7bcfafb2deb7506b89eb3b9b715b09905c8"
HEADERS = [f"ApiKey ripley:{KEY}", f"Bearer {KEY}", f"Token {KEY}"]


@pytest.fixture(autouse=True)
def _imported(settings: Any) -> None:
    then = timezone.now() - 2000 * DAY
    settings.V1_DEPRECATED_AT = then
    AccessToken.objects.create(
        user=person("ripley").user, digest=tokens.digest_of(KEY), created=then, last_used=then, imported=True
    )


@pytest.mark.parametrize("header", HEADERS)
def test_before_the_sunset(v1: ApiClient, v2: ApiClient, settings: Any, header: str) -> None:
    """Valid on both without an expiry, also while v1 is deprecated."""
    settings.V1_SUNSET_AT = timezone.now() + DAY
    for api in (v1, v2):
        answer = api.get("token/current/", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["expires_at"]) == (200, None)


@pytest.mark.parametrize("header", HEADERS)
def test_after_the_sunset(v2: ApiClient, settings: Any, header: str) -> None:
    """Valid on v2 for `TOKEN_TTL` after each use, like any token."""
    settings.V1_SUNSET_AT = timezone.now() - 89 * DAY
    answer = v2.get("token/current/", headers={"Authorization": header})
    assert answer.status_code == 200
    row = AccessToken.objects.get(imported=True)
    assert row.expires_at == row.last_used + 90 * DAY
    assert answer.json()["expires_at"] == row.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_long_after_the_sunset(v2: ApiClient, settings: Any) -> None:
    """A key that was not used since is invalid and not listed."""
    settings.V1_SUNSET_AT = timezone.now() - 91 * DAY
    assert_error(v2.get("user/", headers={"Authorization": HEADERS[0]}), "invalid_credentials")
