"""A stolen access token, and signing out everywhere, over real sockets."""

from collections.abc import Iterator

import pytest

from tests import SECRET_KEY
from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ONE_DATABASE, ROOMY
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service, run_to_end, running_service

pytestmark = [pytest.mark.e2e, ONE_DATABASE, pytest.mark.threat(43)]

TOKENS_PER_USER = 4
REFUSED = (403, "recent_sign_in_required")
UNUSABLE = (401, "invalid_credentials")


@pytest.fixture(scope="module")
def service(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with `RECENT_SIGN_IN` and a small number of tokens per user."""
    more = {"RECENT_SIGN_IN": "300", "TOKENS_PER_USER": str(TOKENS_PER_USER)}
    with running_service(sandbox, database_url=database.url, **ROOMY, **more) as service:
        yield service


@pytest.fixture(autouse=True)
def empty_database(service: Service, database: Database) -> None:
    """Begin each test with an empty database."""
    database.clear()


def let_proofs_age(database: Database) -> None:
    """Make all proofs of identities older than `RECENT_SIGN_IN`."""
    database.execute("UPDATE social_accesstoken SET created = '2020-01-01 00:00:00+00:00', proved_at = NULL")


def accounts(api: Api) -> dict[str, int]:
    """Return the ids of the caller's linked identities by provider."""
    return {one["provider"]: one["id"] for one in api.get("social_account/").json()["objects"]}


def save_user(database: Database, username: str, *, active: bool) -> None:
    """Activate or deactivate a user, as a project's own code does."""
    code = (
        "from django.contrib.auth.models import User; "
        f"user = User.objects.get(username={username!r}); user.is_active = {active}; user.save()"
    )
    environment = {
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    ended = run_to_end("django", environment, "shell", "--command", code)
    assert ended.returncode == 0, ended.stderr


def test_a_thief_cannot_take_the_account_over(api: Api, sandbox: Sandbox, database: Database) -> None:
    """A stolen token links and removes no identity; its owner proves an identity again, and then may do both."""
    owner = api.as_user(api.sign_up(sandbox.token("facebook", "ripley")).json()["token"])
    assert owner.sign_up(sandbox.token("github", "ripley")).json()["outcome"] == "linked"
    before = accounts(owner)
    let_proofs_age(database)

    thief = api.as_user(owner.token)
    rows = database.counts()
    assert code_of(thief.sign_up(sandbox.token("facebook", "dallas"))) == REFUSED
    assert code_of(thief.sign_up(sandbox.id_token("google-oauth2", "dallas"))) == REFUSED
    for account in before.values():
        assert code_of(thief.delete(f"social_account/{account}/")) == REFUSED
    assert code_of(thief.delete("token/")) == REFUSED
    assert database.counts() == rows
    assert thief.get("user/").status_code == 200
    theirs = api.sign_up(sandbox.token("facebook", "dallas")).json()
    assert theirs["outcome"] == "created"
    assert code_of(thief.sign_up(sandbox.token("facebook", "dallas"))) == (400, "account_in_use")
    assert accounts(owner) == before

    proved = owner.sign_up(sandbox.token("github", "ripley"))
    assert (proved.status_code, proved.json()["outcome"], proved.json()["token"]) == (201, "signed_in", None)
    assert owner.delete(f"social_account/{before['facebook']}/").status_code == 204
    assert owner.sign_up(sandbox.token("twitter", "ripley")).json()["outcome"] == "linked"


def test_the_owner_signs_the_thief_out(api: Api, sandbox: Sandbox, database: Database) -> None:
    """A new sign-in may sign out everywhere; then no token works, and the person is still the same user."""
    created = api.sign_up(sandbox.token("facebook", "ripley")).json()
    stolen, other = created["token"], api.sign_up(sandbox.token("facebook", "ripley")).json()["token"]
    let_proofs_age(database)
    new = api.sign_up(sandbox.token("facebook", "ripley")).json()["token"]
    answer = api.as_user(new).delete("token/")
    assert (answer.status_code, answer.content) == (204, b"")
    for token in (stolen, other, new):
        assert code_of(api.as_user(token).get("user/")) == UNUSABLE
        assert code_of(api.as_user(token).sign_up(sandbox.token("github", "ripley"))) == UNUSABLE
    again = api.sign_up(sandbox.token("facebook", "ripley")).json()
    assert (again["id"], again["outcome"]) == (created["id"], "signed_in")


def test_no_token_survives_deactivation(apis: list[Api], sandbox: Sandbox, database: Database) -> None:
    """On each version, a token that was issued before a user was deactivated stays unusable when the user is active."""
    created = [api.sign_up(sandbox.token("facebook", "ripley")).json() for api in apis]
    neighbour = apis[0].sign_up(sandbox.token("facebook", "dallas")).json()["token"]
    tokens = [(api, one["token"]) for api in apis for one in created]
    for active in (False, True):
        save_user(database, created[0]["username"], active=active)
        for api, token in tokens:
            assert code_of(api.as_user(token).get("user/")) == UNUSABLE
    for api in apis:
        assert api.as_user(neighbour).get("user/").status_code == 200
        assert api.sign_up(sandbox.token("facebook", "ripley")).json()["id"] == created[0]["id"]


def test_a_replayed_id_token_evicts_no_other_token(api: Api, sandbox: Sandbox) -> None:
    """An id_token that is presented more often than `TOKENS_PER_USER` evicts only the tokens that it was used for."""
    kept = [api.sign_up(sandbox.token("google-oauth2", "ripley")).json()["token"] for _ in range(TOKENS_PER_USER - 1)]
    stolen = sandbox.id_token("google-oauth2", "ripley")
    issued = [api.sign_up(stolen).json()["token"] for _ in range(TOKENS_PER_USER + 1)]
    # The id_token alone decides who the person is, whatever else is sent.
    issued += [api.sign_up({**stolen, "access_token": text}).json()["token"] for text in ("one", "two")]
    assert [api.as_user(token).get("user/").status_code for token in kept] == [200] * len(kept)
    statuses = [api.as_user(token).get("user/").status_code for token in issued]
    assert statuses == [401] * (len(issued) - 1) + [200]
