"""docs/contract.md, section 4: whoever signed in years ago is the same user today, or nobody; through both APIs."""

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
from tests.legacy_rows.id_tokens import ISSUERS, id_token, publish
from tests.legacy_rows.people import A_NEW_USER, CASES, GOOGLE, Case, google, id_of
from tests.providers import Providers

WITH_ANSWER = [case for case in CASES if case.answer is not None]
ENABLED = ["apple-id", "facebook", "github", GOOGLE, "instagram", "twitter"]


@pytest.fixture
def _enabled(settings: Any) -> None:
    settings.SOCIAL_PROVIDERS = ENABLED
    settings.SOCIAL_AUTH_APPLE_ID_CLIENT = "our-app"


@pytest.fixture
def _keys(providers: Providers) -> Iterator[None]:
    signing_keys.forget()
    publish(providers)
    yield
    signing_keys.forget()


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ways(case: Case, providers: Providers) -> list[dict[str, Any]]:
    """Give the fields of every way to sign in there is: by access token, by id_token."""
    assert case.answer is not None
    found = [] if case.provider == "apple-id" else [providers.knows(case.provider, "t", **case.answer)]
    return [*found, id_token(case.provider, case.answer)] if case.provider in ISSUERS else found


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
    assert case.answer is not None
    return str(case.answer.get("sub") or case.answer["id"])


@pytest.mark.threat(6)
@pytest.mark.usefixtures("_enabled", "_keys")
@pytest.mark.parametrize("case", WITH_ANSWER, ids=str)
def test_each_person(case: Case, users: dict[str, int], api: ApiClient, providers: Providers, settings: Any) -> None:
    """By access token and by id_token the same; rewritten only while ADOPT_LEGACY_UIDS names the provider."""
    for fields in ways(case, providers):
        settings.ADOPT_LEGACY_UIDS = [name for name in ENABLED if name != case.provider]
        with undone():
            check(api, fields, users, case, case.plain)
        if case.adopting == case.plain and "id_token" in fields:
            continue  # the setting changes nothing, which the other way has shown
        settings.ADOPT_LEGACY_UIDS = [case.provider]
        with undone():
            check(api, fields, users, case, case.adopting)


@pytest.mark.usefixtures("_enabled")
def test_the_second_time(users: dict[str, int], api: ApiClient, providers: Providers, settings: Any) -> None:
    """Adopted once, the row is found by today's id, whatever the settings and the address."""
    settings.ADOPT_LEGACY_UIDS = [GOOGLE]
    api.sign_up(providers.knows(GOOGLE, "t", **google(id_of(1), "ripley@example.com")))
    settings.ADOPT_LEGACY_UIDS = []
    body = api.sign_up(providers.knows(GOOGLE, "t", **google(id_of(1), "newborn@example.com"))).json()
    assert (body["id"], body["outcome"]) == (users["ripley"], "signed_in")
    somebody = api.sign_up(providers.knows(GOOGLE, "t", **google(id_of(97), "ripley@example.com"))).json()
    assert somebody["outcome"] == "created"


@pytest.mark.threat(6, 7)
@pytest.mark.usefixtures("_enabled", "_keys")
@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_address_that_nobody_has_verified(
    verified: Any, users: dict[str, int], api: ApiClient, providers: Providers, settings: Any
) -> None:
    """Somebody else's Google account with the address of an old row gets in by no way."""
    settings.ADOPT_LEGACY_UIDS = [GOOGLE]
    answer = {**google(id_of(98), "ripley@example.com"), "email_verified": verified}
    before = all_rows()
    for fields in (providers.knows(GOOGLE, "t", **answer), id_token(GOOGLE, answer)):
        with undone():
            assert_error(api.sign_up(fields), "sign_up_not_allowed")
            assert all_rows() == before


@pytest.mark.threat(7)
@pytest.mark.usefixtures("_enabled")
def test_linking_what_is_another_users(
    users: dict[str, int], api: ApiClient, providers: Providers, settings: Any
) -> None:
    """An old row is its owner's, whoever asks, adopted or not."""
    settings.ADOPT_LEGACY_UIDS = [GOOGLE]
    token = api.sign_up(providers.knows("facebook", "f", id="500040011", name="Carter Burke")).json()["token"]
    before = all_rows()
    for number, email in ((1, "ripley@example.com"), (8, "hicks@example.com")):
        fields = providers.knows(GOOGLE, "t", **google(id_of(number), email))
        with undone():
            assert_error(api.sign_up(fields, token=token), "account_in_use")
    assert all_rows()["social_django.UserSocialAuth"] == before["social_django.UserSocialAuth"]


@pytest.mark.usefixtures("_enabled")
def test_an_association_whose_user_is_gone(users: dict[str, int], api: ApiClient, providers: Providers) -> None:
    """It is in the way, so it is a conflict: nobody's account is found, and nothing breaks."""
    # Undone before either database looks at the foreign key.
    UserSocialAuth.objects.create(user_id=10**6, provider="github", uid="4711", id_key="id")
    before = all_rows()
    with undone():
        assert_error(api.sign_up(providers.knows("github", "t", id=4711, login="x", name="X")), "account_conflict")
        assert all_rows() == before
