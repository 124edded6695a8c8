"""docs/contract.md, sections 3 and 4: who is not signed in, and that nothing is written then."""

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
    """Check that a sign-up is refused, twice in the same way, and that not a row was written or moved."""
    before = all_rows()
    for _ in range(2):
        assert_error(api.sign_up(fields, token=token), code)
    assert all_rows() == before


def known(providers: Providers, provider: str, **changed: Any) -> dict[str, Any]:
    return providers.knows(provider, "t", **{**PROFILES[provider], **changed})


@pytest.mark.threat(7)
@EACH_PROVIDER
def test_an_identity_of_another_user(api: ApiClient, providers: Providers, provider: str) -> None:
    """It stays where it is, and the answer holds nothing about its owner."""
    parker = person("parker", email="parker@example.com", first_name="Dennis")
    link(parker.user, provider, str(PROFILES[provider][UID_KEYS[provider]]))
    refused(api, known(providers, provider), "account_in_use", person().token)


@pytest.mark.threat(7)
def test_an_identity_of_an_inactive_other(api: ApiClient, providers: Providers) -> None:
    """That its owner is inactive is nobody's business either."""
    parker = person("parker", is_active=False)
    link(parker.user)
    refused(api, known(providers, "facebook"), "account_in_use", person().token)


@pytest.mark.threat(9)
@EACH_PROVIDER
def test_an_inactive_user(api: ApiClient, providers: Providers, provider: str) -> None:
    """No write, no token."""
    parker = person("parker", is_active=False)
    link(parker.user, provider, str(PROFILES[provider][UID_KEYS[provider]]))
    refused(api, known(providers, provider), "account_inactive")


@pytest.mark.parametrize("whom", [[], ["facebook"]], ids=["unknown", "known"])
def test_domains_that_the_operator_allows(
    api: ApiClient, providers: Providers, settings: Settings, whom: list[str]
) -> None:
    """Anyone with an address elsewhere, or none, is refused, a known user as well."""
    for provider in whom:
        link(person("parker").user, provider)
    settings.SOCIAL_AUTH_WHITELISTED_DOMAINS = ["weyland.example"]
    for email in ("ripley@example.com", "ripley@weyland.example.com", "ripley@notweyland.example"):
        refused(api, known(providers, "facebook", email=email), "sign_up_not_allowed")


def test_addresses_that_the_operator_allows(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """One is let in, the others are not."""
    settings.SOCIAL_AUTH_FACEBOOK_WHITELISTED_EMAILS = ["ripley@example.com"]
    refused(api, known(providers, "facebook", email="parker@example.com"), "sign_up_not_allowed")
    assert api.sign_up(known(providers, "facebook")).status_code == 201


def test_linking_under_an_allow_list(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """The list holds for linking too."""
    settings.SOCIAL_AUTH_WHITELISTED_DOMAINS = ["weyland.example"]
    refused(api, known(providers, "facebook"), "sign_up_not_allowed", person().token)


@pytest.mark.parametrize("verified", [False, None, "true", "yes", 1, 0, [], "missing"], ids=repr)
@pytest.mark.parametrize("whom", [False, True], ids=["unknown", "known"])
def test_an_unverified_address_at_google(api: ApiClient, providers: Providers, verified: Any, whom: bool) -> None:
    """Only `true` is verified."""
    if whom:
        link(person("parker").user, "google-oauth2", "10014")
    fields = known(providers, "google-oauth2", email_verified=verified)
    if verified == "missing":
        del providers.people["google-oauth2", "t"]["email_verified"]
    refused(api, fields, "sign_up_not_allowed")


def step_that_redirects(**kwargs: Any) -> Any:
    """A step of an operator's pipeline that sends the person to a page."""
    return HttpResponseRedirect("https://evil.example.com/?token=canary")


@partial
def step_that_asks(strategy: Any, backend: Any, **kwargs: Any) -> Any:
    """A step that keeps the pipeline's state for the person's return."""
    return strategy.redirect("https://evil.example.com/")


def step_that_shows_a_page(**kwargs: Any) -> Any:
    """A step that answers by itself."""
    return "<h1>Who are you?</h1>"


def step_that_refuses(**kwargs: Any) -> Any:
    """A step that lets nobody in, by social-core's own exception."""
    raise AuthPolicyError(kwargs["backend"], code="authentication_disallowed", stage="pipeline")


@pytest.mark.threat(22)
@pytest.mark.parametrize("step", ["step_that_redirects", "step_that_asks", "step_that_shows_a_page"])
@pytest.mark.parametrize("position", [0, 5, 7, 10], ids=["first", "before the user", "after the user", "last"])
def test_a_step_that_wants_something(
    api: ApiClient, providers: Providers, settings: Settings, step: str, position: int
) -> None:
    """Nobody can be redirected or asked here: no user, no stored state, wherever the step stands."""
    steps = list(DEFAULT_AUTH_PIPELINE)
    settings.SOCIAL_AUTH_PIPELINE = [*steps[:position], f"{__name__}.{step}", *steps[position:]]
    refused(api, known(providers, "facebook"), "interaction_required")
    refused(api, known(providers, "facebook"), "interaction_required", person().token)


@pytest.mark.parametrize("position", [0, 7, 10], ids=["first", "after the user", "last"])
def test_a_step_that_refuses(api: ApiClient, providers: Providers, settings: Settings, position: int) -> None:
    """The operator's pipeline may refuse whom it likes, also after the user is made."""
    steps = list(DEFAULT_AUTH_PIPELINE)
    settings.SOCIAL_AUTH_PIPELINE = [*steps[:position], f"{__name__}.step_that_refuses", *steps[position:]]
    refused(api, known(providers, "facebook"), "sign_up_not_allowed")


def test_a_pipeline_that_creates_nobody(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """An operator who takes only known users leaves the step out."""
    steps = [step for step in DEFAULT_AUTH_PIPELINE if not step.endswith("create_user")]
    settings.SOCIAL_AUTH_PIPELINE = steps
    refused(api, known(providers, "facebook"), "sign_up_not_allowed")
    parker = person("parker")
    link(parker.user)
    assert api.sign_up(known(providers, "facebook")).json()["id"] == parker.user.pk


@pytest.mark.threat(6)
def test_an_old_association_by_address(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """A row whose uid is an address cannot say who this is, unless the operator says that it does."""
    parker = person("parker")
    link(parker.user, "google-oauth2", "ripley@example.com", id_key="email")
    refused(api, known(providers, "google-oauth2"), "account_conflict")
    settings.ADOPT_LEGACY_UIDS = ["google-oauth2"]
    body = api.sign_up(known(providers, "google-oauth2")).json()
    assert (body["id"], body["outcome"]) == (parker.user.pk, "signed_in")
    assert UserSocialAuth.objects.get().uid == "10014"
    assert User.objects.count() == 1


@pytest.mark.parametrize("change", ["deactivated", "deleted"])
def test_a_caller_who_is_gone_when_the_provider_answers(api: ApiClient, providers: Providers, change: str) -> None:
    """The provider may take seconds; whoever has no access any more links nothing."""
    caller = person()

    def meanwhile(request: Any) -> Any:
        if change == "deleted":
            caller.user.delete()
        else:
            User.objects.update(is_active=False)
        return 200, {}, json.dumps(PROFILES["facebook"])

    providers.mock.reset()
    providers.mock.add_callback("GET", re.compile(r"https://graph\.facebook\.com/"), callback=meanwhile)
    fields = {"provider": "facebook", "access_token": "t"}
    assert_error(api.sign_up(fields, token=caller.token), "invalid_credentials")
    assert not UserSocialAuth.objects.exists()
