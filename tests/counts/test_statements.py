"""The statements of each call, including those that begin and end a transaction."""

import re
import time
from functools import partial

import pytest
import requests
from django.conf import settings

from social.tokens import CONCURRENT_SIGN_INS
from tests.counts.conftest import PROVIDERS, TOKENS_PER_USER, Counts
from tests.e2e.client import Api
from tests.e2e.databases import Database

pytestmark = pytest.mark.e2e

SIGN_IN = ["BEGIN", "SELECT", "INSERT", "COMMIT"]
BY_ID_TOKEN = ("facebook", "google-oauth2", "apple-id", "oidc")
FEW_TOKENS = TOKENS_PER_USER - CONCURRENT_SIGN_INS
"""Below this number of tokens, a sign-in does not count them."""


def sign_up_of(database: Database) -> list[str]:
    """Return the statements of a new person's sign-up; on PostgreSQL names are locked before they are checked."""
    name = ["SELECT", "SELECT"] if database.vendor == "postgres" else ["SELECT"]
    return ["BEGIN", "SELECT", *name, "INSERT", "INSERT", "INSERT", "COMMIT"]


def give_tokens(counts: Counts, user: int, *, until: int, imported: bool = False) -> None:
    """Add tokens until a user has this number."""
    database = counts.database.database
    ((there,),) = database.rows(f"SELECT count(*) FROM social_accesstoken WHERE user_id = {user}")  # noqa: S608
    expiry = "NULL" if imported else "'2100-01-01'"
    database.execute(
        f"WITH RECURSIVE n(i) AS (SELECT {there} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {until}) "  # noqa: S608
        "INSERT INTO social_accesstoken (user_id, digest, created, last_used, expires_at, imported) "
        f"SELECT {user}, 'of-{user}-' || i, '2020-01-01', '2020-01-01', {expiry}, {str(imported).lower()} FROM n"
    )


def add_crowd(database: Database, *, begin: int, count: int) -> None:
    """Add users with an association each."""
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


def live_tokens(counts: Counts, user: int) -> int:
    """Return the number of a user's tokens that are not revoked."""
    ((found,),) = counts.database.database.rows(
        f"SELECT count(*) FROM social_accesstoken WHERE user_id = {user} "  # noqa: S608
        "AND (expires_at IS NULL OR NOT imported)"  # a revoked imported key keeps its row
    )
    return int(found)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_sign_up_and_returning_sign_in(one_api: Api, counts: Counts, persona: str, provider: str) -> None:
    """A new person costs eight statements on PostgreSQL and seven on SQLite, a known one four, at every provider."""
    fields = counts.sandbox.token(provider, persona)
    counts.reset()
    assert one_api.sign_up(fields).json()["outcome"] == "created"
    assert counts.database.kinds == sign_up_of(counts.database.database)
    assert len(counts.database.kinds) <= 9, "the goal"

    # With the same token, and with a new one: the stored profile does not change.
    for again in (fields, counts.sandbox.token(provider, persona)):
        counts.reset()
        assert one_api.sign_up(again).json()["outcome"] == "signed_in"
        assert counts.database.kinds == SIGN_IN


@pytest.mark.parametrize("provider", BY_ID_TOKEN)
def test_returning_sign_in_by_id_token(one_api: Api, counts: Counts, persona: str, provider: str) -> None:
    """A returning sign-in by id_token costs four statements, also after a sign-up by access token."""
    one_api.sign_up(counts.sandbox.token(provider, persona))
    fields = counts.sandbox.id_token(provider, persona)
    counts.reset()
    assert one_api.sign_up(fields).json()["outcome"] == "signed_in"
    assert counts.database.kinds == SIGN_IN


@pytest.mark.parametrize("provider", PROVIDERS)
def test_sign_up_and_returning_sign_in_by_code(one_api: Api, counts: Counts, persona: str, provider: str) -> None:
    """A sign-up and a sign-in by code cost the same statements as by token."""
    for outcome, expected in (("created", sign_up_of(counts.database.database)), ("signed_in", SIGN_IN)):
        fields = counts.sandbox.code(provider, persona)
        counts.reset()
        assert one_api.sign_up(fields).json()["outcome"] == outcome
        assert counts.database.kinds == expected


def test_taken_name(api: Api, counts: Counts, persona: str) -> None:
    """A taken name costs no more statements, because the next candidate is checked in the same query."""
    api.sign_up(counts.sandbox.token("github", persona))
    counts.reset()
    assert api.sign_up(counts.sandbox.token("twitter", persona)).json()["outcome"] == "created"
    assert counts.database.kinds == sign_up_of(counts.database.database)


def test_linking(api: Api, counts: Counts, persona: str) -> None:
    """Linking looks up the token, reads the caller, looks up and inserts the association, and locks the token.

    For an identity of the caller, it updates the token instead.
    """
    mine = api.as_user(api.sign_up(counts.sandbox.token("github", persona)).json()["token"])
    link = partial(mine.sign_up, counts.sandbox.token("facebook", persona))
    counts.reset()
    assert link().json()["outcome"] == "linked"
    assert counts.database.kinds == ["SELECT", "BEGIN", "SELECT", "SELECT", "INSERT", "SELECT", "COMMIT"]
    counts.reset()
    assert link().json()["outcome"] == "signed_in"
    assert counts.database.kinds == ["SELECT", "BEGIN", "SELECT", "SELECT", "UPDATE", "COMMIT"]


def test_signing_out_everywhere(api: Api, counts: Counts, persona: str) -> None:
    """Five statements, however many tokens the user has."""
    created = api.sign_up(counts.sandbox.token("github", persona)).json()
    give_tokens(counts, created["id"], until=20)
    counts.reset()
    assert api.as_user(created["token"]).delete("token/").status_code == 204
    assert counts.database.kinds == ["SELECT", "BEGIN", "UPDATE", "DELETE", "COMMIT"]


def test_linking_another_users_identity(api: Api, counts: Counts, persona: str) -> None:
    """Linking another user's identity is refused after one lookup, and not run again."""
    theirs = counts.sandbox.token("facebook", persona)
    api.sign_up(theirs)
    mine = api.as_user(api.sign_up(counts.sandbox.token("github", persona)).json()["token"])
    counts.reset()
    assert mine.sign_up(theirs).json()["code"] == "account_in_use"
    assert counts.database.kinds == ["SELECT", "BEGIN", "SELECT", "SELECT", "ROLLBACK"]


def test_reads(api: Api, counts: Counts, persona: str) -> None:
    """A user costs the lookup of the token, a list two more; public and malformed calls cost nothing."""
    mine = api.as_user(api.sign_up(counts.sandbox.token("github", persona)).json()["token"])
    paths = {"user/": 1, "token/current/": 1, "social_account/": 3, "token/": 3, "provider/": 1, "": 1}
    costs = {}
    for path in paths:
        counts.reset()
        assert mine.get(path).status_code == 200
        costs[path] = len(counts.database.statements)
    assert costs == paths
    for path, token in {"provider/": None, "": None, "user/": None, "token/": "\x7f"}.items():
        counts.reset()
        api.as_user(token).get(path)
        assert counts.database.statements == []


def test_last_use_is_written_once_an_hour(api: Api, counts: Counts, persona: str) -> None:
    """The first use of a token after an hour costs one more statement."""
    created = api.sign_up(counts.sandbox.token("github", persona)).json()
    counts.database.database.execute(
        f"UPDATE social_accesstoken SET last_used = '2020-01-01' WHERE user_id = {created['id']}"  # noqa: S608
    )
    for expected in (["SELECT", "UPDATE"], ["SELECT"]):
        counts.reset()
        assert api.as_user(created["token"]).get("user/").status_code == 200
        assert counts.database.kinds == expected


@pytest.mark.parametrize("path", ["livez", "healthz"])
def test_health_sends_no_statements(counts: Counts, path: str) -> None:
    """The health checks send no statement and make no provider call."""
    counts.reset()
    assert requests.get(f"{counts.service.url}/{path}", timeout=30).status_code == 200
    assert (counts.database.log.statements, counts.calls.count) == ([], 0)


def test_readiness_sends_two_statements(counts: Counts) -> None:
    """Readiness checks the database and its migrations, without a transaction."""
    requests.get(f"{counts.service.url}/readyz", timeout=30)
    counts.reset()
    # The result of a check is used for a second.
    until = time.monotonic() + 30
    while not counts.database.kinds:
        assert requests.get(f"{counts.service.url}/readyz", timeout=30).status_code == 200
        assert time.monotonic() < until
    assert counts.database.kinds == ["SELECT", "SELECT"]


def test_refused_sign_in_sends_no_statements(api: Api, counts: Counts, persona: str) -> None:
    """A sign-in that the contract or the provider refuses sends no statement."""
    for fields in (
        {"provider": "github"},
        {"provider": "nowhere", "access_token": "x"},
        counts.sandbox.token("facebook", "expired"),
        counts.sandbox.token("google-oauth2", "foreign"),
        {**counts.sandbox.code("github", persona), "redirect_uri": "https://evil.example.com/"},
        counts.sandbox.code("github", "used-code"),
        counts.sandbox.code("google-oauth2", "foreign"),
    ):
        counts.reset()
        assert api.sign_up(fields).status_code == 400
        assert counts.database.statements == []


def test_number_of_rows_has_no_effect(api: Api, counts: Counts, persona: str) -> None:
    """A user with three accounts and fifteen tokens among a thousand users sends four statements, one to read."""
    created = api.sign_up(counts.sandbox.token("facebook", persona)).json()
    for provider in ("github", "twitter"):
        api.as_user(created["token"]).sign_up(counts.sandbox.token(provider, persona))
    give_tokens(counts, created["id"], until=15)
    add_crowd(counts.database.database, begin=created["id"] * 10_000, count=1000)
    for provider in ("facebook", "github", "twitter"):
        fields = counts.sandbox.token(provider, persona)
        counts.reset()
        answer = api.sign_up(fields).json()
        assert (answer["outcome"], answer["id"]) == ("signed_in", created["id"])
        assert counts.database.kinds == SIGN_IN
    counts.reset()
    assert api.as_user(created["token"]).get("user/").status_code == 200
    assert counts.database.kinds == ["SELECT"]
    # A sign-up costs no more either.
    counts.reset()
    api.sign_up(counts.sandbox.token("facebook", persona.replace("guest-1", "guest-2")))
    assert counts.database.kinds == sign_up_of(counts.database.database)


@pytest.mark.parametrize(
    ("tokens", "imported", "expected"),
    [
        (FEW_TOKENS - 1, False, SIGN_IN),
        (FEW_TOKENS, False, ["BEGIN", "SELECT", "INSERT", "SELECT", "COMMIT"]),
        (TOKENS_PER_USER - 1, False, ["BEGIN", "SELECT", "INSERT", "SELECT", "COMMIT"]),
        (TOKENS_PER_USER, False, ["BEGIN", "SELECT", "INSERT", "SELECT", "DELETE", "COMMIT"]),
        (TOKENS_PER_USER + 40, False, ["BEGIN", "SELECT", "INSERT", "SELECT", "DELETE", "COMMIT"]),
        (TOKENS_PER_USER, True, ["BEGIN", "SELECT", "INSERT", "SELECT", "UPDATE", "DELETE", "COMMIT"]),
    ],
)
def test_a_user_with_many_tokens(
    api: Api, counts: Counts, persona: str, tokens: int, imported: bool, expected: list[str]
) -> None:
    """Four statements up to 32 below the limit, five from there, six at it, seven if an imported key is revoked."""
    created = api.sign_up(counts.sandbox.token("facebook", persona)).json()
    give_tokens(counts, created["id"], until=tokens, imported=imported)
    counts.reset()
    assert api.sign_up(counts.sandbox.token("facebook", persona)).json()["id"] == created["id"]
    assert counts.database.kinds == expected
    assert live_tokens(counts, created["id"]) == min(tokens + 1, TOKENS_PER_USER)


def test_versions_send_the_same_statements(counts: Counts, persona: str) -> None:
    """A sign-in and a read send the same statements on each version."""
    sent = []
    for prefix in settings.APIS.values():
        api = Api(counts.service.url, prefix)
        token = api.sign_up(counts.sandbox.token("facebook", persona)).json()["token"]
        counts.reset()
        api.sign_up(counts.sandbox.token("facebook", persona))
        api.as_user(token).get("user/")
        sent.append([re.sub("'[^']*'|[0-9]+", "?", statement) for statement in counts.database.statements])
    assert len(sent[0]) == len(SIGN_IN) + 1
    assert all(statements == sent[0] for statements in sent)
