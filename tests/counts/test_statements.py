"""What each call costs the database, in statements, those that begin and end a transaction included."""

import re
from functools import partial

import pytest
import requests
from django.conf import settings

from tests.counts.conftest import PROVIDERS, TOKENS_PER_USER, Place
from tests.e2e.client import Api
from tests.e2e.databases import Database

pytestmark = pytest.mark.e2e

SIGN_IN = ["BEGIN", "SELECT", "INSERT", "COMMIT"]
BY_ID_TOKEN = ("facebook", "google-oauth2", "apple-id", "oidc")
WITHOUT_COUNTING = TOKENS_PER_USER - 32
"""As many rows of tokens may a user have for one more to be no question."""


def sign_up_of(database: Database) -> list[str]:
    """Give the statements of a new person's; on PostgreSQL a name is locked before it is looked for."""
    name = ["SELECT", "SELECT"] if database.vendor == "postgres" else ["SELECT"]
    return ["BEGIN", "SELECT", *name, "INSERT", "INSERT", "INSERT", "COMMIT"]


def give_tokens(place: Place, user: int, *, until: int, imported: bool = False) -> None:
    """Let a user have so many tokens in all."""
    database = place.database.database
    ((there,),) = database.rows(f"SELECT count(*) FROM social_accesstoken WHERE user_id = {user}")  # noqa: S608
    expiry = "NULL" if imported else "'2100-01-01'"
    database.execute(
        f"WITH RECURSIVE n(i) AS (SELECT {there} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {until}) "  # noqa: S608
        "INSERT INTO social_accesstoken (user_id, digest, created, last_used, expires_at, imported) "
        f"SELECT {user}, 'of-{user}-' || i, '2020-01-01', '2020-01-01', {expiry}, {str(imported).lower()} FROM n"
    )


def add_crowd(database: Database, *, begin: int, count: int) -> None:
    """Add people with an association each."""
    false, true = ("false", "true") if database.vendor == "postgres" else ("0", "1")
    crowd = f"WITH RECURSIVE n(i) AS (SELECT {begin} UNION ALL SELECT i + 1 FROM n WHERE i < {begin + count - 1}) "  # noqa: S608
    database.execute(
        f"{crowd} INSERT INTO auth_user (id, username, email, password, first_name, last_name, "  # noqa: S608
        "is_superuser, is_staff, is_active, date_joined) "
        f"SELECT i, 'crowd-' || i, '', '!', '', '', {false}, {false}, {true}, '2020-01-01' FROM n"
    )
    database.execute(
        f"{crowd} INSERT INTO social_auth_usersocialauth (user_id, provider, id_key, uid, extra_data, created, "  # noqa: S608
        "modified) SELECT i, 'facebook', 'id', 'crowd-' || i, '{}', '2020-01-01', '2020-01-01' FROM n"
    )


def live_tokens(place: Place, user: int) -> int:
    """Say how many tokens of a user there are that have not ended."""
    ((found,),) = place.database.database.rows(
        f"SELECT count(*) FROM social_accesstoken WHERE user_id = {user} "  # noqa: S608
        "AND (expires_at IS NULL OR NOT imported)"  # an imported key that has ended keeps its row
    )
    return int(found)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_sign_up_and_a_returning_sign_in(api: Api, place: Place, guest: str, provider: str) -> None:
    """Eight statements on PostgreSQL and seven on SQLite for a new person, four for a known one, at every provider."""
    fields = place.sandbox.token(provider, guest)
    place.reset()
    assert api.sign_up(fields).json()["outcome"] == "created"
    assert place.database.kinds == sign_up_of(place.database.database)
    assert len(place.database.kinds) <= 9, "the goal"

    # The same token again, and another one: what is kept of the profile has not changed.
    for again in (fields, place.sandbox.token(provider, guest)):
        place.reset()
        assert api.sign_up(again).json()["outcome"] == "signed_in"
        assert place.database.kinds == SIGN_IN


@pytest.mark.parametrize("provider", BY_ID_TOKEN)
def test_a_returning_sign_in_by_id_token(api: Api, place: Place, guest: str, provider: str) -> None:
    """Four statements, whichever token the person came with the first time."""
    api.sign_up(place.sandbox.token(provider, guest))
    fields = place.sandbox.id_token(provider, guest)
    place.reset()
    assert api.sign_up(fields).json()["outcome"] == "signed_in"
    assert place.database.kinds == SIGN_IN


def test_a_name_that_is_taken_costs_nothing_more(api: Api, place: Place, guest: str) -> None:
    """The next best name is looked for with it: a namesake's sign-up is like any other."""
    api.sign_up(place.sandbox.token("github", guest))
    place.reset()
    assert api.sign_up(place.sandbox.token("twitter", guest)).json()["outcome"] == "created"
    assert place.database.kinds == sign_up_of(place.database.database)


def test_linking(api: Api, place: Place, guest: str) -> None:
    """Who is asking, then in one transaction the caller as it is now, the look-up and the association; no token."""
    mine = api.as_user(api.sign_up(place.sandbox.token("github", guest)).json()["token"])
    link = partial(mine.sign_up, place.sandbox.token("facebook", guest))
    place.reset()
    assert link().json()["outcome"] == "linked"
    assert place.database.kinds == ["SELECT", "BEGIN", "SELECT", "SELECT", "INSERT", "COMMIT"]
    place.reset()
    assert link().json()["outcome"] == "signed_in"
    assert place.database.kinds == ["SELECT", "BEGIN", "SELECT", "SELECT", "COMMIT"]


def test_linking_what_is_somebody_elses(api: Api, place: Place, guest: str) -> None:
    """Refused after one look, and run once."""
    theirs = place.sandbox.token("facebook", guest)
    api.sign_up(theirs)
    mine = api.as_user(api.sign_up(place.sandbox.token("github", guest)).json()["token"])
    place.reset()
    assert mine.sign_up(theirs).json()["code"] == "account_in_use"
    assert place.database.kinds == ["SELECT", "BEGIN", "SELECT", "SELECT", "ROLLBACK"]


def test_reads(api: Api, place: Place, guest: str) -> None:
    """Oneself costs the look-up of the token; a list counts and reads; what is public, or refused by form, nothing."""
    mine = api.as_user(api.sign_up(place.sandbox.token("github", guest)).json()["token"])
    paths = {"user/": 1, "token/current/": 1, "social_account/": 3, "token/": 3, "provider/": 1, "": 1}
    costs = {}
    for path in paths:
        place.reset()
        assert mine.get(path).status_code == 200
        costs[path] = len(place.database.statements)
    assert costs == paths
    for path, token in {"provider/": None, "": None, "user/": None, "token/": "\x7f"}.items():
        place.reset()
        api.as_user(token).get(path)
        assert place.database.statements == []


def test_a_token_that_is_used_after_an_hour_costs_the_note_of_it(api: Api, place: Place, guest: str) -> None:
    """One statement more, once an hour."""
    created = api.sign_up(place.sandbox.token("github", guest)).json()
    place.database.database.execute(
        f"UPDATE social_accesstoken SET last_used = '2020-01-01' WHERE user_id = {created['id']}"  # noqa: S608
    )
    for expected in (["SELECT", "UPDATE"], ["SELECT"]):
        place.reset()
        assert api.as_user(created["token"]).get("user/").status_code == 200
        assert place.database.kinds == expected


@pytest.mark.parametrize("path", ["livez", "healthz"])
def test_health_costs_nothing(place: Place, path: str) -> None:
    """Asked every second by whoever looks after the process."""
    place.reset()
    assert requests.get(f"{place.service.url}/{path}", timeout=30).status_code == 200
    assert (place.database.log.statements, place.calls.count) == ([], 0)


def test_readiness_costs_two_looks(place: Place) -> None:
    """Whether the database answers and is migrated; there is no transaction."""
    requests.get(f"{place.service.url}/readyz", timeout=30)
    place.reset()
    assert requests.get(f"{place.service.url}/readyz", timeout=30).status_code == 200
    assert place.database.kinds == ["SELECT", "SELECT"]


def test_a_refused_sign_in_costs_nothing(api: Api, place: Place, guest: str) -> None:
    """What the contract or the provider refuses never reaches the database."""
    for fields in (
        {"provider": "github"},
        {"provider": "nowhere", "access_token": "x"},
        place.sandbox.token("facebook", "expired"),
        place.sandbox.token("google-oauth2", "foreign"),
    ):
        place.reset()
        assert api.sign_up(fields).status_code == 400
        assert place.database.statements == []


def test_neither_accounts_nor_tokens_nor_other_people_make_it_dearer(api: Api, place: Place, guest: str) -> None:
    """A user with three accounts and fifteen tokens, among a thousand others: four statements, and one to read."""
    created = api.sign_up(place.sandbox.token("facebook", guest)).json()
    for provider in ("github", "twitter"):
        api.as_user(created["token"]).sign_up(place.sandbox.token(provider, guest))
    give_tokens(place, created["id"], until=15)
    add_crowd(place.database.database, begin=created["id"] * 10_000, count=1000)
    for provider in ("facebook", "github", "twitter"):
        fields = place.sandbox.token(provider, guest)
        place.reset()
        answer = api.sign_up(fields).json()
        assert (answer["outcome"], answer["id"]) == ("signed_in", created["id"])
        assert place.database.kinds == SIGN_IN
    place.reset()
    assert api.as_user(created["token"]).get("user/").status_code == 200
    assert place.database.kinds == ["SELECT"]
    # A new person's look-ups are as few among many.
    place.reset()
    api.sign_up(place.sandbox.token("facebook", guest.replace("guest-1", "guest-2")))
    assert place.database.kinds == sign_up_of(place.database.database)


@pytest.mark.parametrize(
    ("tokens", "imported", "expected"),
    [
        (WITHOUT_COUNTING - 1, False, SIGN_IN),
        (WITHOUT_COUNTING, False, ["BEGIN", "SELECT", "INSERT", "SELECT", "COMMIT"]),
        (TOKENS_PER_USER - 1, False, ["BEGIN", "SELECT", "INSERT", "SELECT", "COMMIT"]),
        (TOKENS_PER_USER, False, ["BEGIN", "SELECT", "INSERT", "SELECT", "DELETE", "COMMIT"]),
        (TOKENS_PER_USER + 40, False, ["BEGIN", "SELECT", "INSERT", "SELECT", "DELETE", "COMMIT"]),
        (TOKENS_PER_USER, True, ["BEGIN", "SELECT", "INSERT", "SELECT", "UPDATE", "DELETE", "COMMIT"]),
    ],
)
def test_a_user_with_many_tokens(
    api: Api, place: Place, guest: str, tokens: int, imported: bool, expected: list[str]
) -> None:
    """Four until 32 are left to the limit, five from there, six at it; seven where it ends an imported key."""
    created = api.sign_up(place.sandbox.token("facebook", guest)).json()
    give_tokens(place, created["id"], until=tokens, imported=imported)
    place.reset()
    assert api.sign_up(place.sandbox.token("facebook", guest)).json()["id"] == created["id"]
    assert place.database.kinds == expected
    assert live_tokens(place, created["id"]) == min(tokens + 1, TOKENS_PER_USER)


def test_both_apis_send_the_same(place: Place, guest: str) -> None:
    """Statement for statement, a sign-in and a read of either version are the database's same work."""
    sent = []
    for prefix in settings.APIS.values():
        api = Api(place.service.url, prefix)
        token = api.sign_up(place.sandbox.token("facebook", guest)).json()["token"]
        place.reset()
        api.sign_up(place.sandbox.token("facebook", guest))
        api.as_user(token).get("user/")
        sent.append([re.sub("'[^']*'|[0-9]+", "?", statement) for statement in place.database.statements])
    assert len(sent[0]) == len(SIGN_IN) + 1
    assert all(statements == sent[0] for statements in sent)
