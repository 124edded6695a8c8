"""An operator's SOCIAL_AUTH_PIPELINE runs, and keeps the promises of the contract."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from social_core.pipeline import DEFAULT_AUTH_PIPELINE
from social_django.models import Partial, UserSocialAuth

from shared.contract.errors import AccountInactive, ApiError, InteractionRequired, SignUpNotAllowed
from social import signals
from social.models import AccessToken
from tests.providers import Providers
from tests.social import steps
from tests.social.profiles import signed_up

pytestmark = pytest.mark.django_db(transaction=True)

USERS = get_user_model()._default_manager


def with_step(name: str) -> Any:
    """Return settings with a step of `tests.social.steps` after social-core's."""
    return override_settings(SOCIAL_AUTH_PIPELINE=[*DEFAULT_AUTH_PIPELINE, f"tests.social.steps.{name}"])


def nothing_written() -> bool:
    return not any(table.objects.exists() for table in (UserSocialAuth, AccessToken, Partial)) and not USERS.exists()


def test_a_custom_step_runs(providers: Providers) -> None:
    """The step gets the arguments of social-core's steps, and no request."""
    steps.recorded.clear()
    with with_step("remember"):
        signed_in = signed_up(providers, "github")
    (given,) = steps.recorded
    assert (given["user"], given["uid"], given["is_new"]) == (signed_in.user, "60011", True)
    assert given["response"]["login"] == "ripley"
    assert given["details"]["email"] == "ripley@example.com"
    assert given.get("request") is None
    assert given["strategy"].request_data() == {}


@pytest.mark.threat(13)
def test_the_default_steps_do_not_change_a_known_user(providers: Providers) -> None:
    """Names and address are set at creation and never changed by a sign-in."""
    user = signed_up(providers, "facebook").user
    signed_up(providers, "facebook", first_name="Changed", last_name="Changed", email="changed@example.com")
    user.refresh_from_db()
    assert (user.first_name, user.last_name, user.email) == ("Ellen", "Ripley", "ripley@example.com")


def test_steps_that_would_break_the_contract_are_replaced(providers: Providers) -> None:
    """`get_username` and `user_details` of social-core are replaced by ours."""
    with with_step("remember"):
        taken = signed_up(providers, "github", token="one", id=1, login="Ripley").user
        other = signed_up(providers, "github", token="two", id=2, login="rIPLEY").user
        reserved = signed_up(providers, "github", token="three", id=3, login="admin").user
    assert taken.username == "Ripley"
    assert other.username.lower() != "ripley"
    assert reserved.username != "admin"


@pytest.mark.threat(22)
@pytest.mark.parametrize(
    ("step", "error"),
    [("refuse", SignUpNotAllowed), ("ask", InteractionRequired), ("remove_user", SignUpNotAllowed)],
)
def test_a_step_that_ends_the_pipeline_leaves_no_rows(providers: Providers, step: str, error: type[ApiError]) -> None:
    """A step that refuses, redirects or drops the user causes an error of the contract and leaves no row."""
    with with_step(step), pytest.raises(error):
        signed_up(providers, "github")
    assert nothing_written()


@pytest.mark.threat(26)
def test_a_bug_in_the_last_step_leaves_no_rows(providers: Providers) -> None:
    """The exception is raised unchanged, and all rows are rolled back."""
    with with_step("fail"), pytest.raises(ZeroDivisionError):
        signed_up(providers, "github")
    assert nothing_written()


@pytest.mark.threat(9)
def test_an_inactive_user_is_refused_without_a_write(providers: Providers) -> None:
    """The last sign-in, the profile and the tokens do not change."""
    user = signed_up(providers, "github").user
    USERS.update(is_active=False)
    before = (list(USERS.values()), list(UserSocialAuth.objects.values()), list(AccessToken.objects.values()))
    with pytest.raises(AccountInactive):
        signed_up(providers, "github", login="changed")
    after = (list(USERS.values()), list(UserSocialAuth.objects.values()), list(AccessToken.objects.values()))
    assert before == after
    assert user.pk == before[0][0]["id"]


@pytest.mark.parametrize("hosts", [["example.org"], ["example.com"]])
def test_an_allow_list_of_one_provider_applies(providers: Providers, hosts: list[str]) -> None:
    """SOCIAL_AUTH_<NAME>_WHITELISTED_DOMAINS works as in social-core."""
    with override_settings(SOCIAL_AUTH_GOOGLE_OAUTH2_WHITELISTED_DOMAINS=hosts):
        if hosts == ["example.com"]:
            assert signed_up(providers, "google-oauth2").outcome == "created"
        else:
            with pytest.raises(SignUpNotAllowed):
                signed_up(providers, "google-oauth2")
            assert nothing_written()


@pytest.mark.threat(6)
def test_an_address_does_not_find_a_user(providers: Providers) -> None:
    """An identity with the address of a superuser creates a new user."""
    boss = USERS.create(username="boss", email="ripley@example.com", is_superuser=True, is_staff=True)
    for provider in ("facebook", "github", "google-oauth2"):
        user = signed_up(providers, provider).user
        assert user.pk != boss.pk
        assert (user.is_staff, user.is_superuser) == (False, False)


@pytest.mark.threat(6)
def test_a_step_that_finds_by_address_never_runs(providers: Providers) -> None:
    """Even if the system checks did not run, every sign-in fails with this step."""
    USERS.create(username="owner", email="ripley@example.com")
    pipeline = ["social_core.pipeline.social_auth.associate_by_email", *DEFAULT_AUTH_PIPELINE]
    with override_settings(SOCIAL_AUTH_PIPELINE=pipeline), pytest.raises(ImproperlyConfigured):
        signed_up(providers, "github")
    assert not UserSocialAuth.objects.exists()


def test_signals_come_after_commit(providers: Providers) -> None:
    """Each outcome has its signal, and a failing receiver rolls nothing back."""
    sent: list[tuple[str, str, str]] = []

    def receive(signal: Any, provider: str, uid: str, api_version: str, user: Any, **kwargs: Any) -> None:
        assert USERS.filter(pk=user.pk).exists()
        name = next(name for name in ("signed_up", "signed_in", "linked") if getattr(signals, name) is signal)
        sent.append((name, provider, uid))
        raise ZeroDivisionError

    for signal in (signals.signed_up, signals.signed_in, signals.linked):
        signal.connect(receive)
    try:
        user = signed_up(providers, "github").user
        signed_up(providers, "github")
        signed_up(providers, "facebook", actor=user)
        with with_step("fail"), pytest.raises(ZeroDivisionError):
            signed_up(providers, "instagram")
    finally:
        for signal in (signals.signed_up, signals.signed_in, signals.linked):
            signal.disconnect(receive)
    assert sent == [
        ("signed_up", "github", "60011"),
        ("signed_in", "github", "60011"),
        ("linked", "facebook", "10011"),
    ]
