"""docs/contract.md, section 3: a token that is not proven to be ours signs nobody in, and nothing is written."""

import json
from typing import Any

import pytest
from django.test import override_settings
from social_core.utils import setting_name
from social_django.models import UserSocialAuth

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, UID_KEYS, all_rows
from tests.providers import Providers, json_answer

pytestmark = pytest.mark.django_db

REJECTED, BAD = "token_rejected", "provider_bad_response"


def fields_of(providers: Providers, provider: str, **changed: Any) -> dict[str, Any]:
    return providers.knows(provider, "t", **{**PROFILES[provider], **changed})


def refused(api: ApiClient, fields: dict[str, Any], code: str) -> None:
    before = all_rows()
    assert_error(api.sign_up(fields), code)
    assert all_rows() == before


@pytest.mark.threat(1)
def test_a_google_token_of_another_application_is_refused(api: ApiClient, providers: Providers) -> None:
    """Google's check names another application."""
    refused(api, fields_of(providers, "google-oauth2", aud="their-key"), "token_audience_mismatch")


@pytest.mark.threat(1, 3)
@pytest.mark.parametrize(
    "claims",
    [{}, {"aud": None}, {"aud": ""}, {"aud": ["our-google_oauth2-key"]}, {"aud": True}, {"azp": {}, "sub": "10014"}],
    ids=json.dumps,
)
def test_a_google_check_without_our_application_is_refused(
    api: ApiClient, providers: Providers, claims: dict[str, Any]
) -> None:
    """A check without an application proves nothing."""
    fields = fields_of(providers, "google-oauth2")
    providers.answers("google-tokeninfo", json_answer(200, {"expires_in": "3599", **claims}))
    refused(api, fields, BAD)


@pytest.mark.threat(1, 3)
@pytest.mark.parametrize(
    "app", [None, {}, {"client_id": ""}, {"client_id": None}, {"client_id": ["our-github-key"]}, "x"]
)
def test_a_github_check_without_our_application_is_refused(api: ApiClient, providers: Providers, app: Any) -> None:
    """A check without an application proves nothing."""
    fields = fields_of(providers, "github")
    providers.answers("github", json_answer(200, {"app": app, "user": PROFILES["github"]}))
    refused(api, fields, BAD)


@pytest.mark.threat(1)
def test_a_github_check_of_another_application_is_refused(api: ApiClient, providers: Providers) -> None:
    """The application is compared, although GitHub does not find the tokens of another one."""
    fields = fields_of(providers, "github")
    providers.answers("github", json_answer(200, {"app": {"client_id": "theirs"}, "user": PROFILES["github"]}))
    refused(api, fields, "token_audience_mismatch")


@pytest.mark.threat(4)
@pytest.mark.parametrize("sub", ["666", "10014 "])
def test_a_google_check_of_another_user_is_refused(api: ApiClient, providers: Providers, sub: str) -> None:
    """The check and the profile must be about the same user."""
    fields = fields_of(providers, "google-oauth2")
    claims = {"aud": "our-google_oauth2-key", "sub": sub}
    providers.answers("google-tokeninfo", json_answer(200, claims))
    refused(api, fields, REJECTED)


@pytest.mark.threat(1, 6)
@pytest.mark.parametrize(
    ("provider", "name", "value"),
    [
        ("facebook", "APPSECRET_PROOF", False),
        ("google-oauth2", "ID_KEY", "email"),
    ],
)
def test_no_setting_of_social_core_weakens_a_proof(
    api: ApiClient, providers: Providers, provider: str, name: str, value: Any
) -> None:
    """Facebook still gets `appsecret_proof`, and the id is still the provider's id."""
    with override_settings(**{setting_name(provider, name): value}):
        assert api.sign_up(fields_of(providers, provider)).status_code == 201
    assert UserSocialAuth.objects.get().uid == str(PROFILES[provider][UID_KEYS[provider]])
