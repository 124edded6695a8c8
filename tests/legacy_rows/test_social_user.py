"""The pipeline step that finds associations, with legacy uids of each kind (docs/threats.md, rows 6 and 7)."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from social_core.backends.base import BaseAuth
from social_core.exceptions import AuthAssociationError
from social_core.identifiers import UNVERIFIED_LEGACY_TRANSITIONS
from social_core.utils import module_member
from social_django.models import UserSocialAuth

from social.engine.association_lookup import EMAIL_KEYS, REASSIGNABLE_UIDS, legacy_key_of, social_user
from social.engine.backends import backend_class
from social.engine.strategy import StatelessStrategy
from social.providers.registry import policy_for

pytestmark = [pytest.mark.django_db, pytest.mark.threat(6)]

WITH_TOKEN = sorted(name for name in UNVERIFIED_LEGACY_TRANSITIONS if policy_for(name))
ADOPTED = sorted(set(WITH_TOKEN) - REASSIGNABLE_UIDS)


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
    """Run the step for a person with the current id `uid` and the legacy uid `old_uid`."""
    backend = backend_of(provider)
    old_key = legacy_key_of(provider)
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
    created: UserSocialAuth = UserSocialAuth.objects.create(
        user=user,
        provider=provider,
        uid=uid,
        id_key=str(legacy_key_of(provider)) if id_key is None else id_key,
        extra_data=extra_data,
    )
    return created


def test_known_transitions() -> None:
    """A new transition of social-core has to be reviewed before rows are adopted by it."""
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
def test_no_adoption_without_the_setting(provider: str) -> None:
    """For each provider, even with a verified address."""
    before = row(provider, "ripley@example.com")
    with pytest.raises(AuthAssociationError) as refusal:
        found(provider, "1", "ripley@example.com")
    assert refusal.value.code == "identifier_migration_conflict"
    before.refresh_from_db()
    assert before.uid == "ripley@example.com"


@pytest.mark.parametrize("provider", ADOPTED)
def test_adoption_with_the_setting(settings: Any, provider: str) -> None:
    """The row gets the current id and its `id_key`."""
    settings.ADOPT_LEGACY_UIDS = [provider]
    before = row(provider, "ripley@example.com")
    social = found(provider, "1", "ripley@example.com")
    assert social is not None
    assert (social.pk, social.uid, social.id_key) == (before.pk, "1", backend_of(provider).id_key())


@pytest.mark.parametrize("provider", sorted(REASSIGNABLE_UIDS))
def test_reassignable_uids_are_never_adopted(settings: Any, provider: str) -> None:
    """Not even with the setting, unless `extra_data` contains the current id."""
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


@pytest.mark.parametrize("provider", [name for name in ADOPTED if legacy_key_of(name) == "email"])
@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_unverified_address(settings: Any, provider: str, verified: object) -> None:
    """The step refuses it, even if the provider's policy accepts it."""
    settings.ADOPT_LEGACY_UIDS = [provider]
    before = row(provider, "ripley@example.com")
    with pytest.raises(AuthAssociationError):
        found(provider, "1", "ripley@example.com", email_verified=verified)
    before.refresh_from_db()
    assert before.uid == "ripley@example.com"


@pytest.mark.threat(66)
@pytest.mark.parametrize("provider", WITH_TOKEN)
@pytest.mark.parametrize("id_key", ["", None, "something"])
def test_current_id_under_another_id_key(settings: Any, provider: str, id_key: str | None) -> None:
    """Found if the uid itself shows that it is the id; else a conflict: it may be a name that equals the id."""
    before = row(provider, "4711", id_key)
    is_evident = legacy_key_of(provider) in EMAIL_KEYS and id_key != "something"
    if is_evident:
        social = found(provider, "4711")
        assert social is not None
        assert social.pk == before.pk
        return
    with pytest.raises(AuthAssociationError) as refusal:
        found(provider, "4711")
    assert refusal.value.code == "identifier_migration_conflict"
    settings.ADOPT_LEGACY_UIDS = [provider]
    with pytest.raises(AuthAssociationError):
        found(provider, "4711")
    before.refresh_from_db()
    assert (before.uid, before.id_key) == ("4711", str(legacy_key_of(provider)) if id_key is None else id_key)


def test_address_under_the_id_key_of_an_id(settings: Any) -> None:
    """SOCIAL_AUTH_OLD_ID_KEYS sets the same `id_key` for all rows of a provider."""
    before = row("google-oauth2", "ripley@example.com", "sub")
    with pytest.raises(AuthAssociationError):
        found("google-oauth2", "1", "ripley@example.com")
    settings.ADOPT_LEGACY_UIDS = ["google-oauth2"]
    assert found("google-oauth2", "1", "ripley@example.com") == before


@pytest.mark.threat(7)
@pytest.mark.parametrize("id_key", ["sub", "email", ""])
def test_association_of_another_user(id_key: str) -> None:
    """Only its owner can link it, whatever the `id_key`."""
    row("google-oauth2", "4711", id_key)
    with pytest.raises(AuthAssociationError) as refusal:
        found("google-oauth2", "4711", user=User.objects.create(username="dallas"))
    assert refusal.value.code == "identity_in_use"


def test_first_sign_up_runs_one_query(django_assert_num_queries: Any) -> None:
    """One query looks up the current id and all legacy uids."""
    with django_assert_num_queries(1):
        assert found("google-oauth2", "4711", "ripley@example.com") is None


def test_retry_runs_all_queries(django_assert_num_queries: Any) -> None:
    """The lookup, all rows including those without a user, then social-core's four queries."""
    with django_assert_num_queries(2 + 4):
        assert found("google-oauth2", "4711", "ripley@example.com", has_been_tried=True) is None


def test_returning_user_runs_one_query(django_assert_num_queries: Any) -> None:
    """With the `id_key` of an older release too."""
    row("google-oauth2", "4711")
    with django_assert_num_queries(1):
        assert found("google-oauth2", "4711", "ripley@example.com")


def test_transitions_end_at_the_current_key() -> None:
    """The backends' current keys are those of social-core's table."""
    for provider in WITH_TOKEN:
        path, _, key = UNVERIFIED_LEGACY_TRANSITIONS[provider]
        assert issubclass(type(backend_of(provider)), module_member(path))
        assert backend_of(provider).id_key() == key
