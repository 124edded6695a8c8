"""docs/contract.md, section 4: a person with an old association is the same user again, or no user; on each API."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from social_django.models import UserSocialAuth

from social.oidc import signing_keys
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import all_rows
from tests.legacy_rows.cases import A_NEW_USER, CASES, GOOGLE, Case, google, id_of
from tests.legacy_rows.id_tokens import ISSUERS, id_token, publish
from tests.providers import Providers

WITH_PROFILE = [case for case in CASES if case.profile is not None]
ENABLED = ["apple-id", "facebook", "github", GOOGLE, "instagram", "twitter"]


@pytest.fixture
def _enabled(settings: Any) -> None:
    settings.SOCIAL_PROVIDERS = ENABLED
    settings.SOCIAL_AUTH_APPLE_ID_CLIENT = "our-app"


@pytest.fixture
def _keys(providers: Providers) -> Iterator[None]:
    signing_keys.clear_cache()
    publish(providers)
    yield
    signing_keys.clear_cache()


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def sign_ins(case: Case, providers: Providers) -> list[dict[str, Any]]:
    """Return the fields of each possible sign-in: by access token, by id_token."""
    assert case.profile is not None
    found = [] if case.provider == "apple-id" else [providers.knows(case.provider, "t", **case.profile)]
    return [*found, id_token(case.provider, case.profile)] if case.provider in ISSUERS else found


def check(api: ApiClient, fields: dict[str, Any], users: dict[str, int], case: Case, outcome: str) -> None:
    before, names = all_rows(), {pk: name for name, pk in users.items()}
    answer = api.sign_up(fields)
    if outcome not in {*users, A_NEW_USER}:
        assert_error(answer, outcome)
        assert all_rows() == before
        return
    body = answer.json()
    assert answer.status_code == 201, body
    assert names.get(body["id"], A_NEW_USER) == outcome
    assert body["outcome"] == ("created" if outcome == A_NEW_USER else "signed_in")
    after = all_rows()
    uids = {row["uid"] for row in after["social_django.UserSocialAuth"]}
    if outcome == A_NEW_USER:
        assert len(after["auth.User"]) == len(users) + 1
        assert {row.uid for row in case.rows} <= uids
        return
    assert after["auth.User"] == before["auth.User"]
    account = UserSocialAuth.objects.get(user_id=users[outcome], provider=case.provider, uid=api_uid(case))
    assert isinstance(account.extra_data, dict)
    if not any(row.uid == account.uid for row in case.rows):
        assert account.id_key == "sub"
    assert len(uids) == len({row["uid"] for row in before["social_django.UserSocialAuth"]})


def api_uid(case: Case) -> str:
    assert case.profile is not None
    return str(case.profile.get("sub") or case.profile["id"])


@pytest.mark.threat(6)
@pytest.mark.usefixtures("_enabled", "_keys")
@pytest.mark.parametrize("case", WITH_PROFILE, ids=str)
def test_each_case(case: Case, users: dict[str, int], api: ApiClient, providers: Providers, settings: Any) -> None:
    """Both credentials give the same result; rows are rewritten only while ADOPT_LEGACY_UIDS lists the provider."""
    for fields in sign_ins(case, providers):
        settings.ADOPT_LEGACY_UIDS = [name for name in ENABLED if name != case.provider]
        with rolled_back():
            check(api, fields, users, case, case.plain)
        if case.adopting == case.plain and "id_token" in fields:
            continue  # the sign-in by access token has shown that the setting changes nothing
        settings.ADOPT_LEGACY_UIDS = [case.provider]
        with rolled_back():
            check(api, fields, users, case, case.adopting)


@pytest.mark.usefixtures("_enabled")
def test_sign_in_after_adoption(users: dict[str, int], api: ApiClient, providers: Providers, settings: Any) -> None:
    """An adopted row is found by the current id, whatever the settings and the address."""
    settings.ADOPT_LEGACY_UIDS = [GOOGLE]
    api.sign_up(providers.knows(GOOGLE, "t", **google(id_of(1), "ripley@example.com")))
    settings.ADOPT_LEGACY_UIDS = []
    body = api.sign_up(providers.knows(GOOGLE, "t", **google(id_of(1), "newborn@example.com"))).json()
    assert (body["id"], body["outcome"]) == (users["ripley"], "signed_in")
    other = api.sign_up(providers.knows(GOOGLE, "t", **google(id_of(97), "ripley@example.com"))).json()
    assert other["outcome"] == "created"


@pytest.mark.threat(6, 7)
@pytest.mark.usefixtures("_enabled", "_keys")
@pytest.mark.parametrize("verified", [False, None, "true"])
def test_unverified_address(
    verified: Any, users: dict[str, int], api: ApiClient, providers: Providers, settings: Any
) -> None:
    """Another Google account with the address of an old row cannot sign in by any credential."""
    settings.ADOPT_LEGACY_UIDS = [GOOGLE]
    answer = {**google(id_of(98), "ripley@example.com"), "email_verified": verified}
    before = all_rows()
    for fields in (providers.knows(GOOGLE, "t", **answer), id_token(GOOGLE, answer)):
        with rolled_back():
            assert_error(api.sign_up(fields), "sign_up_not_allowed")
            assert all_rows() == before


@pytest.mark.threat(7)
@pytest.mark.usefixtures("_enabled")
def test_linking_an_association_of_another_user(
    users: dict[str, int], api: ApiClient, providers: Providers, settings: Any
) -> None:
    """An old row stays its owner's, adopted or not."""
    settings.ADOPT_LEGACY_UIDS = [GOOGLE]
    token = api.sign_up(providers.knows("facebook", "f", id="500040011", name="Carter Burke")).json()["token"]
    before = all_rows()
    for number, email in ((1, "ripley@example.com"), (8, "hicks@example.com")):
        fields = providers.knows(GOOGLE, "t", **google(id_of(number), email))
        with rolled_back():
            assert_error(api.sign_up(fields, token=token), "account_in_use")
    assert all_rows()["social_django.UserSocialAuth"] == before["social_django.UserSocialAuth"]


@pytest.mark.usefixtures("_enabled")
def test_association_without_a_user(users: dict[str, int], api: ApiClient, providers: Providers) -> None:
    """It prevents a new association, so the sign-in ends in a conflict."""
    # Rolled back before either database checks the foreign key.
    UserSocialAuth.objects.create(user_id=10**6, provider="github", uid="4711", id_key="id")
    before = all_rows()
    with rolled_back():
        assert_error(api.sign_up(providers.knows("github", "t", id=4711, login="x", name="X")), "account_conflict")
        assert all_rows() == before
