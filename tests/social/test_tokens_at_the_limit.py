"""The number of a user's tokens around TOKENS_PER_USER, after single and concurrent sign-ins."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import override_settings
from django.utils import timezone

from shared.contract.sign_up import Credential
from social import tokens
from social.models import AccessToken
from social.sign_up import sign_up
from social.tokens import live
from tests.legacy_rows.conftest import used
from tests.providers import Providers
from tests.social.conftest import Where
from tests.social.profiles import GITHUB as PERSON
from tests.social.profiles import PROFILES, signed_up

LIMITS = (1, 32, 33, 50)
pytestmark = pytest.mark.threat(31)


@pytest.fixture
def user(database: Where, providers: Providers) -> User:
    """Return a user who has signed up at GitHub and has no token."""
    signed_up(providers, "github")
    AccessToken.objects.all().delete()
    return User.objects.get()


def create_tokens(
    user: User, count: int, *, name: str = "given", live_for: timedelta | None = timedelta(days=1)
) -> None:
    """Create this many tokens with an old last use; imported ones never expire."""
    now = timezone.now()
    then = now - timedelta(days=30)
    AccessToken.objects.bulk_create(
        AccessToken(
            user=user,
            digest=f"{name}-{number}",
            created=then,
            last_used=then + timedelta(seconds=number),
            expires_at=None if live_for is None else now + live_for,
            imported=live_for is None,
        )
        for number in range(count)
    )


def live_digests(user: User) -> list[str]:
    """Return the digests of live tokens, the least recently used first."""
    rows = AccessToken.objects.filter(live(timezone.now()), user=user).order_by("last_used", "id")
    return list(rows.values_list("digest", flat=True))


@pytest.mark.parametrize("limit", LIMITS)
def test_the_newest_tokens_are_kept(user: User, providers: Providers, limit: int) -> None:
    """After each sign-in the newest tokens up to the limit are live."""
    with override_settings(TOKENS_PER_USER=limit):
        issued: list[str] = []
        for _ in range(limit + 3):
            token = signed_up(providers, "github").token
            assert token is not None
            issued.append(tokens.digest_of(token))
            assert live_digests(user) == issued[-limit:]
    assert AccessToken.objects.count() == limit


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("over", [-33, -32, -31, -1, 0, 1, 40])
def test_a_sign_in_brings_any_number_to_the_limit(user: User, providers: Providers, limit: int, over: int) -> None:
    """From any number, one sign-in ends at most at the limit, and revokes nothing below it."""
    before = max(0, limit + over)
    create_tokens(user, before)
    with override_settings(TOKENS_PER_USER=limit):
        token = signed_up(providers, "github").token
    left = live_digests(user)
    assert token is not None
    assert left == [f"given-{number}" for number in range(before)][-(limit - 1) or before :] + [tokens.digest_of(token)]
    assert len(left) == min(before + 1, limit)


@pytest.mark.parametrize("limit", LIMITS)
def test_a_lowered_limit_applies_to_the_next_sign_in(user: User, providers: Providers, limit: int) -> None:
    """The lookup may have been compiled for the former limit."""
    create_tokens(user, 120)
    with override_settings(TOKENS_PER_USER=10_000):
        signed_up(providers, "github")
        assert len(live_digests(user)) == 121
    with override_settings(TOKENS_PER_USER=limit):
        signed_up(providers, "github")
        assert len(live_digests(user)) == limit


@pytest.mark.parametrize(("limit", "dead", "left"), [(1, 3, 0), (32, 1, 0), (33, 1, 0), (50, 17, 17), (50, 18, 0)])
def test_expired_rows_are_deleted_near_the_limit(
    user: User, providers: Providers, limit: int, dead: int, left: int
) -> None:
    """Expired rows count towards the threshold, so there are never more of them than TOKENS_PER_USER."""
    create_tokens(user, dead, name="dead", live_for=timedelta(seconds=-1))
    with override_settings(TOKENS_PER_USER=limit):
        signed_up(providers, "github")
    assert AccessToken.objects.filter(digest__startswith="dead").count() == left
    assert len(live_digests(user)) == 1


@pytest.mark.parametrize("limit", LIMITS)
def test_expired_rows_do_not_affect_live_tokens(user: User, providers: Providers, limit: int) -> None:
    """Expired rows neither raise nor lower the number of live tokens."""
    create_tokens(user, limit, name="dead", live_for=timedelta(seconds=-1))
    create_tokens(user, limit)
    with override_settings(TOKENS_PER_USER=limit):
        signed_up(providers, "github")
    assert len(live_digests(user)) == limit
    assert AccessToken.objects.count() == limit


def test_imported_keys_and_other_tokens_are_revoked_together(user: User, providers: Providers) -> None:
    """Keys imported into an account that has other tokens beyond the limit."""
    create_tokens(user, 2, name="imported", live_for=None)
    create_tokens(user, 2)
    with override_settings(TOKENS_PER_USER=1):
        signed_up(providers, "github")
    assert len(live_digests(user)) == 1


@pytest.mark.parametrize("limit", LIMITS)
def test_imported_keys_count_and_are_revoked_first(user: User, providers: Providers, limit: int) -> None:
    """Revoked imported keys keep their digest, so that an import does not restore them, and no longer count."""
    create_tokens(user, limit, name="imported", live_for=None)
    with override_settings(TOKENS_PER_USER=limit):
        for number in range(1, limit + 3):
            signed_up(providers, "github", token=f"token-{number}")
            left = live_digests(user)
            assert len(left) == limit
            assert sum(digest.startswith("imported") for digest in left) == max(0, limit - number)
    assert AccessToken.objects.filter(imported=True).count() == limit
    assert AccessToken.objects.filter(imported=False).count() == limit


def test_tokens_of_other_users_are_not_affected(user: User, providers: Providers) -> None:
    """Tokens of other users are neither counted nor revoked."""
    other = User.objects.create(username="dallas")
    create_tokens(other, 60, name="other")
    create_tokens(user, 60)
    with override_settings(TOKENS_PER_USER=50):
        signed_up(providers, "github")
    assert (len(live_digests(user)), len(live_digests(other))) == (50, 60)


def test_linking_issues_and_revokes_no_token(user: User, providers: Providers) -> None:
    """Linking issues no token and revokes none."""
    create_tokens(user, 60)
    with override_settings(TOKENS_PER_USER=50):
        assert signed_up(providers, "facebook", actor=user).token is None
    assert len(live_digests(user)) == 60


def in_threads(count: int, work: Callable[[int], Any], database: Where) -> None:
    """Run `work` in this many threads, each with a connection of its own."""

    def run(number: int) -> None:
        with used(**database):
            work(number)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


def new_session() -> psycopg.Connection[Any]:
    """Connect to the test's database on PostgreSQL."""
    params = connections["default"].get_connection_params()
    return psycopg.connect(**{key: params[key] for key in ("host", "port", "user", "dbname") if key in params})


def waiting_sessions(name: str) -> int:
    """Return how many sessions on the database of this name wait for a lock.

    Any thread may ask: `connections` differs between threads, so the session may be on another database.
    """
    with new_session() as session:
        row = session.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'", [name]
        ).fetchone()
        return 0 if row is None else int(row[0])


@contextmanager
def lock_associations(database: Where, waiting: int) -> Iterator[None]:
    """Lock all associations until this many threads wait, so that each reads before any writes."""
    session, name = new_session(), connections["default"].settings_dict["NAME"]
    session.execute("SELECT FROM social_auth_usersocialauth FOR UPDATE")

    def release() -> None:
        try:
            for _ in range(600):
                if waiting_sessions(name) >= waiting:
                    return
                threading.Event().wait(0.05)
        finally:
            session.rollback()
            session.close()

    releasing = threading.Thread(target=release)
    releasing.start()
    try:
        yield
    finally:
        releasing.join()


@pytest.mark.postgres
@pytest.mark.parametrize("migrated", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("before", "callers", "after"),
    [
        pytest.param(17, 32, 49, id="as many as may be under way, where they are not counted"),
        pytest.param(17, 35, 52, id="more than may be"),
        pytest.param(18, 35, 50, id="where they are counted"),
        pytest.param(50, 8, 50, id="at the limit"),
    ],
)
def test_concurrent_sign_ins_of_one_identity_at_the_limit(
    user: User, providers: Providers, database: Where, before: int, callers: int, after: int
) -> None:
    """Up to 32 concurrent sign-ins stay within the limit; the next sign-in revokes what more leave over."""
    create_tokens(user, before)
    credentials = [Credential(**providers.knows("github", f"t{n}", **PERSON)) for n in range(callers)]
    with override_settings(TOKENS_PER_USER=50):
        with lock_associations(database, callers):
            in_threads(
                callers,
                lambda number: sign_up(credential=credentials[number], token=None, api_version="tests"),
                database,
            )
        assert len(live_digests(user)) == after
        signed_up(providers, "github")
        assert len(live_digests(user)) == 50


@pytest.mark.postgres
@pytest.mark.parametrize("migrated", ["postgresql"], indirect=True)
def test_concurrent_sign_ins_of_several_identities_at_the_limit(
    user: User, providers: Providers, database: Where, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sign-ins with three identities do not see each other's tokens: two are surplus until the next sign-in."""
    for provider in ("facebook", "twitter"):
        signed_up(providers, provider, actor=user)
    create_tokens(user, 50)
    fields = [providers.knows(name, "again", **PROFILES[name]) for name in ("github", "facebook", "twitter")]
    all_have_written = threading.Barrier(3)
    revoke_surplus = tokens._revoke_surplus

    def together(*args: Any) -> None:
        all_have_written.wait(30)
        revoke_surplus(*args)

    with override_settings(TOKENS_PER_USER=50):
        with monkeypatch.context() as patch:
            patch.setattr(tokens, "_revoke_surplus", together)
            in_threads(
                3,
                lambda number: sign_up(credential=Credential(**fields[number]), token=None, api_version="tests"),
                database,
            )
        assert 50 <= len(live_digests(user)) <= 52
        signed_up(providers, "github")
        assert len(live_digests(user)) == 50
