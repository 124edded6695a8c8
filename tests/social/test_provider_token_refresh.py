"""An expired provider token is refreshed, once for all callers, and no refresh token is lost (docs/decisions/0023)."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest
import responses
from cryptography.fernet import Fernet
from django.db import OperationalError, connection, transaction
from django.test import override_settings
from requests import ConnectTimeout
from social_django.models import UserSocialAuth

from shared.contract.errors import (
    ApiError,
    ProviderBadResponse,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
    TokenRejected,
    UnknownProvider,
)
from social import provider_token_refresh
from social.provider_token_storage import EXPIRES_AT, REFRESH_LEASE, decrypt, encrypt
from social.provider_tokens import SignInRequired, get_provider_token
from tests.legacy_rows.conftest import used
from tests.providers import Answer, json_answer
from tests.social.conftest import Where
from tests.social.grants import ENABLED, EXPIRED, GitLab, granted, signs_in, stored

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
CALLERS = 8


@pytest.fixture(autouse=True)
def _enabled(database: Where) -> Iterator[None]:
    with ENABLED, override_settings(PROVIDER_TOKEN_KEYS=[OLD]):
        yield


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    """The simulated provider; a call to any other address fails the test."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield GitLab(mock)


def token_of(row: UserSocialAuth, refused: Any = None) -> Any:
    return get_provider_token(user=row.user, provider="gitlab", refused=refused)


def soon(seconds: int) -> int:
    return int(time.time()) + seconds


@pytest.mark.parametrize("expires_at", [None, soon(3600)], ids=["unknown", "in an hour"])
def test_a_valid_token_is_returned_without_a_call(gitlab: GitLab, expires_at: int | None) -> None:
    """Without `expires_in` nobody knows whether the token has expired, so it is used."""
    assert token_of(granted(expires_at=expires_at)) == "access-0"
    assert gitlab.requests == []


@pytest.mark.threat(30)
@pytest.mark.parametrize("rotates", [True, False])
@pytest.mark.parametrize("expires_at", [EXPIRED, soon(30)], ids=["expired", "in half a minute"])
def test_an_expired_token_is_refreshed(gitlab: GitLab, expires_at: int, rotates: bool) -> None:
    """The new tokens are encrypted with the first key; a provider that sends no new refresh token keeps the old."""
    row = granted(expires_at=expires_at)
    gitlab.rotates = rotates
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW, OLD]):
        assert token_of(row) == token_of(row) == "access-1"
    assert gitlab.requests == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "refresh-0",
            "client_id": "our-gitlab-key",
            "client_secret": "our-gitlab-secret",
        }
    ]
    kept = stored(row).extra_data
    assert kept["id"] == 1
    assert kept[EXPIRES_AT] > time.time()
    assert kept[REFRESH_LEASE] is None
    assert "access-1" not in json.dumps(kept)
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW]):
        assert decrypt(kept["access_token"]) == "access-1"
        if rotates:
            assert decrypt(kept["refresh_token"]) == "refresh-1"
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW, OLD]):
        assert stored(row).refresh_token == ("refresh-1" if rotates else "refresh-0")


def test_each_refresh_uses_the_latest_refresh_token(gitlab: GitLab) -> None:
    """The provider accepts each refresh token once."""
    row = granted()
    gitlab.lifetime = 30
    assert [token_of(row) for _ in range(3)] == ["access-1", "access-2", "access-3"]
    assert [one["refresh_token"] for one in gitlab.requests] == ["refresh-0", "refresh-1", "refresh-2"]


def test_a_refused_token_is_refreshed_once(gitlab: GitLab) -> None:
    """A token without a known expiry is refreshed when the provider has refused it, by the first who says so."""
    row = granted(expires_at=None)
    assert [token_of(row, refused="access-0") for _ in range(2)] == ["access-1", "access-1"]
    assert token_of(row, refused="another") == "access-1"
    assert len(gitlab.requests) == 1


@pytest.mark.parametrize("keys", [[OLD], []], ids=["a key", "no keys"])
def test_without_a_refresh_token_a_dead_token_is_an_error(gitlab: GitLab, keys: list[str]) -> None:
    """A token that is not known to be dead is returned; without keys a refreshed token could not be stored."""
    row = granted(refresh_token=None if keys else "refresh-0", expires_at=soon(30))
    with override_settings(PROVIDER_TOKEN_KEYS=keys):
        UserSocialAuth.objects.update(extra_data={**stored(row).extra_data, "access_token": "access-0"})
        assert token_of(row) == "access-0"
        with pytest.raises(SignInRequired):
            token_of(row, refused="access-0")
        UserSocialAuth.objects.update(extra_data={**stored(row).extra_data, EXPIRES_AT: EXPIRED})
        with pytest.raises(SignInRequired):
            token_of(row)
    assert gitlab.requests == []


def test_a_refused_refresh_token_is_forgotten(gitlab: GitLab) -> None:
    """The person must sign in again; the provider is not asked a second time."""
    row = granted()
    gitlab.valid.clear()
    for _ in range(2):
        with pytest.raises(SignInRequired) as caught:
            token_of(row)
        assert caught.value.__cause__ is None, "the provider's message may repeat the token"
    assert len(gitlab.requests) == 1
    assert not stored(row).extra_data["refresh_token"]
    signs_in(row, "access-9", {"access_token": "access-9", "refresh_token": "refresh-9", "expires_in": 7200})
    assert token_of(row) == "access-9"


FAILURES: dict[str, tuple[Answer | Exception, type[ApiError]]] = {
    "away": (json_answer(503, {}), ProviderUnavailable),
    "limits our calls": (json_answer(429, {}), ProviderUnavailable),
    "too slow": (ConnectTimeout(), ProviderTimeout),
    "no JSON": ((200, {}, "<html>"), ProviderBadResponse),
    "no object": (json_answer(200, ["access-1"]), ProviderBadResponse),
    "no access token": (json_answer(200, {"expires_in": 7200}), ProviderBadResponse),
    "our secret is wrong": (json_answer(401, {"error": "invalid_client"}), ProviderMisconfigured),
    "the same without a code": (json_answer(401, {}), ProviderMisconfigured),
    "no refreshing": (json_answer(400, {"error": "unsupported_grant_type"}), ProviderMisconfigured),
    "an unknown reason": (json_answer(400, {"error": "invalid_request"}), TokenRejected),
}


@pytest.mark.parametrize(("answer", "error"), FAILURES.values(), ids=FAILURES)
def test_other_failures_keep_the_tokens(gitlab: GitLab, answer: Answer | Exception, error: type[ApiError]) -> None:
    """Nothing changes in the row, and the next call succeeds at once: no lease is left."""
    row = granted()
    before, gitlab.answers = stored(row).extra_data, answer
    with pytest.raises(error):
        token_of(row)
    assert stored(row).extra_data == before
    gitlab.answers = None
    gitlab.valid = {"refresh-0"}
    assert token_of(row) == "access-2"


def test_a_provider_that_is_not_enabled_is_not_called(gitlab: GitLab) -> None:
    """Its stored token is still returned while it is valid."""
    row = granted()
    with override_settings(SOCIAL_PROVIDERS=[]):
        with pytest.raises(UnknownProvider):
            token_of(row)
        UserSocialAuth.objects.update(extra_data={**stored(row).extra_data, EXPIRES_AT: None})
        assert token_of(row) == "access-0"
    assert gitlab.requests == []


def test_the_caller_may_not_have_begun_a_transaction(gitlab: GitLab) -> None:
    """A rollback would lose the refresh token that the provider has replaced."""
    row = granted()
    with pytest.raises(RuntimeError), transaction.atomic():
        token_of(row)
    assert gitlab.requests == []
    assert token_of(row) == "access-1"


def test_no_connection_is_in_use_during_the_call(gitlab: GitLab, database: Where) -> None:
    """Other requests need it while the provider answers; it was not persistent."""
    row, open_during = granted(), []
    gitlab.during = lambda: open_during.append(connection.connection)
    with used(**database, CONN_MAX_AGE=0):
        token_of(row)
    assert open_during == [None]


NEWER = {"access_token": "access-9", "refresh_token": "refresh-9", "expires_in": 7200}


@pytest.mark.parametrize("refused", [False, True], ids=["refreshed", "refused"])
def test_a_newer_code_is_not_overwritten(gitlab: GitLab, refused: bool) -> None:
    """The person signs in by code during the refresh: those tokens stay, also if the old one is refused."""
    row = granted()
    if refused:
        gitlab.valid.clear()
    gitlab.during = lambda: signs_in(row, "access-9", NEWER)
    assert token_of(row) == ("access-9" if refused else "access-1")
    assert token_of(row) == "access-9"
    assert stored(row).refresh_token == "refresh-9"
    assert stored(row).extra_data[REFRESH_LEASE] is None
    assert len(gitlab.requests) == 1


@pytest.mark.parametrize("exchange", [None, {"access_token": "access-9", "expires_in": 7200}], ids=["bare", "code"])
def test_a_sign_in_without_a_refresh_token_keeps_its_access_token(gitlab: GitLab, exchange: Any) -> None:
    """The access token of the newest sign-in stays, and the new refresh token is stored beside it."""
    row = granted()
    gitlab.during = lambda: signs_in(row, "access-9", exchange)
    assert token_of(row) == "access-1"
    assert token_of(row) == "access-9"
    assert stored(row).refresh_token == "refresh-1"
    assert (stored(row).expires_at is None) == (exchange is None)


def test_a_sign_in_makes_a_refused_refresh_harmless(gitlab: GitLab) -> None:
    """The refresh token is dead, but the person has signed in meanwhile: the new access token is returned."""
    row = granted()
    gitlab.valid.clear()
    gitlab.during = lambda: signs_in(row, "access-9", {"access_token": "access-9", "expires_in": 7200})
    assert token_of(row) == "access-9"
    assert not stored(row).extra_data["refresh_token"]


def test_a_disconnected_account_has_no_token(gitlab: GitLab) -> None:
    """The association is deleted during the refresh."""
    row = granted()
    gitlab.during = UserSocialAuth.objects.all().delete
    assert token_of(row) is None


def test_a_failed_write_is_repeated(gitlab: GitLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database goes away between the answer and the write, and returns."""
    row, change = granted(), provider_token_refresh._change
    failures: list[Any] = []

    def failing(*args: Any) -> Any:
        if gitlab.requests and len(failures) < 3:
            failures.append(args)
            raise OperationalError from psycopg.OperationalError()
        return change(*args)

    monkeypatch.setattr(provider_token_refresh, "_change", failing)
    assert token_of(row) == "access-1"
    assert len(failures) == 3
    assert stored(row).refresh_token == "refresh-1"


@override_settings(PROVIDER_TIMEOUT=0.1)
def test_a_lost_token_is_reported(
    gitlab: GitLab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If the write cannot succeed, the log says whose tokens are lost, and not which."""
    row, change = granted(), provider_token_refresh._change

    def failing(*args: Any) -> Any:
        if gitlab.requests:
            raise OperationalError("canary access-1")
        return change(*args)

    monkeypatch.setattr(provider_token_refresh, "_change", failing)
    monkeypatch.setattr(provider_token_refresh, "STORE_SECONDS", -1)
    with pytest.raises(OperationalError):
        token_of(row)
    assert f"association {row.pk} (gitlab)" in caplog.text
    assert "canary" not in caplog.text


def at_once(work: Callable[[], Any], database: Where) -> list[Any]:
    """Return the results of `CALLERS` threads, each with a connection of its own, that begin together."""
    barrier = threading.Barrier(CALLERS)

    def run(number: int) -> Any:
        with used(**database):
            barrier.wait()
            return work()

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(run, range(CALLERS)))


def test_simultaneous_callers_refresh_once(gitlab: GitLab, database: Where) -> None:
    """All get the new token, and the provider gets one call."""
    row = granted()
    gitlab.during = lambda: time.sleep(0.3)
    assert at_once(lambda: token_of(row), database) == ["access-1"] * CALLERS
    assert len(gitlab.requests) == 1


def test_simultaneous_refusals_refresh_once(gitlab: GitLab, database: Where) -> None:
    """The same for callers whose token the provider has refused."""
    row = granted(expires_at=None)
    gitlab.during = lambda: time.sleep(0.3)
    assert at_once(lambda: token_of(row, refused="access-0"), database) == ["access-1"] * CALLERS
    assert len(gitlab.requests) == 1


def leased(row: UserSocialAuth, until: Any) -> None:
    lease = {"holder": "killed", "until": until}
    UserSocialAuth.objects.filter(pk=row.pk).update(extra_data={**stored(row).extra_data, REFRESH_LEASE: lease})


@override_settings(PROVIDER_TIMEOUT=0.3)
def test_a_lease_is_waited_for_and_ends(gitlab: GitLab) -> None:
    """While a process holds the lease, others wait and give up; a lease that has ended holds nobody up."""
    row = granted()
    leased(row, time.time() + 3600)
    with pytest.raises(ProviderTimeout):
        token_of(row)
    assert gitlab.requests == []
    for malformed in (time.time() - 1, None, "later"):
        leased(row, malformed)
        assert token_of(row, refused=stored(row).access_token) == f"access-{len(gitlab.requests)}"
    assert stored(row).extra_data[REFRESH_LEASE] is None


@override_settings(PROVIDER_TIMEOUT=0.5)
@pytest.mark.parametrize("outcome", ["leased", "refreshed"])
def test_the_row_is_read_again_under_its_lock(gitlab: GitLab, monkeypatch: pytest.MonkeyPatch, outcome: str) -> None:
    """Between this caller's read and its lock, another one takes the lease, or ends its refresh."""
    row, acquire = granted(), provider_token_refresh._acquire

    def overtaken(*args: Any) -> Any:
        if outcome == "leased":
            leased(row, time.time() + 3600)
        else:
            signs_in(row, "access-9", NEWER)
        return acquire(*args)

    monkeypatch.setattr(provider_token_refresh, "_acquire", overtaken)
    with pytest.raises(ProviderTimeout) if outcome == "leased" else nullcontext():
        assert token_of(row) == "access-9"
    assert gitlab.requests == []


def test_a_holder_whose_lease_was_taken_over_overwrites_nothing(gitlab: GitLab) -> None:
    """A process pauses for longer than its lease while another refreshes twice: the older result is dropped."""
    row = granted()

    def others() -> None:
        kept = {"access_token": encrypt("access-8"), "refresh_token": encrypt("refresh-8"), EXPIRES_AT: soon(3600)}
        UserSocialAuth.objects.update(extra_data={**stored(row).extra_data, **kept})

    gitlab.during = others
    assert token_of(row) == "access-1"
    assert (stored(row).access_token, stored(row).refresh_token) == ("access-8", "refresh-8")
