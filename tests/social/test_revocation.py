"""Which tokens end: those of a deactivated user, and those of one credential presented many times."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User, update_last_login
from django.core import serializers
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from social_django.models import UserSocialAuth

from shared.contract.errors import InvalidCredentials, LastLoginMethod
from shared.contract.sign_up import Credential
from social import accounts, tokens
from social.models import AccessToken
from social.providers.github import GitHub
from tests.legacy_rows.conftest import used
from tests.providers import Providers
from tests.social.conftest import Where
from tests.social.profiles import access_token_of, signed_up
from tests.social.test_tokens_at_the_limit import in_threads, waiting_sessions

pytestmark = pytest.mark.threat(43)

POSTGRES = pytest.mark.parametrize("migrated", ["postgresql"], indirect=True)


@pytest.fixture
def user(database: Where) -> User:
    """Return a user with a token and an imported key."""
    user = User.objects.create(username="ripley")
    tokens.issue(user=user)
    now = timezone.now()
    AccessToken.objects.create(user=user, digest="imported", created=now, last_used=now, imported=True)
    return user


def live_tokens(user: User) -> int:
    return tokens.list_for(user).count()


def save(user: User) -> None:
    user.is_active = False
    user.save()


def save_field(user: User) -> None:
    user.is_active = False
    user.save(update_fields=["is_active"])


def save_other_instance(user: User) -> None:
    other = User.objects.only("username").get(pk=user.pk)
    other.is_active = False
    other.save()


@pytest.mark.parametrize("deactivate", [save, save_field, save_other_instance])
def test_a_deactivated_user_has_no_tokens(user: User, deactivate: Callable[[User], None]) -> None:
    """However the user is saved; the row of an imported key stays, and other users keep their tokens."""
    other = User.objects.create(username="parker")
    tokens.issue(user=other)
    deactivate(user)
    User.objects.update(is_active=True)
    assert (live_tokens(user), live_tokens(other)) == (0, 1)
    assert AccessToken.objects.get(user=user).digest == "imported"


def test_an_activated_user_keeps_imported_keys(user: User) -> None:
    """An account that is activated for the first time may have a key of the former service."""
    User.objects.update(is_active=False)
    user.save()
    assert [token.imported for token in tokens.list_for(user)] == [True]


def save_active(user: User) -> None:
    user.first_name = "Ellen"
    user.save()


def save_another_field(user: User) -> None:
    user.is_active = False
    user.save(update_fields=["first_name"])


def save_deferred(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    User.objects.defer("is_active").get(pk=user.pk).save()


def load_fixture(user: User) -> None:
    user.is_active = False
    for one in serializers.deserialize("json", serializers.serialize("json", [user])):
        one.save()


@pytest.mark.parametrize("change", [save_active, save_another_field, save_deferred, load_fixture])
def test_other_saves_keep_tokens(user: User, change: Callable[[User], None]) -> None:
    """A save that does not deactivate the user keeps them; a fixture is loaded as it is."""
    change(user)
    assert live_tokens(user) == 2


def test_creating_a_user_and_recording_a_login_send_no_further_statement(user: User) -> None:
    """Sign-ups and the admin's sign-ins pay nothing for it."""
    with CaptureQueriesContext(connection) as captured:
        update_last_login(User, user)
        User.objects.create(username="parker")
        User.objects.create(username="lambert", is_active=False)
    assert [query["sql"].split()[0] for query in captured] == ["UPDATE", "INSERT", "INSERT"]


def digest(presented: str) -> str:
    return tokens.digest_of(presented)[:32]


def credential(**fields: Any) -> Credential:
    return Credential(provider="facebook", **fields)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (credential(access_token="a"), credential(access_token="a", first_name="Ellen"), True),
        (credential(access_token="a"), credential(access_token="b"), False),
        (credential(access_token="a.b.c"), credential(access_token="a.b.d"), False),
        (credential(id_token="h.p.s"), credential(id_token="h.p.s", access_token="a", nonce="n"), True),
        (credential(id_token="h.p.s"), credential(id_token="h.p.another-signature-of-the-same-content"), True),
        (credential(id_token="h.p.s"), credential(id_token="h.q.s"), False),
        (credential(id_token="h.p.s"), credential(access_token="h.p.s"), False),
        (credential(access_token="a", access_token_secret="s"), credential(access_token="a"), True),
    ],
)
def test_the_deciding_part_of_a_credential_is_compared(one: Credential, other: Credential, same: bool) -> None:
    """The id_token decides where there is one; what can be varied at will does not make it another credential."""
    policy = GitHub()
    assert (policy.identifying_part(one) == policy.identifying_part(other)) is same


@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_a_replayed_credential_evicts_its_own_tokens(user: User, limit: int) -> None:
    """Its first use may evict the least recently used token of another credential, further uses only its own."""
    AccessToken.objects.all().delete()
    with override_settings(TOKENS_PER_USER=limit):
        for number in range(limit):
            tokens.issue(user=user, presented=f"other-{number}")
        for _ in range(limit + 1):
            tokens.issue(user=user, presented="h.p")
            assert AccessToken.objects.count() == limit
    found = AccessToken.objects.order_by("pk")
    assert [one.credential_digest for one in found] == [
        *(digest(f"other-{number}") for number in range(1, limit)),
        digest("h.p"),
    ]


def test_of_one_credential_the_least_recently_used_token_goes_first(user: User) -> None:
    """Among the tokens of the credential, and then among the others."""
    AccessToken.objects.all().delete()
    for text in ("a", "b", "a", "c", "a"):
        tokens.issue(user=user, presented=text)
    first = list(AccessToken.objects.order_by("pk"))
    AccessToken.objects.filter(pk=first[0].pk).update(last_used=timezone.now())
    with override_settings(TOKENS_PER_USER=4):
        tokens.issue(user=user, presented="a")
        assert set(AccessToken.objects.values_list("pk", flat=True)) >= {first[n].pk for n in (0, 1, 3)}
        tokens.issue(user=user, presented="d")
    assert first[1].pk not in AccessToken.objects.values_list("pk", flat=True)


def test_a_token_issued_without_a_credential(user: User) -> None:
    """It evicts the least recently used token, not one of the former release, whose credential is not known."""
    AccessToken.objects.all().delete()
    tokens.issue(user=user, presented="a")
    former = AccessToken.objects.get(digest=tokens.digest_of(tokens.issue(user=user).value))
    with override_settings(TOKENS_PER_USER=2):
        tokens.issue(user=user)
    assert list(AccessToken.objects.order_by("pk").values_list("credential_digest", flat=True)) == [None, None]
    assert AccessToken.objects.filter(pk=former.pk).exists()


@pytest.mark.postgres
@POSTGRES
def test_concurrent_replays_evict_no_other_token(user: User, providers: Providers, database: Where) -> None:
    """Eight sign-ins at once with one credential at the limit evict one token of another credential, as one does."""
    AccessToken.objects.all().delete()
    owner = signed_up(providers, "github").user
    AccessToken.objects.all().delete()
    with override_settings(TOKENS_PER_USER=10):
        for number in range(10):
            tokens.issue(user=owner, presented=f"other-{number}")
        in_threads(8, lambda number: signed_up(providers, "github"), database)
    digests = list(AccessToken.objects.order_by("pk").values_list("credential_digest", flat=True))
    others = [digest(f"other-{number}") for number in range(1, 10)]
    assert digests == [*others, digest("canary-token")]


@pytest.mark.postgres
@POSTGRES
@pytest.mark.threat(64)
@pytest.mark.parametrize("activates_meanwhile", [False, True])
def test_a_token_issued_during_a_deactivation_ends(
    user: User, providers: Providers, database: Where, activates_meanwhile: bool
) -> None:
    """A sign-in that ends while the deactivation is not committed has a token; it does not work after reactivation.

    The reactivation may also begin while the deactivation is not committed: it waits for it.
    """
    owner = signed_up(providers, "github").user

    def activate() -> None:
        owner_again = User.objects.get(pk=owner.pk)
        owner_again.is_active = True
        owner_again.save()

    def deactivate() -> None:
        save(owner)
        in_threads(1, lambda number: signed_up(providers, "github"), database)

    if activates_meanwhile:
        with uncommitted(deactivate, activate, database) as activating:
            pass
        activating.result(30)
    else:
        with transaction.atomic():
            deactivate()
        assert live_tokens(owner) == 1
        activate()
    owner.refresh_from_db()
    assert (owner.is_active, live_tokens(owner)) == (True, 0)


@contextmanager
def uncommitted(work: Callable[[], object], call: Callable[[], Any], database: Where) -> Iterator[Future[Any]]:
    """Do the work in a transaction that is committed once the call, in a thread of its own, waits for it."""

    def run() -> Any:
        with used(**database):
            return call()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            work()
            calling = pool.submit(run)
            for _ in range(600):
                if calling.done() or waiting_sessions(connection.settings_dict["NAME"]):
                    break
                threading.Event().wait(0.05)
            assert not calling.done(), "it did not wait"
        yield calling


@pytest.mark.postgres
@POSTGRES
@pytest.mark.parametrize("provider", ["github", "facebook"])
def test_a_link_waits_for_a_concurrent_revocation(
    user: User, providers: Providers, database: Where, provider: str
) -> None:
    """A sign-out that is not yet committed stops a link and a proof with one of its tokens."""
    owner = signed_up(providers, "github").user
    with uncommitted(
        lambda: tokens.revoke_all(owner), lambda: signed_up(providers, provider, actor=owner), database
    ) as linking:
        pass
    with pytest.raises(InvalidCredentials):
        linking.result(30)
    assert UserSocialAuth.objects.count() == 1


@pytest.mark.postgres
@POSTGRES
def test_a_revocation_waits_for_a_concurrent_link(user: User, database: Where) -> None:
    """Signing out everywhere returns when the link is committed, so that its caller sees the linked identity."""
    token = access_token_of(user)
    with uncommitted(lambda: tokens.lock(token), lambda: tokens.revoke_all(user), database) as revoking:
        pass
    revoking.result(30)
    assert live_tokens(user) == 0


@pytest.mark.postgres
@POSTGRES
@pytest.mark.threat(15)
def test_concurrent_disconnects_wait_for_each_other(user: User, database: Where) -> None:
    """Two disconnects, each of which leaves the other's identity: the second one counts after the first has ended."""
    token = access_token_of(user)
    one, two = (UserSocialAuth.objects.create(user=user, provider="github", uid=uid) for uid in "12")
    user.set_unusable_password()
    user.save()

    def disconnect(account: UserSocialAuth) -> None:
        accounts.disconnect(token=token, account_id=str(account.pk), api_version="tests")

    with uncommitted(lambda: disconnect(one), lambda: disconnect(two), database) as second:
        pass
    with pytest.raises(LastLoginMethod):
        second.result(30)
    assert UserSocialAuth.objects.get() == two
