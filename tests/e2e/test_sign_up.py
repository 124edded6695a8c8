"""Sign-up, sign-in, linking and disconnecting over real sockets, on one version and across both."""

import re
from itertools import product

import pytest
import requests
from django.conf import settings

from tests.e2e.client import Api, code_of
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service

pytestmark = pytest.mark.e2e

PROVIDERS = ("facebook", "google-oauth2", "github", "twitter", "instagram")
VARYING = (
    (re.compile(rb'"token":"[^"]+"'), b'"token":"..."'),
    (re.compile(rb'"(token_expires_at|created|last_used|expires_at)":"[^"]+"'), rb'"\1":"..."'),
)
VARYING_HEADERS = {"Date", "X-Request-ID"}


@pytest.fixture(autouse=True)
def empty_database(service: Service, database: Database) -> None:
    """Begin each test with an empty database."""
    database.clear()


@pytest.fixture(params=list(product(settings.APIS, repeat=2)), ids="-then-".join)
def pair(request: pytest.FixtureRequest, service: Service) -> tuple[Api, Api]:
    """Two APIs in either order, and each one twice."""
    first, second = (Api(service.url, settings.APIS[app]) for app in request.param)
    return first, second


def without_allowed_differences(api: Api, response: requests.Response) -> tuple[int, bytes, dict[str, str]]:
    """Return status, body and headers without the differences that docs/contract.md, section 0, allows."""
    body = response.content.replace(api.root.encode(), b"/api/")
    for pattern, replacement in VARYING:
        body = pattern.sub(replacement, body)
    kept = {name: value for name, value in response.headers.items() if name not in VARYING_HEADERS}
    return response.status_code, body, {name: value.replace(api.root, "/api/") for name, value in kept.items()}


def test_sign_up_sign_in_and_link_across_versions(pair: tuple[Api, Api], sandbox: Sandbox, database: Database) -> None:
    """Sign-up on one version, sign-in on the other, and links of OAuth 2 and OAuth 1 accounts reach one user."""
    first, second = pair
    created = first.sign_up(sandbox.token("facebook", "zoe"))
    assert (created.status_code, created.json()["outcome"]) == (201, "created")
    assert created.json()["first_name"] == "Zoë"
    assert "Łukasiewicz-山田".encode() in created.content

    signed_in = second.sign_up(sandbox.token("facebook", "zoe"))
    assert (signed_in.status_code, signed_in.json()["outcome"]) == (201, "signed_in")
    assert signed_in.json()["id"] == created.json()["id"]
    assert signed_in.json()["token"] != created.json()["token"]

    linking = second.as_user(created.json()["token"])
    for provider in ("google-oauth2", "twitter"):
        linked = linking.sign_up(sandbox.token(provider, "zoe"))
        assert (linked.status_code, linked.json()["outcome"]) == (201, "linked")
        assert (linked.json()["token"], linked.json()["token_expires_at"]) == (None, None)
        again = first.sign_up(sandbox.token(provider, "zoe"))
        assert (again.status_code, again.json()["outcome"]) == (201, "signed_in")
        assert again.json()["id"] == created.json()["id"]

    repeated = linking.sign_up(sandbox.token("twitter", "zoe"))
    assert (repeated.status_code, repeated.json()["outcome"]) == (201, "signed_in")
    accounts = linking.get("social_account/").json()
    assert [account["provider"] for account in accounts["objects"]] == ["facebook", "google-oauth2", "twitter"]
    counts = database.counts()
    assert (counts["auth_user"], counts["social_auth_usersocialauth"]) == (1, 3)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_provider_signs_up_and_in(api: Api, sandbox: Sandbox, provider: str) -> None:
    """The first token creates a user, and the second one signs in."""
    outcomes = [api.sign_up(sandbox.token(provider, "dallas")).json() for _ in range(2)]
    assert [outcome["outcome"] for outcome in outcomes] == ["created", "signed_in"]
    assert outcomes[0]["id"] == outcomes[1]["id"]


def test_both_versions_send_the_same_bytes(apis: list[Api], sandbox: Sandbox) -> None:
    """Each answer is the same except for the allowed differences, and contains no token."""
    token = apis[0].sign_up(sandbox.token("github", "parker")).json()["token"]
    calls = [
        lambda api: api.sign_up(sandbox.token("github", "parker")),
        lambda api: api.as_user(token).sign_up(sandbox.token("github", "parker")),
        lambda api: api.sign_up(sandbox.token("github", "foreign")),
        lambda api: api.sign_up({"provider": "github"}),
        lambda api: api.as_user(token).get("user/"),
        lambda api: api.as_user(token).get("user/0/"),
        lambda api: api.as_user(token).get("social_account/"),
        lambda api: api.as_user("unknown").get("user/"),
        lambda api: api.get("user/"),
        lambda api: api.get("provider/"),
        lambda api: api.get(""),
        lambda api: api.get("nowhere/"),
        lambda api: api.call("OPTIONS", "user/"),
        lambda api: api.call("HEAD", "provider/"),
        lambda api: api.call("PUT", "user/"),
    ]
    for call in calls:
        answers = [without_allowed_differences(api, call(api)) for api in apis]
        assert all(answer == answers[0] for answer in answers)
        assert token.encode() not in answers[0][1]


def test_three_authorization_schemes(api: Api, sandbox: Sandbox) -> None:
    """`Bearer`, `Token` and `ApiKey` authenticate the same user on each version."""
    signed_up = api.sign_up(sandbox.token("facebook", "lambert")).json()
    forms = [
        f"Bearer {signed_up['token']}",
        f"Token {signed_up['token']}",
        f"ApiKey {signed_up['username']}:{signed_up['token']}",
    ]
    answers = [api.get("user/", headers={"Authorization": form}) for form in forms]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.content for answer in answers}) == 1
    wrong = api.get("user/", headers={"Authorization": f"ApiKey other:{signed_up['token']}"})
    assert code_of(wrong) == (401, "invalid_credentials")


@pytest.mark.threat(7)
def test_linking_another_users_identity_is_refused(pair: tuple[Api, Api], sandbox: Sandbox, database: Database) -> None:
    """The error contains nothing about the owner, and no association changes."""
    first, second = pair
    owner = first.sign_up(sandbox.token("facebook", "ripley")).json()
    other = second.sign_up(sandbox.token("facebook", "dallas")).json()
    before = database.rows("SELECT id, user_id, provider, uid FROM social_auth_usersocialauth ORDER BY id")

    refused = second.as_user(other["token"]).sign_up(sandbox.token("facebook", "ripley"))

    assert refused.status_code == 400
    assert refused.json() == {
        "errors": "That social media account is already in use",
        "code": "account_in_use",
    }
    assert database.rows("SELECT id, user_id, provider, uid FROM social_auth_usersocialauth ORDER BY id") == before
    assert first.sign_up(sandbox.token("facebook", "ripley")).json()["id"] == owner["id"]


@pytest.mark.threat(9)
def test_an_inactive_user_cannot_sign_in(api: Api, sandbox: Sandbox, database: Database) -> None:
    """No row is written, and an earlier token is refused."""
    token = api.sign_up(sandbox.token("github", "ash")).json()["token"]
    inactive = "false" if database.vendor == "postgres" else "0"
    database.execute(f"UPDATE auth_user SET is_active = {inactive}")  # noqa: S608 - one of two words
    before = database.counts()

    assert code_of(api.sign_up(sandbox.token("github", "ash"))) == (400, "account_inactive")
    assert code_of(api.as_user(token).get("user/")) == (401, "invalid_credentials")
    assert database.counts() == before


@pytest.mark.threat(14)
def test_unusual_profiles_sign_up(api: Api, sandbox: Sandbox) -> None:
    """A missing address, long names and control characters are cleaned or dropped."""
    for persona, provider in product(("no-email", "long-name", "nul-name", "odd-email"), PROVIDERS):
        if (persona, provider) == ("no-email", "google-oauth2"):  # which requires a verified address
            continue
        for outcome in ("created", "signed_in"):
            answer = api.sign_up(sandbox.token(provider, persona))
            assert answer.status_code == 201, (persona, provider, answer.text)
            body = answer.json()
            assert body["outcome"] == outcome
            assert re.fullmatch(r"[A-Za-z0-9._-]{1,30}", body["username"]), (persona, provider)
            assert max(len(body["first_name"]), len(body["last_name"])) <= 150
            assert not re.search("[\x00-\x1f\x7f-\x9f]", body["first_name"] + body["last_name"] + body["email"])


def test_disconnect(api: Api, sandbox: Sandbox) -> None:
    """One of two accounts is deleted and can sign up again, the last one stays, and tokens stay valid."""
    signed_up = api.sign_up(sandbox.token("facebook", "ripley")).json()
    mine = api.as_user(signed_up["token"])
    mine.sign_up(sandbox.token("github", "ripley"))
    one, two = (account["id"] for account in mine.get("social_account/").json()["objects"])

    gone = mine.delete(f"social_account/{one}/")
    assert (gone.status_code, gone.content) == (204, b"")
    assert code_of(mine.delete(f"social_account/{two}/")) == (409, "last_login_method")
    assert mine.get("user/").status_code == 200
    new = api.sign_up(sandbox.token("facebook", "ripley")).json()
    assert (new["outcome"], new["id"] == signed_up["id"]) == ("created", False)


@pytest.mark.threat(29)
def test_no_token_is_logged(service: Service, apis: list[Api], sandbox: Sandbox) -> None:
    """The log contains no provider token and no access token, and each request's line has its id and no query."""
    for api in apis:
        fields = sandbox.token("twitter", "lambert")
        answer = api.sign_up(fields)
        refused = api.get(f"user/?api_key={answer.json()['token']}")
        assert code_of(refused) == (401, "credentials_in_url")
        log = service.log()
        for secret in (fields["access_token"], fields["access_token_secret"], answer.json()["token"]):
            assert secret not in log
        for response in (answer, refused):
            line = next(line for line in log.splitlines() if response.headers["X-Request-ID"] in line)
            assert "?" not in line
