"""docs/contract.md, sections 3 and 4: sign-ups that are refused, without a write."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponseRedirect
from pytest_django import Settings
from social_core.exceptions import AuthPolicyError
from social_core.pipeline import DEFAULT_AUTH_PIPELINE
from social_core.pipeline.partial import partial
from social_django.models import UserSocialAuth

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, UID_KEYS, all_rows, link, person
from tests.providers import Providers

pytestmark = pytest.mark.django_db

EACH_PROVIDER = pytest.mark.parametrize("provider", PROFILES)


def refused(api: ApiClient, fields: dict[str, Any], code: str, token: str | None = None) -> None:
    """Check that a sign-up is refused, twice in the same way, and that no row was written or changed."""
    before = all_rows()
    for _ in range(2):
        assert_error(api.sign_up(fields, token=token), code)
    assert all_rows() == before


def known(providers: Providers, provider: str, **changed: Any) -> dict[str, Any]:
    return providers.knows(provider, "t", **{**PROFILES[provider], **changed})


@pytest.mark.threat(7)
@EACH_PROVIDER
def test_an_identity_of_another_user_cannot_be_linked(api: ApiClient, providers: Providers, provider: str) -> None:
    """The identity stays with its user, and the answer holds nothing about that user."""
    parker = person("parker", email="parker@example.com", first_name="Dennis")
    link(parker.user, provider, str(PROFILES[provider][UID_KEYS[provider]]))
    refused(api, known(providers, provider), "account_in_use", person().token)


@pytest.mark.threat(7)
def test_an_identity_of_another_inactive_user_has_the_same_answer(api: ApiClient, providers: Providers) -> None:
    """The answer does not reveal that the other user is inactive."""
    parker = person("parker", is_active=False)
    link(parker.user)
    refused(api, known(providers, "facebook"), "account_in_use", person().token)


@pytest.mark.threat(9)
@EACH_PROVIDER
def test_an_inactive_user_cannot_sign_in(api: ApiClient, providers: Providers, provider: str) -> None:
    """An inactive user gets an error, and nothing is written."""
    parker = person("parker", is_active=False)
    link(parker.user, provider, str(PROFILES[provider][UID_KEYS[provider]]))
    refused(api, known(providers, provider), "account_inactive")


@pytest.mark.parametrize("whom", [[], ["google-oauth2"]], ids=["unknown", "known"])
def test_an_address_outside_the_allowed_domains_is_refused(
    api: ApiClient, providers: Providers, settings: Settings, whom: list[str]
) -> None:
    """An address of another domain, or none, is refused, also for a known user."""
    for provider in whom:
        link(person("parker").user, provider, "10014")
    settings.SOCIAL_AUTH_WHITELISTED_DOMAINS = ["weyland.example"]
    for email in ("ripley@example.com", "ripley@weyland.example.com", "ripley@notweyland.example"):
        refused(api, known(providers, "google-oauth2", email=email), "sign_up_not_allowed")


def test_an_address_outside_the_allowed_addresses_is_refused(
    api: ApiClient, providers: Providers, settings: Settings
) -> None:
    """An allowed address signs up, and the others are refused."""
    settings.SOCIAL_AUTH_GOOGLE_OAUTH2_WHITELISTED_EMAILS = ["ripley@example.com"]
    refused(api, known(providers, "google-oauth2", email="parker@example.com"), "sign_up_not_allowed")
    assert api.sign_up(known(providers, "google-oauth2")).status_code == 201


def test_an_allow_list_applies_to_linking(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """An address that is not on the list cannot be linked."""
    settings.SOCIAL_AUTH_WHITELISTED_DOMAINS = ["weyland.example"]
    refused(api, known(providers, "google-oauth2"), "sign_up_not_allowed", person().token)


@pytest.mark.parametrize("verified", [False, None, "true", "yes", 1, 0, [], "missing"], ids=repr)
@pytest.mark.parametrize("whom", [False, True], ids=["unknown", "known"])
def test_an_unverified_google_address_is_not_signed_up(
    api: ApiClient, providers: Providers, verified: Any, whom: bool
) -> None:
    """Only the value `true` counts as verified."""
    if whom:
        link(person("parker").user, "google-oauth2", "10014")
    fields = known(providers, "google-oauth2", email_verified=verified)
    if verified == "missing":
        del providers.profiles["google-oauth2", "t"]["email_verified"]
    refused(api, fields, "sign_up_not_allowed")


def step_that_redirects(**kwargs: Any) -> Any:
    """Redirect to a page, as a step of a custom pipeline."""
    return HttpResponseRedirect("https://evil.example.com/?token=canary")


@partial
def step_that_pauses(strategy: Any, backend: Any, **kwargs: Any) -> Any:
    """Store the pipeline's state for a later request, as a partial step."""
    return strategy.redirect("https://evil.example.com/")


def step_that_shows_a_page(**kwargs: Any) -> Any:
    """Return a page, as a step of a custom pipeline."""
    return "<h1>Who are you?</h1>"


def step_that_refuses(**kwargs: Any) -> Any:
    """Refuse the sign-up with social-core's own exception."""
    raise AuthPolicyError(kwargs["backend"], code="authentication_disallowed", stage="pipeline")


@pytest.mark.threat(22)
@pytest.mark.parametrize("step", ["step_that_redirects", "step_that_pauses", "step_that_shows_a_page"])
@pytest.mark.parametrize("position", [0, 5, 7, 10], ids=["first", "before the user", "after the user", "last"])
def test_a_pipeline_step_that_needs_a_browser_is_refused(
    api: ApiClient, providers: Providers, settings: Settings, step: str, position: int
) -> None:
    """A step that redirects, pauses or renders leaves no user and no stored state, wherever it stands."""
    steps = list(DEFAULT_AUTH_PIPELINE)
    settings.SOCIAL_AUTH_PIPELINE = [*steps[:position], f"{__name__}.{step}", *steps[position:]]
    refused(api, known(providers, "facebook"), "interaction_required")
    refused(api, known(providers, "facebook"), "interaction_required", person().token)


@pytest.mark.parametrize("position", [0, 7, 10], ids=["first", "after the user", "last"])
def test_a_pipeline_step_can_refuse_a_sign_up(
    api: ApiClient, providers: Providers, settings: Settings, position: int
) -> None:
    """A step of a custom pipeline can refuse a sign-up, also after the user is created."""
    steps = list(DEFAULT_AUTH_PIPELINE)
    settings.SOCIAL_AUTH_PIPELINE = [*steps[:position], f"{__name__}.step_that_refuses", *steps[position:]]
    refused(api, known(providers, "facebook"), "sign_up_not_allowed")


def test_a_pipeline_without_creation_refuses_new_users(
    api: ApiClient, providers: Providers, settings: Settings
) -> None:
    """A pipeline without the step that creates users accepts only known users."""
    steps = [step for step in DEFAULT_AUTH_PIPELINE if not step.endswith("create_user")]
    settings.SOCIAL_AUTH_PIPELINE = steps
    refused(api, known(providers, "facebook"), "sign_up_not_allowed")
    parker = person("parker")
    link(parker.user)
    assert api.sign_up(known(providers, "facebook")).json()["id"] == parker.user.pk


@pytest.mark.threat(6)
def test_an_association_by_address_is_a_conflict_unless_allowed(
    api: ApiClient, providers: Providers, settings: Settings
) -> None:
    """A row whose uid is an address does not identify a user, unless the setting allows it."""
    parker = person("parker")
    link(parker.user, "google-oauth2", "ripley@example.com", id_key="email")
    refused(api, known(providers, "google-oauth2"), "account_conflict")
    settings.ADOPT_LEGACY_UIDS = ["google-oauth2"]
    body = api.sign_up(known(providers, "google-oauth2")).json()
    assert (body["id"], body["outcome"]) == (parker.user.pk, "signed_in")
    assert UserSocialAuth.objects.get().uid == "10014"
    assert User.objects.count() == 1


@pytest.mark.parametrize("change", ["deactivated", "deleted"])
def test_credentials_revoked_during_the_provider_call_link_nothing(
    api: ApiClient, providers: Providers, change: str
) -> None:
    """The actor is checked again after the provider call, which may take seconds."""
    caller = person()

    def change_during_call(request: Any) -> Any:
        if change == "deleted":
            caller.user.delete()
        else:
            User.objects.update(is_active=False)
        return 200, {}, json.dumps(PROFILES["facebook"])

    providers.mock.reset()
    providers.mock.add_callback("GET", re.compile(r"https://graph\.facebook\.com/"), callback=change_during_call)
    fields = {"provider": "facebook", "access_token": "t"}
    assert_error(api.sign_up(fields, token=caller.token), "invalid_credentials")
    assert not UserSocialAuth.objects.exists()
