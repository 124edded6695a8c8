"""The step that decides whose an association is, for old identifiers of every kind (docs/threats.md, rows 6 and 7)."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from social_core.backends.base import BaseAuth
from social_core.exceptions import AuthAssociationError
from social_core.identifiers import UNVERIFIED_LEGACY_TRANSITIONS
from social_core.utils import module_member
from social_django.models import UserSocialAuth

from social.engine.backends import backend_class
from social.engine.strategy import StatelessStrategy
from social.legacy_rows.association_lookup import ADDRESS_KEYS, TAKEN_AT_WILL, old_key_of, social_user
from social.providers.registry import policy_for

pytestmark = [pytest.mark.django_db, pytest.mark.threat(6)]

WITH_TOKEN = sorted(name for name in UNVERIFIED_LEGACY_TRANSITIONS if policy_for(name))
ADOPTED = sorted(set(WITH_TOKEN) - TAKEN_AT_WILL)


def backend_of(provider: str) -> BaseAuth[Any]:
    policy = policy_for(provider)
    assert policy is not None
    return backend_class(policy)(StatelessStrategy())


def found(
    provider: str,
    uid: str,
    old_uid: str = "",
    user: User | None = None,
    *,
    has_been_tried: bool = False,
    **response: Any,
) -> UserSocialAuth | None:
    """Run the step for a person whom the provider calls `uid` today, and once called `old_uid`."""
    backend = backend_of(provider)
    old_key = old_key_of(provider)
    assert old_key is not None
    result: UserSocialAuth | None = social_user(
        backend,
        uid,
        user,
        id_key=backend.id_key(),
        response={"email_verified": True, **response},
        legacy_identifiers=[(old_key, old_uid)] if old_uid else [],
        has_been_tried=has_been_tried,
    )["social"]
    return result


def row(provider: str, uid: str, id_key: str | None = None, **extra_data: Any) -> UserSocialAuth:
    user = User.objects.create(username=f"user of {provider} {uid}")
    made: UserSocialAuth = UserSocialAuth.objects.create(
        user=user,
        provider=provider,
        uid=uid,
        id_key=str(old_key_of(provider)) if id_key is None else id_key,
        extra_data=extra_data,
    )
    return made


def test_every_transition_is_weighed() -> None:
    """A new one of social-core's is looked at before anything is adopted by it."""
    assert set(WITH_TOKEN) == {
        "arcgis",
        "azuread-oauth2",
        "azuread-oauth2-v2",
        "azuread-v2-tenant-oauth2",
        "cognito",
        "deezer",
        "google-oauth",
        "google-oauth2",
        "google-openidconnect",
        "keycloak",
        "mailru",
        "okta-oauth2",
        "okta-openidconnect",
        "trello",
        "tumblr",
    }


@pytest.mark.parametrize("provider", WITH_TOKEN)
def test_nothing_is_adopted_unasked(provider: str) -> None:
    """Whatever the provider, and whatever it says of the address."""
    before = row(provider, "ripley@example.com")
    with pytest.raises(AuthAssociationError) as refusal:
        found(provider, "1", "ripley@example.com")
    assert refusal.value.code == "identifier_migration_conflict"
    before.refresh_from_db()
    assert before.uid == "ripley@example.com"


@pytest.mark.parametrize("provider", ADOPTED)
def test_adopted_where_the_operator_says_so(settings: Any, provider: str) -> None:
    """And only by whom the provider vouches for."""
    settings.ADOPT_LEGACY_UIDS = [provider]
    before = row(provider, "ripley@example.com")
    social = found(provider, "1", "ripley@example.com")
    assert social is not None
    assert (social.pk, social.uid, social.id_key) == (before.pk, "1", backend_of(provider).id_key())


@pytest.mark.parametrize("provider", sorted(TAKEN_AT_WILL))
def test_what_anybody_may_take_is_never_adopted(settings: Any, provider: str) -> None:
    """Not even where the operator says so; unless the id was kept beside it."""
    settings.ADOPT_LEGACY_UIDS = [provider]
    row(provider, "ripley")
    with pytest.raises(AuthAssociationError):
        found(provider, "1", "ripley")
    proven = row(provider, "dallas", **{backend_of(provider).id_key(): "2"})
    social = found(provider, "2", "dallas")
    assert social is not None
    assert social.pk == proven.pk
    with pytest.raises(AuthAssociationError):
        found(provider, "3", "ripley")


@pytest.mark.parametrize("provider", [name for name in ADOPTED if old_key_of(name) == "email"])
@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_is_not_verified(settings: Any, provider: str, verified: object) -> None:
    """The policy of a provider may let it pass; this does not."""
    settings.ADOPT_LEGACY_UIDS = [provider]
    before = row(provider, "ripley@example.com")
    with pytest.raises(AuthAssociationError):
        found(provider, "1", "ripley@example.com", email_verified=verified)
    before.refresh_from_db()
    assert before.uid == "ripley@example.com"


@pytest.mark.parametrize("provider", WITH_TOKEN)
@pytest.mark.parametrize("label", ["", None, "something"])
def test_the_very_id_under_another_label(settings: Any, provider: str, label: str | None) -> None:
    """Found where the row itself shows that it is the id; else a conflict, never a failure."""
    before = row(provider, "4711", label)
    shows = old_key_of(provider) in ADDRESS_KEYS and label != "something"
    if shows:
        social = found(provider, "4711")
        assert social is not None
        assert social.pk == before.pk
        return
    with pytest.raises(AuthAssociationError) as refusal:
        found(provider, "4711")
    assert refusal.value.code == "identifier_migration_conflict"
    settings.ADOPT_LEGACY_UIDS = [provider]
    if provider in TAKEN_AT_WILL:
        with pytest.raises(AuthAssociationError):
            found(provider, "4711")
    else:
        assert found(provider, "4711") == before


def test_an_address_under_the_label_of_an_id(settings: Any) -> None:
    """SOCIAL_AUTH_OLD_ID_KEYS gives every row of a provider the same label."""
    before = row("google-oauth2", "ripley@example.com", "sub")
    with pytest.raises(AuthAssociationError):
        found("google-oauth2", "1", "ripley@example.com")
    settings.ADOPT_LEGACY_UIDS = ["google-oauth2"]
    assert found("google-oauth2", "1", "ripley@example.com") == before


@pytest.mark.threat(7)
@pytest.mark.parametrize("label", ["sub", "email", ""])
def test_another_users(label: str) -> None:
    """Linked by its owner only, whatever the label."""
    row("google-oauth2", "4711", label)
    with pytest.raises(AuthAssociationError) as refusal:
        found("google-oauth2", "4711", user=User.objects.create(username="dallas"))
    assert refusal.value.code == "identity_in_use"


def test_the_first_sign_up_costs_no_statement_more(django_assert_num_queries: Any) -> None:
    """All ids that a person has ever had at the provider are looked for at once: nobody there is a new person."""
    with django_assert_num_queries(1):
        assert found("google-oauth2", "4711", "ripley@example.com") is None


def test_a_second_try_looks_at_everything(django_assert_num_queries: Any) -> None:
    """All ids, then all old rows, of users who are gone too; social-core's four look-ups follow."""
    with django_assert_num_queries(2 + 4):
        assert found("google-oauth2", "4711", "ripley@example.com", has_been_tried=True) is None


def test_a_returning_person_costs_one_statement(django_assert_num_queries: Any) -> None:
    """Whatever the label."""
    row("google-oauth2", "4711")
    with django_assert_num_queries(1):
        assert found("google-oauth2", "4711", "ripley@example.com")


def test_the_class_that_social_core_names() -> None:
    """The keys of today are those that social-core's table ends at."""
    for provider in WITH_TOKEN:
        path, _, key = UNVERIFIED_LEGACY_TRANSITIONS[provider]
        assert issubclass(type(backend_of(provider)), module_member(path))
        assert backend_of(provider).id_key() == key
