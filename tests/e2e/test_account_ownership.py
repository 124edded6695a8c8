"""Request data, addresses and cookies never decide whose account it is; over sockets."""

import pytest

from tests.contract import test_keycloak
from tests.e2e.client import Api
from tests.e2e.conftest import ONE_DATABASE, ROOMY
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, running_service

pytestmark = [pytest.mark.e2e, ONE_DATABASE]

USER_FIELDS = ("username", "email", "first_name", "last_name", "is_staff", "is_superuser", "is_active")
ASSOCIATION_FIELDS = ("provider", "uid", "extra_data")
IGNORED = {
    "is_staff": True,
    "is_superuser": True,
    "is_active": False,
    "username": "root",
    "email": "boss@example.com",
    "uid": "1",
    "id": 1,
    "user": 1,
    "user_id": 1,
    "details": {"username": "root", "email": "boss@example.com"},
    "response": {"id": "1"},
    "granted_scopes": "everything",
    "oauth_verifier": "x",
    "code": "",
    "state": "x",
    "backend": "twitter",
    "pipeline_index": 3,
}
"""Names that social-core's backends and pipeline read, which are not fields of the contract."""


@pytest.fixture(autouse=True)
def empty_database(api: Api, database: Database) -> None:
    """Begin each test with an empty database."""
    database.clear()


def users_and_associations(database: Database) -> list[tuple[object, ...]]:
    """Return the users and associations, without ids and times."""
    users = database.rows(f"SELECT {', '.join(USER_FIELDS)} FROM auth_user ORDER BY username")  # noqa: S608 - our names
    associations = database.rows(
        f"SELECT {', '.join(ASSOCIATION_FIELDS)} FROM social_auth_usersocialauth ORDER BY provider, uid"  # noqa: S608 - our names
    )
    return [*users, *associations]


@pytest.mark.threat(6)
def test_no_user_is_found_by_an_address(api: Api, sandbox: Sandbox, database: Database) -> None:
    """A sign-up with the address of a superuser creates a new user without rights."""
    database.execute(
        "INSERT INTO auth_user (username, email, password, first_name, last_name, is_staff, is_superuser, is_active, "
        "date_joined) VALUES ('boss', 'ripley@example.com', '!', '', '', true, true, true, '2020-01-01T00:00:00Z')"
    )
    (boss,) = database.rows("SELECT * FROM auth_user")
    tokens = [sandbox.token(provider, "ripley") for provider in ("facebook", "google-oauth2", "github", "instagram")]
    bodies = [api.sign_up(token).json() for token in [*tokens, sandbox.id_token("google-oauth2", "ripley")]]
    assert [body["outcome"] for body in bodies] == ["created"] * 4 + ["signed_in"]
    assert boss[0] not in {body["id"] for body in bodies}
    assert database.rows("SELECT * FROM auth_user WHERE username = 'boss'") == [boss]
    assert database.rows("SELECT count(*) FROM auth_user WHERE is_staff OR is_superuser") == [(1,)]


@pytest.mark.threat(10)
@pytest.mark.parametrize("provider", ["facebook", "twitter", "google-oauth2"])
def test_other_request_data_has_no_effect(api: Api, sandbox: Sandbox, database: Database, provider: str) -> None:
    """Unknown fields, the query string and headers with another host change nothing."""
    assert api.sign_up(sandbox.token(provider, "ripley")).status_code == 201
    plain = users_and_associations(database)
    database.clear()
    query = {name: str(value) for name, value in IGNORED.items()}
    headers = {"X-Forwarded-Host": "evil.example.com", "Referer": "https://evil.example.com/?code=x"}
    answer = api.sign_up({**IGNORED, **sandbox.token(provider, "ripley")}, params=query, headers=headers)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created")
    assert users_and_associations(database) == plain


@pytest.mark.threat(11)
def test_cookies_do_not_authenticate(api: Api, sandbox: Sandbox, database: Database) -> None:
    """A cross-site request with cookies that contain a token signs up a new user, links nothing and reads nothing."""
    victim = api.sign_up(sandbox.token("facebook", "ripley"))
    assert "Set-Cookie" not in victim.headers
    held = victim.json()["token"]
    headers = {
        "Cookie": f"sessionid={held}; token={held}; csrftoken={held}",
        "Origin": "https://evil.example.com",
        "Content-Type": "application/json",
    }
    posted = api.sign_up(sandbox.token("facebook", "dallas"), headers=headers)
    assert posted.json()["outcome"] == "created"
    assert posted.json()["id"] != victim.json()["id"]
    assert "Set-Cookie" not in posted.headers
    assert api.get("user/", headers=headers).status_code == 401


@pytest.mark.threat(12)
def test_two_accounts_of_one_provider(apis: list[Api], sandbox: Sandbox, database: Database) -> None:
    """Both sign in to the same user on each version."""
    first = apis[0].sign_up(sandbox.token("facebook", "ripley")).json()
    for api in apis:
        linked = api.as_user(first["token"]).sign_up(sandbox.token("facebook", "dallas"))
        assert (linked.status_code, linked.json()["id"]) == (201, first["id"])
    for api in apis:
        for persona in ("ripley", "dallas"):
            body = api.sign_up(sandbox.token("facebook", persona)).json()
            assert (body["id"], body["outcome"]) == (first["id"], "signed_in")
    assert database.rows("SELECT count(*) FROM auth_user") == [(1,)]


@pytest.mark.threat(13)
def test_a_known_users_fields_stay_unchanged(api: Api, sandbox: Sandbox, database: Database) -> None:
    """Neither a sign-in nor a link writes the provider's names or address."""
    token = api.sign_up(sandbox.token("facebook", "ripley")).json()["token"]
    database.execute("UPDATE auth_user SET username = 'mine', email = '', first_name = 'My', last_name = 'Own'")
    before = database.rows(f"SELECT {', '.join(USER_FIELDS)} FROM auth_user")  # noqa: S608 - our names
    answers = [
        api.sign_up(sandbox.token("facebook", "ripley")),
        api.as_user(token).sign_up(sandbox.token("github", "zoe")),
        api.as_user(token).sign_up(sandbox.id_token("google-oauth2", "zoe")),
        api.sign_up(sandbox.token("github", "zoe")),
    ]
    assert [answer.json()["outcome"] for answer in answers] == ["signed_in", "linked", "linked", "signed_in"]
    assert {answer.json()["first_name"] for answer in answers} == {"My"}
    assert database.rows(f"SELECT {', '.join(USER_FIELDS)} FROM auth_user") == before  # noqa: S608 - our names


@pytest.mark.threat(66)
def test_an_invisible_character_takes_no_account_over(api: Api, database: Database) -> None:
    """A name in the realm that is an old uid with an invisible character is a new user's."""
    database.execute(
        "INSERT INTO auth_user (id, username, email, password, first_name, last_name, is_staff, is_superuser, "
        "is_active, date_joined) VALUES (77, 'alice', '', '!', '', '', true, true, true, '2020-01-01T00:00:00Z')"
    )
    database.execute(
        "INSERT INTO social_auth_usersocialauth (provider, uid, id_key, extra_data, user_id, created, modified) "
        "VALUES ('keycloak', 'alice', 'username', '{}', 77, '2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z')"
    )
    realm = {"SOCIAL_PROVIDERS": "keycloak", "ADOPT_LEGACY_UIDS": "keycloak", **test_keycloak.settings()}
    with running_service(None, database_url=database.url, **ROOMY, **realm) as service:
        token = test_keycloak.token(preferred_username="ali\u200ece")
        body = Api(service.url, api.prefix).sign_up({"provider": "keycloak", "access_token": token}).json()
    assert (body["outcome"], body["id"] == 77) == ("created", False)
    assert database.rows("SELECT uid FROM social_auth_usersocialauth WHERE user_id = 77") == [("alice",)]
