"""`manage.py reencrypt_provider_tokens`: new key, old rows, interruptions, sign-ins (docs/threats.md, row 30)."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import override_settings
from social_django.models import UserSocialAuth

from social import provider_token_rotation
from social.provider_token_storage import PREFIX, decrypt, encrypt
from social.provider_tokens import TokenUnreadable, get_provider_token
from tests.providers import Providers
from tests.social.profiles import signed_up

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.threat(30)]

OLD, NEW, GONE = (Fernet.generate_key().decode() for _ in range(3))
PAIR = {"oauth_token": "canary-pair-token", "oauth_token_secret": "canary-pair-secret"}
QUERY = "oauth_token_secret=canary-pair-secret&oauth_token=canary-pair-token"
IN_CLEAR: dict[str, tuple[Any, Any]] = {
    # Formats that social-core and its predecessors have written, and the token in each.
    "an OAuth 2 token": ({"access_token": "canary-clear", "id": "1", "expires": None}, "canary-clear"),
    "an OAuth 1 pair": ({"access_token": {**PAIR, "user_id": "1", "screen_name": "r"}, "id": 1}, PAIR),
    "an OAuth 1 query string": ({"access_token": QUERY, "id": 1}, PAIR),
    "an object in a string": (json.dumps({"access_token": "canary-clear", "id": "1"}), "canary-clear"),
    "more than one": ({"access_token": "canary-clear", "refresh_token": "canary-refresh"}, "canary-clear"),
    "deeper": ({"access_token": "canary-clear", "user": [{"access_token": "canary-deep"}]}, "canary-clear"),
}
WITHOUT: dict[str, Any] = {
    "nothing": {},
    "an empty string": "",
    "ids alone": {"id": "1", "login": "ripley"},
    "an empty token": {"access_token": None, "refresh_token": "", "id": "1"},
    "ids alone, in a string": '{"id": "1"}',
}


@pytest.fixture
def user() -> User:
    """Return a user."""
    return User.objects.create(username="ripley")


@pytest.fixture(autouse=True)
def _old_and_new_key() -> Iterator[None]:
    """Use the new key first and the old key second."""
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW, OLD]):
        yield


def kept(user: User, number: int, extra_data: Any) -> UserSocialAuth:
    row: UserSocialAuth = UserSocialAuth.objects.create(
        user=user, provider="facebook", uid=str(number), id_key="id", extra_data=extra_data
    )
    return row


def kept_under(key: str, user: User, number: int) -> UserSocialAuth:
    with override_settings(PROVIDER_TOKEN_KEYS=[key]):
        return kept(user, number, {"id": str(number), "access_token": encrypt(f"canary-{number}")})


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command; return its exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("reencrypt_provider_tokens", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), err.getvalue() + str(error)
    return 0, out.getvalue(), err.getvalue()


def stored() -> list[Any]:
    return list(UserSocialAuth.objects.order_by("pk").values_list("extra_data", flat=True))


def token_of(user: User, number: int) -> Any:
    return get_provider_token(user=user, provider="facebook", uid=str(number))


@pytest.mark.parametrize(("extra_data", "token"), IN_CLEAR.values(), ids=IN_CLEAR)
def test_plain_tokens_are_read_and_encrypted(user: User, extra_data: Any, token: Any) -> None:
    """Tokens are read in every historical format; the ids beside them do not change."""
    kept(user, 1, extra_data)
    assert token_of(user, 1) == token
    assert run()[:2] == (0, "1 associations: 1 encrypted (1 were in clear), 0 unchanged, 0 cannot be read.\n")
    [after] = stored()
    assert "canary" not in json.dumps(after)
    assert after.get("id") == (json.loads(extra_data) if isinstance(extra_data, str) else extra_data).get("id")
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW]):
        assert token_of(user, 1) == token
    before = stored()
    assert run()[:2] == (0, "1 associations: 0 encrypted, 1 unchanged, 0 cannot be read.\n")
    assert stored() == before, "a second run changes nothing"


@pytest.mark.parametrize("extra_data", WITHOUT.values(), ids=WITHOUT)
def test_rows_without_a_token_are_unchanged(user: User, extra_data: Any) -> None:
    """Rows without a token are not changed, and no token is found in them."""
    kept(user, 1, extra_data)
    before = stored()
    assert token_of(user, 1) is None
    assert run()[0] == 0
    assert stored() == before


@pytest.mark.parametrize("extra_data", ["canary no JSON", "[1", ["canary"], 7])
def test_a_row_that_is_no_object_is_reported_and_unchanged(user: User, extra_data: Any) -> None:
    """A row in an unknown format is reported without its content."""
    row = kept(user, 1, extra_data)
    code, _, err = run()
    assert code == 1
    assert f"association {row.pk} (facebook)" in err
    assert "canary" not in err
    assert stored() == [extra_data]
    with pytest.raises(TokenUnreadable):
        token_of(user, 1)


def test_the_old_key_can_be_removed_after_one_run(user: User) -> None:
    """All rows are readable with the new key alone; rows already under it are not written."""
    for number in range(1, 6):
        kept_under(OLD, user, number)
    current = kept_under(NEW, user, 6)
    assert run("--batch-size", "2")[1] == "6 associations: 5 encrypted, 1 unchanged, 0 cannot be read.\n"
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW]):
        assert [token_of(user, number) for number in range(1, 7)] == [f"canary-{number}" for number in range(1, 7)]
    assert stored()[-1] == current.extra_data


def test_rows_under_a_removed_key_are_reported(user: User) -> None:
    """These rows are unchanged, the others are encrypted, and the exit code is 1."""
    lost, other = kept_under(GONE, user, 1), kept_under(OLD, user, 2)
    code, out, err = run()
    assert code == 1
    assert out == "2 associations: 1 encrypted, 0 unchanged, 1 cannot be read.\n"
    assert f"association {lost.pk} (facebook)" in err
    assert f"association {other.pk} " not in err
    assert stored()[0] == lost.extra_data
    with override_settings(PROVIDER_TOKEN_KEYS=[NEW, OLD, GONE]):
        assert run()[0] == 0


def test_a_dry_run_writes_nothing(user: User) -> None:
    """A dry run counts the rows and has the exit code of a real run."""
    kept_under(OLD, user, 1)
    before = stored()
    assert run("--dry-run")[:2] == (
        0,
        "1 associations: 1 would be encrypted, 0 unchanged, 0 cannot be read.\n",
    )
    kept_under(GONE, user, 2)
    assert run("--dry-run")[0] == 1
    assert stored()[:1] == before


def test_without_keys_the_command_is_an_error(user: User) -> None:
    """Without keys nothing is changed unless `--forget` is given."""
    kept_under(OLD, user, 1)
    before = stored()
    with override_settings(PROVIDER_TOKEN_KEYS=[]):
        code, out, err = run()
        assert (code, out) == (2, "")
        assert "PROVIDER_TOKEN_KEYS is not set" in err
        assert "--forget" in err
    assert stored() == before


@pytest.mark.parametrize("arguments", [["--forget"], ["--batch-size", "0"], ["--batch-size", "-1"]])
def test_contradictory_arguments_are_refused(user: User, arguments: list[str]) -> None:
    """`--forget` with keys set is refused, as every sign-in would store a token again; so is an empty batch."""
    kept_under(OLD, user, 1)
    before = stored()
    assert run(*arguments)[0] == 2
    assert stored() == before


def test_forget_removes_all_tokens(user: User) -> None:
    """Without keys every token is removed, encrypted or not; ids are kept."""
    for number, (extra_data, _) in enumerate(IN_CLEAR.values()):
        kept(user, number, extra_data)
    kept_under(GONE, user, 100)
    kept(user, 101, "canary no JSON")
    kept(user, 102, {"id": "1"})
    with override_settings(PROVIDER_TOKEN_KEYS=[]):
        before = stored()
        assert run("--forget", "--dry-run")[0] == 0
        assert stored() == before
        assert run("--forget")[:2] == (
            0,
            "9 associations: 8 removed (7 were in clear), 1 unchanged, 0 cannot be read.\n",
        )
    left = stored()
    assert "canary" not in json.dumps(left)
    assert PREFIX not in json.dumps(left)
    assert left[-3:] == [{"id": "100"}, {}, {"id": "1"}]


class InterruptedHereError(Exception):
    """Raised instead of the next write, to simulate a killed process."""


@pytest.mark.parametrize("interrupted_after", range(6))
def test_an_interrupted_run_can_be_repeated(
    user: User, monkeypatch: pytest.MonkeyPatch, interrupted_after: int
) -> None:
    """Every token stays readable, batches are whole, and the next run completes the rest."""
    for number in range(1, 6):
        kept_under(OLD, user, number)
    left, real = [interrupted_after], provider_token_rotation._rows

    def rows() -> Any:
        class Counting:
            """The rows; the write after the given number raises an exception."""

            def __getattr__(self, name: str) -> Any:
                return getattr(real(), name)

            def filter(self, **lookups: Any) -> Any:
                if set(lookups) == {"pk"}:
                    if left[0] == 0:
                        raise InterruptedHereError
                    left[0] -= 1
                return real().filter(**lookups)

        return Counting()

    with monkeypatch.context() as patch:
        patch.setattr(provider_token_rotation, "_rows", rows)
        if interrupted_after < 5:
            with pytest.raises(InterruptedHereError):
                run("--batch-size", "2")
        else:
            assert run("--batch-size", "2")[0] == 0
    assert [token_of(user, number) for number in range(1, 6)] == [f"canary-{number}" for number in range(1, 6)]
    done = sum(is_under(NEW, extra_data) for extra_data in stored())
    assert done == {5: 5, 4: 4}.get(interrupted_after, interrupted_after // 2 * 2)
    assert run("--batch-size", "2")[0] == 0
    assert all(is_under(NEW, extra_data) for extra_data in stored())


def is_under(key: str, extra_data: Any) -> bool:
    with override_settings(PROVIDER_TOKEN_KEYS=[key]):
        try:
            decrypt(extra_data["access_token"])
        except TokenUnreadable:
            return False
    return True


def test_a_concurrent_sign_in_is_not_overwritten(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row changed between the read and the write keeps the value of the sign-in."""
    rows = [kept_under(OLD, user, number) for number in range(1, 4)]
    write = provider_token_rotation._write

    def write_late(*args: Any) -> None:
        newer = {"id": "2", "access_token": encrypt("canary-newer")}
        UserSocialAuth.objects.filter(pk=rows[1].pk).update(extra_data=newer)
        UserSocialAuth.objects.filter(pk=rows[2].pk).delete()
        write(*args)

    monkeypatch.setattr(provider_token_rotation, "_write", write_late)
    assert run()[0] == 0
    assert [token_of(user, number) for number in (1, 2, 3)] == ["canary-1", "canary-newer", None]
    assert all(is_under(NEW, extra_data) for extra_data in stored())


def test_a_sign_in_encrypts_older_plain_tokens(providers: Providers) -> None:
    """A sign-in encrypts its own token and older tokens in the row, in every historical format."""
    user = signed_up(providers, "facebook").user
    for extra_data in (
        {"id": "10011", "access_token": "canary-old", "refresh_token": "canary-refresh"},
        json.dumps({"id": "10011", "access_token": "canary-old", "refresh_token": "canary-refresh"}),
    ):
        UserSocialAuth.objects.update(extra_data=extra_data)
        signed_up(providers, "facebook", token="canary-of-this-sign-in")
        [after] = stored()
        assert "canary" not in json.dumps(after)
        assert decrypt(after["refresh_token"]) == "canary-refresh"
        assert get_provider_token(user=user, provider="facebook") == "canary-of-this-sign-in"
