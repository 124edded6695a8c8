"""Every kind of call that queries the database, made by users of the population."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.test import override_settings
from social_django.models import UserSocialAuth

from rollout.ledger.process import ledger
from social import tokens
from social.models import AccessToken
from tests.contract.conftest import ApiClient
from tests.providers import Providers
from tests.scale.population import BUSY, MANY, provider_of, token_of, uid_of

ADDRESS = "hicks@example.com"


@dataclass(frozen=True)
class Caller:
    """A client of one version; `user` is an id in the middle of the population, a multiple of five."""

    api: ApiClient
    providers: Providers
    user: int

    @property
    def new_uid(self) -> str:
        """Return a provider's id that no user has."""
        return uid_of(10 * self.user)

    def sign_up(self, provider: str, uid: str, *, token: str | None = None, **profile: Any) -> Any:
        """Sign up with a profile that has this id; return status and body."""
        profiles: Mapping[str, dict[str, Any]] = {
            "facebook": {"id": uid, "name": "Ellen Ripley"},
            "github": {"id": int(uid), "login": "ripley"},
            "google-oauth2": {"sub": uid, "email": "ripley@example.com", "email_verified": True},
            "twitter": {"id": int(uid), "id_str": uid, "screen_name": "ripley"},
            "instagram": {"id": uid, "username": "ripley"},
        }
        fields = self.providers.knows(provider, f"t-{uid}", **{**profiles[provider], **profile})
        answer = self.api.sign_up(fields, token=token)
        return answer.status_code, answer.json()

    def get(self, path: str, user: int | None = None) -> Any:
        """Read with a user's token and return the body."""
        answer = self.api.get(path, token=token_of(user or self.user))
        assert answer.status_code == 200
        return answer.json()

    def delete(self, path: str, user: int | None = None) -> int:
        """Delete with a user's token and return the status."""
        return self.api.delete(path, token=token_of(user or self.user)).status_code


def sign_in(caller: Caller) -> None:
    for user in range(caller.user, caller.user + 5):
        status, body = caller.sign_up(provider_of(user), uid_of(user))
        assert (status, body["outcome"], body["id"]) == (201, "signed_in", user)


def sign_in_with_too_many_tokens(caller: Caller) -> None:
    """The least recently used token is deleted: first an imported one, then another."""
    AccessToken.objects.filter(user=BUSY, imported=True).update(expires_at=None)
    for _ in range(2):
        status, body = caller.sign_up(provider_of(1), uid_of(1))
        assert (status, body["outcome"], body["id"]) == (201, "signed_in", BUSY)


def sign_up_with_a_free_name(caller: Caller) -> None:
    status, body = caller.sign_up("github", caller.new_uid, login=f"hudson-{caller.user}")
    assert (status, body["outcome"], body["username"]) == (201, "created", f"hudson-{caller.user}")


def sign_up_with_a_taken_name(caller: Caller) -> None:
    """The name is taken in different case."""
    name = User.objects.get(pk=caller.user).username
    status, body = caller.sign_up("github", caller.new_uid, login=name.swapcase())
    assert (status, body["outcome"]) == (201, "created")
    assert body["username"].lower() != name.lower()


def link(caller: Caller) -> None:
    """Link a new account, and the same account again."""
    for outcome in ("linked", "signed_in"):
        status, body = caller.sign_up("twitter", caller.new_uid, token=token_of(caller.user))
        assert (status, body["outcome"], body["id"]) == (201, outcome, caller.user)


def link_another_users_account(caller: Caller) -> None:
    status, body = caller.sign_up(provider_of(caller.user), uid_of(caller.user), token=token_of(caller.user + 1))
    assert (status, body["code"]) == (400, "account_in_use")


def sign_in_by_a_legacy_uid(caller: Caller) -> None:
    """A row whose uid is an address is refused, and then adopted."""
    UserSocialAuth.objects.create(user_id=caller.user, provider="google-oauth2", uid=ADDRESS, id_key="email")
    status, body = caller.sign_up("google-oauth2", caller.new_uid, email=ADDRESS)
    assert (status, body["code"]) == (400, "account_conflict")
    with override_settings(ADOPT_LEGACY_UIDS=["google-oauth2"]):
        status, body = caller.sign_up("google-oauth2", caller.new_uid, email=ADDRESS)
    assert (status, body["outcome"], body["id"]) == (201, "signed_in", caller.user)


def read(caller: Caller) -> None:
    """Read every path of a user with one token and one account."""
    assert caller.get("user/")["objects"][0]["id"] == caller.user
    assert caller.get(f"user/{caller.user}/")["id"] == caller.user
    assert caller.get("token/current/")["current"]
    for path in ("token/", "social_account/"):
        (only,) = caller.get(path)["objects"]
        assert caller.get(f"{path}{only['id']}/") == only


def read_long_lists(caller: Caller) -> None:
    """Read pages of the lists of a user with as many rows as there may be."""
    for path in ("token/", "social_account/"):
        for query, length in (("", 20), ("?offset=20&limit=10", 10), ("?limit=0", MANY), ("?offset=999999999", 0)):
            page = caller.get(path + query, user=1)
            assert (page["meta"]["total_count"], len(page["objects"])) == (MANY, length)


def use_a_token_after_an_hour(caller: Caller) -> None:
    """The last use of an issued and of an imported token is stored."""
    imported = next(user for user in range(caller.user, caller.user + 7) if user % 7 == 0)
    for user in (imported, imported + 1):
        assert caller.get("user/", user)["objects"][0]["id"] == user


def be_refused(caller: Caller) -> None:
    """Send an unknown token, and read another user's row."""
    assert caller.api.get("user/", token="unknown").status_code == 401
    other = tokens.list_for(User(pk=caller.user + 1)).get()
    assert caller.api.get(f"token/{other.pk}/", token=token_of(caller.user)).status_code == 404


def disconnect(caller: Caller) -> None:
    """Disconnect one of many accounts, and the only account of another user, which is refused."""
    first = caller.get("social_account/", user=1)["objects"][0]
    assert caller.delete(f"social_account/{first['id']}/", user=1) == 204
    (only,) = caller.get("social_account/")["objects"]
    assert caller.delete(f"social_account/{only['id']}/") == 409


def sign_out(caller: Caller) -> None:
    """Delete another token of the user, the current one, and an imported one."""
    first = caller.get("token/", user=1)["objects"][0]
    assert caller.delete(f"token/{first['id']}/", user=2) == 204
    assert caller.delete("token/current/") == 204
    imported = next(user for user in range(caller.user, caller.user + 7) if user % 7 == 0)
    assert caller.delete("token/current/", user=imported) == 204


def sign_out_everywhere(caller: Caller) -> None:
    """Delete all tokens of a user, and of one with an imported key, which stays."""
    imported = next(user for user in range(caller.user, caller.user + 7) if user % 7 == 0)
    for user in (imported, imported + 1):
        assert caller.delete("token/", user=user) == 204


def be_counted(caller: Caller) -> None:
    """Write the calls of a known and of a new client to the ledger."""
    for name in ("ShopApp/1", "NewApp/1"):
        headers = {"X-Client": name}
        assert caller.api.get("user/", token=token_of(caller.user), headers=headers).status_code == 200
    assert ledger().flush()


CALLS: Mapping[Callable[[Caller], None], set[str]] = {
    sign_in: {"Select social_auth_usersocialauth", "Select auth_user", "Insert social_accesstoken"},
    sign_in_with_too_many_tokens: {"Select social_accesstoken", "Update social_accesstoken"},
    sign_up_with_a_free_name: {"Select auth_user", "Insert auth_user", "Insert social_auth_usersocialauth"},
    sign_up_with_a_taken_name: {"Select auth_user", "Insert auth_user", "Insert social_auth_usersocialauth"},
    link: {"Select auth_user", "Select social_accesstoken", "Insert social_auth_usersocialauth"},
    link_another_users_account: {"Select auth_user", "Select social_auth_usersocialauth"},
    sign_in_by_a_legacy_uid: {"Select social_auth_usersocialauth", "Update social_auth_usersocialauth"},
    read: {"Select social_accesstoken", "Select auth_user", "Select social_auth_usersocialauth"},
    read_long_lists: {"Select social_accesstoken", "Select social_auth_usersocialauth"},
    use_a_token_after_an_hour: {"Select social_accesstoken", "Update social_accesstoken"},
    be_refused: {"Select social_accesstoken"},
    disconnect: {"Select auth_user", "Select social_auth_usersocialauth", "Delete social_auth_usersocialauth"},
    sign_out: {"Select social_accesstoken", "Delete social_accesstoken", "Update social_accesstoken"},
    sign_out_everywhere: {"Select social_accesstoken", "Delete social_accesstoken", "Update social_accesstoken"},
    be_counted: {
        "Select auth_user",
        "Select rollout_dailycalls",
        "Insert rollout_dailycalls",
        "Insert rollout_lastcall",
    },
}
"""By call: the operations on tables that it must include."""
