"""How many tokens a user has at, below and above TOKENS_PER_USER, one sign-in after another and many at once."""

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
    """Somebody who has signed up by GitHub, and has no token any more."""
    signed_up(providers, "github")
    AccessToken.objects.all().delete()
    return User.objects.get()


def give(user: User, count: int, *, name: str = "given", live_for: timedelta | None = timedelta(days=1)) -> None:
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


def living(user: User) -> list[str]:
    """Return the digests of live tokens, the least recently used first."""
    rows = AccessToken.objects.filter(live(timezone.now()), user=user).order_by("last_used", "id")
    return list(rows.values_list("digest", flat=True))


@pytest.mark.parametrize("limit", LIMITS)
def test_from_none_to_more_than_there_may_be(user: User, providers: Providers, limit: int) -> None:
    """After each sign-in no more live than may, and those are the newest; each new token is good at once."""
    with override_settings(TOKENS_PER_USER=limit):
        issued: list[str] = []
        for _ in range(limit + 3):
            token = signed_up(providers, "github").token
            assert token is not None
            issued.append(tokens.digest_of(token))
            assert living(user) == issued[-limit:]
    assert AccessToken.objects.count() == limit


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("over", [-33, -32, -31, -1, 0, 1, 40])
def test_one_more(user: User, providers: Providers, limit: int, over: int) -> None:
    """From wherever it begins, one sign-in brings it to what may be, and ends nothing while there is room."""
    before = max(0, limit + over)
    give(user, before)
    with override_settings(TOKENS_PER_USER=limit):
        token = signed_up(providers, "github").token
    left = living(user)
    assert token is not None
    assert left == [f"given-{number}" for number in range(before)][-(limit - 1) or before :] + [tokens.digest_of(token)]
    assert len(left) == min(before + 1, limit)


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_that_is_lowered_holds_from_the_next_sign_in_on(user: User, providers: Providers, limit: int) -> None:
    """Whatever there was; the process may have compiled the look-up for the limit before."""
    give(user, 120)
    with override_settings(TOKENS_PER_USER=10_000):
        signed_up(providers, "github")
        assert len(living(user)) == 121
    with override_settings(TOKENS_PER_USER=limit):
        signed_up(providers, "github")
        assert len(living(user)) == limit


@pytest.mark.parametrize(("limit", "dead", "left"), [(1, 3, 0), (32, 1, 0), (33, 1, 0), (50, 17, 17), (50, 18, 0)])
def test_dead_rows_go_when_the_limit_is_near(
    user: User, providers: Providers, limit: int, dead: int, left: int
) -> None:
    """They count for how near it is, so there are never more of them than a user may have tokens; none is used."""
    give(user, dead, name="dead", live_for=timedelta(seconds=-1))
    with override_settings(TOKENS_PER_USER=limit):
        signed_up(providers, "github")
    assert AccessToken.objects.filter(digest__startswith="dead").count() == left
    assert len(living(user)) == 1


@pytest.mark.parametrize("limit", LIMITS)
def test_dead_and_live_rows_mixed(user: User, providers: Providers, limit: int) -> None:
    """The dead ones make no room for more live ones, nor take any away."""
    give(user, limit, name="dead", live_for=timedelta(seconds=-1))
    give(user, limit)
    with override_settings(TOKENS_PER_USER=limit):
        signed_up(providers, "github")
    assert len(living(user)) == limit
    assert AccessToken.objects.count() == limit


@pytest.mark.parametrize("limit", LIMITS)
def test_imported_keys_count_and_go_first(user: User, providers: Providers, limit: int) -> None:
    """They end and leave their digest, or the next import would bring them back; what has ended counts no more."""
    give(user, limit, name="imported", live_for=None)
    with override_settings(TOKENS_PER_USER=limit):
        for number in range(1, limit + 3):
            signed_up(providers, "github")
            left = living(user)
            assert len(left) == limit
            assert sum(digest.startswith("imported") for digest in left) == max(0, limit - number)
    assert AccessToken.objects.filter(imported=True).count() == limit
    assert AccessToken.objects.filter(imported=False).count() == limit


def test_others_tokens_are_left_alone(user: User, providers: Providers) -> None:
    """Neither counted nor ended."""
    other = User.objects.create(username="dallas")
    give(other, 60, name="other")
    give(user, 60)
    with override_settings(TOKENS_PER_USER=50):
        signed_up(providers, "github")
    assert (len(living(user)), len(living(other))) == (50, 60)


def test_linking_issues_and_ends_nothing(user: User, providers: Providers) -> None:
    """It gives no token."""
    give(user, 60)
    with override_settings(TOKENS_PER_USER=50):
        assert signed_up(providers, "facebook", actor=user).token is None
    assert len(living(user)) == 60


def at_once(count: int, work: Callable[[int], Any], database: Where) -> None:
    """Run something in so many threads, each with a connection of its own."""

    def run(number: int) -> None:
        with used(**database):
            work(number)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


@contextmanager
def held_back(database: Where, waiting: int) -> Iterator[None]:
    """Block each association until this many threads wait: then each has read, and none has seen another's token."""
    name = connections["default"].settings_dict["NAME"]
    params = connections["default"].get_connection_params()
    session = psycopg.connect(**{key: params[key] for key in ("host", "port", "user", "dbname") if key in params})
    watching = psycopg.connect(
        **{key: params[key] for key in ("host", "port", "user", "dbname") if key in params}, autocommit=True
    )
    session.execute("SELECT FROM social_auth_usersocialauth FOR UPDATE")

    def let_go() -> None:
        try:
            for _ in range(600):
                row = watching.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'", [name]
                ).fetchone()
                if row is not None and row[0] >= waiting:
                    return
                threading.Event().wait(0.05)
        finally:
            session.rollback()
            session.close()

    releasing = threading.Thread(target=let_go)
    releasing.start()
    try:
        yield
    finally:
        releasing.join()
        watching.close()


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
def test_many_at_once_at_the_margin(
    user: User, providers: Providers, database: Where, before: int, callers: int, after: int
) -> None:
    """32 that have all looked before any wrote stay within the limit; what more leave over, the next sign-in ends."""
    give(user, before)
    credentials = [Credential(**providers.knows("github", f"t{n}", **PERSON)) for n in range(callers)]
    with override_settings(TOKENS_PER_USER=50):
        with held_back(database, callers):
            at_once(
                callers,
                lambda number: sign_up(credential=credentials[number], actor=None, api_version="tests"),
                database,
            )
        assert len(living(user)) == after
        signed_up(providers, "github")
        assert len(living(user)) == 50


@pytest.mark.postgres
@pytest.mark.parametrize("migrated", ["postgresql"], indirect=True)
def test_accounts_of_one_user_at_once_at_the_limit(
    user: User, providers: Providers, database: Where, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three identities wait for nobody and see nobody's new token: two are over, until the next sign-in."""
    for provider in ("facebook", "twitter"):
        signed_up(providers, provider, actor=user)
    give(user, 50)
    fields = [providers.knows(name, "again", **PROFILES[name]) for name in ("github", "facebook", "twitter")]
    all_have_written = threading.Barrier(3)
    revoke_surplus = tokens._revoke_surplus

    def together(*args: Any) -> None:
        all_have_written.wait(30)
        revoke_surplus(*args)

    with override_settings(TOKENS_PER_USER=50):
        with monkeypatch.context() as patch:
            patch.setattr(tokens, "_revoke_surplus", together)
            at_once(
                3,
                lambda number: sign_up(credential=Credential(**fields[number]), actor=None, api_version="tests"),
                database,
            )
        assert 50 <= len(living(user)) <= 52
        signed_up(providers, "github")
        assert len(living(user)) == 50
