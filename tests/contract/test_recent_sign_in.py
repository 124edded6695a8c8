"""docs/contract.md, section 2: the proof of an access token, and what needs a recent one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import Settings
from social_core.pipeline import DEFAULT_AUTH_PIPELINE
from social_django.models import UserSocialAuth

from social import accounts, tokens
from social.identify import identify
from social.models import AccessToken
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, Person, all_rows, link, person
from tests.providers import Providers
from tests.social import steps

pytestmark = [pytest.mark.django_db, pytest.mark.threat(43)]

REQUIRED = "recent_sign_in_required"
RECENT = 300


@pytest.fixture
def ripley(settings: Settings) -> Person:
    """Return a user with two identities and an old token, while `RECENT_SIGN_IN` is set."""
    settings.RECENT_SIGN_IN = RECENT
    ripley = person()
    for provider, uid in (("facebook", "10011"), ("github", "10015")):
        link(ripley.user, provider, uid)
    aged(ripley)
    return ripley


def aged(ripley: Person, by: float = RECENT + 60, **fields: Any) -> None:
    """Set the age of a token in seconds."""
    AccessToken.objects.filter(pk=ripley.row.pk).update(
        created=timezone.now() - timedelta(seconds=by), proved_at=None, **fields
    )


def new_identity(providers: Providers) -> dict[str, Any]:
    """Return the fields of a sign-up with an identity that is nobody's yet."""
    return providers.knows("instagram", "new", **PROFILES["instagram"])


def own_identity(providers: Providers) -> dict[str, Any]:
    """Return the fields of a sign-up with an identity of the user."""
    return providers.knows("facebook", "own", **PROFILES["facebook"])


def account_of(ripley: Person, provider: str = "github") -> str:
    return f"social_account/{UserSocialAuth.objects.get(user=ripley.user, provider=provider).pk}/"


def refuses_everything(api: ApiClient, providers: Providers, ripley: Person) -> None:
    """Check that each of the three calls is refused, and writes nothing."""
    before = all_rows()
    for answer in (
        api.sign_up(new_identity(providers), token=ripley.token),
        api.delete(account_of(ripley), token=ripley.token),
        api.delete("token/", token=ripley.token),
    ):
        assert_error(answer, REQUIRED)
    assert all_rows() == before


def allows_everything(api: ApiClient, providers: Providers, ripley: Person) -> None:
    """Check that each of the three calls succeeds."""
    assert api.sign_up(new_identity(providers), token=ripley.token).json()["outcome"] == "linked"
    assert api.delete(account_of(ripley), token=ripley.token).status_code == 204
    assert api.delete("token/", token=ripley.token).status_code == 204


def test_an_old_proof_is_refused(api: ApiClient, providers: Providers, ripley: Person) -> None:
    """Linking, disconnecting and signing out everywhere are 403; everything else works as before."""
    refuses_everything(api, providers, ripley)
    other = tokens.issue(user=ripley.user)
    row = AccessToken.objects.get(digest=tokens.digest_of(other.value))
    for path in ("user/", "social_account/", account_of(ripley), "token/", "token/current/", "provider/", ""):
        assert api.get(path, token=ripley.token).status_code == 200
    assert api.delete(f"token/{row.pk}/", token=ripley.token).status_code == 204
    assert api.delete("token/current/", token=ripley.token).status_code == 204


def test_the_sign_up_is_a_proof(api: ApiClient, providers: Providers, ripley: Person) -> None:
    """The token of a sign-in may do everything until `RECENT_SIGN_IN` has passed."""
    aged(ripley, RECENT - 60)
    allows_everything(api, providers, ripley)


def test_without_the_setting_nothing_is_refused(
    api: ApiClient, providers: Providers, ripley: Person, settings: Settings
) -> None:
    """By default the age of a proof does not matter."""
    del settings.RECENT_SIGN_IN
    allows_everything(api, providers, ripley)


def test_an_own_identity_is_a_new_proof(api: ApiClient, providers: Providers, ripley: Person) -> None:
    """An authenticated sign-up with an identity of the caller proves the token of the call anew, and no other."""
    other = Person(ripley.user, (issued := tokens.issue(user=ripley.user)).value, AccessToken.objects.latest("pk"))
    assert issued.value
    aged(other)
    assert api.sign_up(own_identity(providers), token=ripley.token).json()["outcome"] == "signed_in"
    refuses_everything(api, providers, other)
    allows_everything(api, providers, ripley)


def test_a_proof_ages(api: ApiClient, providers: Providers, ripley: Person) -> None:
    """A repeated proof counts for `RECENT_SIGN_IN`, like that of the sign-up."""
    api.sign_up(own_identity(providers), token=ripley.token)
    AccessToken.objects.update(proved_at=timezone.now() - timedelta(seconds=RECENT + 60))
    refuses_everything(api, providers, ripley)


def test_an_imported_key_has_no_proof(api: ApiClient, providers: Providers, ripley: Person) -> None:
    """A key that an earlier deployment issued proves nothing, however new it is, until its owner has signed in."""
    aged(ripley, 0, imported=True, expires_at=None)
    refuses_everything(api, providers, ripley)
    assert api.sign_up(own_identity(providers), token=ripley.token).json()["outcome"] == "signed_in"
    allows_everything(api, providers, ripley)


def test_linking_is_no_proof(api: ApiClient, providers: Providers, ripley: Person) -> None:
    """Linking an identity, which may be a thief's, makes no proof newer."""
    aged(ripley, RECENT - 60)
    before = AccessToken.objects.get().proved_at
    assert api.sign_up(new_identity(providers), token=ripley.token).json()["outcome"] == "linked"
    assert AccessToken.objects.get().proved_at == before is None


def test_another_users_identity_is_no_proof(api: ApiClient, providers: Providers, ripley: Person) -> None:
    """The identity of another user is `account_in_use`, as without the setting."""
    link(person("parker").user, "instagram", "10013")
    assert_error(api.sign_up(new_identity(providers), token=ripley.token), "account_in_use")
    assert AccessToken.objects.get(pk=ripley.row.pk).proved_at is None


def test_other_failures_come_first(api: ApiClient, providers: Providers, ripley: Person, settings: Settings) -> None:
    """A malformed or unproven sign-up, and an unknown account, have their own answers."""
    assert_error(
        api.sign_up({"provider": "facebook"}, token=ripley.token),
        "invalid_request",
        fields={"access_token": "This field is required."},
    )
    assert_error(api.sign_up({"provider": "facebook", "access_token": "no"}, token=ripley.token), "token_rejected")
    theirs = link(person("parker").user, "facebook", "666")
    for account in ("0", str(theirs.pk)):
        assert_error(api.delete(f"social_account/{account}/", token=ripley.token), "not_found")
    assert_error(api.delete("token/"), "not_authenticated")
    settings.SOCIAL_PROVIDERS = ["facebook", "instagram"]
    assert_error(api.delete(account_of(ripley, "facebook"), token=ripley.token), REQUIRED)
    aged(ripley, 0)
    assert_error(api.delete(account_of(ripley, "facebook"), token=ripley.token), "last_login_method")


def test_a_refused_link_runs_no_further_step(
    api: ApiClient, providers: Providers, ripley: Person, settings: Settings
) -> None:
    """The operator's steps after the lookup do not run, so that they have no effect outside the database."""
    settings.SOCIAL_AUTH_PIPELINE = [*DEFAULT_AUTH_PIPELINE, "tests.social.steps.remember"]
    steps.recorded.clear()
    assert_error(api.sign_up(new_identity(providers), token=ripley.token), REQUIRED)
    assert not steps.recorded
    api.sign_up(own_identity(providers), token=ripley.token)
    assert len(steps.recorded) == 1


def test_a_pipeline_with_its_own_lookup_is_no_way_around(
    api: ApiClient, providers: Providers, ripley: Person, settings: Settings
) -> None:
    """A step that replaces social-core's `social_user` need not know of the check."""
    settings.SOCIAL_AUTH_PIPELINE = [
        {"social_core.pipeline.social_auth.social_user": "tests.social.steps.find_nobody"}.get(step, step)
        for step in DEFAULT_AUTH_PIPELINE
    ]
    before = all_rows()
    assert_error(api.sign_up(new_identity(providers), token=ripley.token), REQUIRED)
    assert all_rows() == before
    aged(ripley, 0)
    assert api.sign_up(new_identity(providers), token=ripley.token).json()["outcome"] == "linked"


def test_an_identity_of_another_user_is_no_proof_in_any_pipeline(
    api: ApiClient, providers: Providers, ripley: Person, settings: Settings
) -> None:
    """A step of the operator may sign in as another user than the caller; the caller has proved nothing then."""
    settings.SOCIAL_AUTH_PIPELINE = [
        {"social_core.pipeline.social_auth.social_user": "tests.social.steps.find_owner"}.get(step, step)
        for step in DEFAULT_AUTH_PIPELINE
    ]
    link(person("parker").user, "instagram", "10013")
    assert_error(api.sign_up(new_identity(providers), token=ripley.token), REQUIRED)
    assert AccessToken.objects.get(pk=ripley.row.pk).proved_at is None
    assert api.sign_up(own_identity(providers), token=ripley.token).json()["outcome"] == "signed_in"
    assert AccessToken.objects.get(pk=ripley.row.pk).proved_at is not None


def test_an_own_identity_with_an_old_identifier_is_a_new_proof(
    api: ApiClient, providers: Providers, ripley: Person, settings: Settings
) -> None:
    """An old association that is adopted is the caller's already."""
    settings.ADOPT_LEGACY_UIDS = ["google-oauth2"]
    link(ripley.user, "google-oauth2", "ripley@example.com", id_key="email")
    fields = providers.knows("google-oauth2", "own", **PROFILES["google-oauth2"])
    assert api.sign_up(fields, token=ripley.token).json()["outcome"] == "signed_in"
    allows_everything(api, providers, ripley)


def after(function: Callable[..., Any], action: Callable[[], object]) -> Callable[..., Any]:
    """Return a function that acts after each call of another one."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        action()
        return result

    return wrapped


def of(ripley: Person) -> QuerySet[AccessToken]:
    """Return the rows of a user's tokens."""
    return AccessToken.objects.filter(user=ripley.user)


ENDS: dict[str, Callable[[Person], object]] = {
    "revoked": lambda ripley: tokens.revoke(ripley.row),
    "signed out everywhere": lambda ripley: tokens.revoke_all(ripley.user),
    "expired": lambda ripley: of(ripley).update(expires_at=timezone.now()),
    "an imported key revoked": lambda ripley: of(ripley).update(imported=True, expires_at=timezone.now()),
    "user deleted": lambda ripley: type(ripley.user).objects.get(pk=ripley.user.pk).delete(),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("identity", [new_identity, own_identity])
def test_a_token_that_ends_during_the_call_links_nothing(
    api: ApiClient,
    providers: Providers,
    ripley: Person,
    monkeypatch: pytest.MonkeyPatch,
    identity: Callable[[Providers], dict[str, Any]],
    end: Callable[[Person], object],
) -> None:
    """A token that is revoked while the provider is asked is refused as if it had been revoked before."""
    aged(ripley, 0)
    person("dallas")  # with a token that is still live
    monkeypatch.setattr("social.sign_up.identify", after(identify, lambda: end(ripley)))
    assert_error(api.sign_up(identity(providers), token=ripley.token), "invalid_credentials")
    assert not UserSocialAuth.objects.filter(provider="instagram").exists()


@pytest.mark.parametrize("name", [name for name in ENDS if name != "user deleted"])
def test_a_token_that_ends_during_the_call_disconnects_nothing(
    api: ApiClient, ripley: Person, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The token is checked in the transaction that deletes the association."""
    aged(ripley, 0)
    person("dallas")  # with a token that is still live
    path = account_of(ripley)
    monkeypatch.setattr(accounts, "get_for", after(accounts.get_for, lambda: ENDS[name](ripley)))
    assert_error(api.delete(path, token=ripley.token), "invalid_credentials")
    assert UserSocialAuth.objects.count() == 2
