"""Every kind of call of the contract that asks the database, as people of the crowd make it."""

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
    """Somebody with a client of one version; `user` is one in the middle of the crowd, a multiple of five."""

    api: ApiClient
    providers: Providers
    user: int

    @property
    def new_uid(self) -> str:
        """Give an id that is nobody's yet."""
        return uid_of(10 * self.user)

    def sign_up(self, provider: str, uid: str, *, token: str | None = None, **profile: Any) -> Any:
        """Sign up with a profile that has this id; give status and body."""
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
        """Read with a user's token; give the body."""
        answer = self.api.get(path, token=token_of(user or self.user))
        assert answer.status_code == 200
        return answer.json()

    def delete(self, path: str, user: int | None = None) -> int:
        """Give the status."""
        return self.api.delete(path, token=token_of(user or self.user)).status_code


def sign_in(caller: Caller) -> None:
    for user in range(caller.user, caller.user + 5):
        status, body = caller.sign_up(provider_of(user), uid_of(user))
        assert (status, body["outcome"], body["id"]) == (201, "signed_in", user)


def sign_in_with_too_many_tokens(caller: Caller) -> None:
    """The least recently used one goes, which was imported; and the next, which was not."""
    AccessToken.objects.filter(user=BUSY, imported=True).update(expires_at=None)
    for _ in range(2):
        status, body = caller.sign_up(provider_of(1), uid_of(1))
        assert (status, body["outcome"], body["id"]) == (201, "signed_in", BUSY)


def sign_up_with_a_free_name(caller: Caller) -> None:
    status, body = caller.sign_up("github", caller.new_uid, login=f"hudson-{caller.user}")
    assert (status, body["outcome"], body["username"]) == (201, "created", f"hudson-{caller.user}")


def sign_up_with_a_name_that_is_taken(caller: Caller) -> None:
    """In the other case."""
    name = User.objects.get(pk=caller.user).username
    status, body = caller.sign_up("github", caller.new_uid, login=name.swapcase())
    assert (status, body["outcome"]) == (201, "created")
    assert body["username"].lower() != name.lower()


def link(caller: Caller) -> None:
    """A new account, and the same once more."""
    for outcome in ("linked", "signed_in"):
        status, body = caller.sign_up("twitter", caller.new_uid, token=token_of(caller.user))
        assert (status, body["outcome"], body["id"]) == (201, outcome, caller.user)


def link_what_is_anothers(caller: Caller) -> None:
    status, body = caller.sign_up(provider_of(caller.user), uid_of(caller.user), token=token_of(caller.user + 1))
    assert (status, body["code"]) == (400, "account_in_use")


def sign_in_by_an_address_of_years_ago(caller: Caller) -> None:
    """Refused, and then adopted."""
    UserSocialAuth.objects.create(user_id=caller.user, provider="google-oauth2", uid=ADDRESS, id_key="email")
    status, body = caller.sign_up("google-oauth2", caller.new_uid, email=ADDRESS)
    assert (status, body["code"]) == (400, "account_conflict")
    with override_settings(ADOPT_LEGACY_UIDS=["google-oauth2"]):
        status, body = caller.sign_up("google-oauth2", caller.new_uid, email=ADDRESS)
    assert (status, body["outcome"], body["id"]) == (201, "signed_in", caller.user)


def read(caller: Caller) -> None:
    """Each path, of somebody who has one of everything."""
    assert caller.get("user/")["objects"][0]["id"] == caller.user
    assert caller.get(f"user/{caller.user}/")["id"] == caller.user
    assert caller.get("token/current/")["current"]
    for path in ("token/", "social_account/"):
        (only,) = caller.get(path)["objects"]
        assert caller.get(f"{path}{only['id']}/") == only


def read_much(caller: Caller) -> None:
    """Each list, of somebody who has as much as there may be; a page in its middle, and beyond its end."""
    for path in ("token/", "social_account/"):
        for query, given in (("", 20), ("?offset=20&limit=10", 10), ("?limit=0", MANY), ("?offset=999999999", 0)):
            page = caller.get(path + query, user=1)
            assert (page["meta"]["total_count"], len(page["objects"])) == (MANY, given)


def come_back_after_an_hour(caller: Caller) -> None:
    """With a token of one's own and with an imported one, whose use is written down."""
    imported = next(user for user in range(caller.user, caller.user + 7) if user % 7 == 0)
    for user in (imported, imported + 1):
        assert caller.get("user/", user)["objects"][0]["id"] == user


def be_refused(caller: Caller) -> None:
    """By a token that nobody has, and for what is another's."""
    assert caller.api.get("user/", token="nobody-has-this").status_code == 401
    other = tokens.list_for(User(pk=caller.user + 1)).get()
    assert caller.api.get(f"token/{other.pk}/", token=token_of(caller.user)).status_code == 404


def disconnect(caller: Caller) -> None:
    """One of many; and then the only one there is, which stays."""
    first = caller.get("social_account/", user=1)["objects"][0]
    assert caller.delete(f"social_account/{first['id']}/", user=1) == 204
    (only,) = caller.get("social_account/")["objects"]
    assert caller.delete(f"social_account/{only['id']}/") == 409


def sign_out(caller: Caller) -> None:
    """By another token, by one's own, and by an imported one."""
    first = caller.get("token/", user=1)["objects"][0]
    assert caller.delete(f"token/{first['id']}/", user=2) == 204
    assert caller.delete("token/current/") == 204
    imported = next(user for user in range(caller.user, caller.user + 7) if user % 7 == 0)
    assert caller.delete("token/current/", user=imported) == 204


def be_counted(caller: Caller) -> None:
    """By a client that has called before, and by a new one; by a process that has just begun."""
    for name in ("ShopApp/1", "NewApp/1"):
        headers = {"X-Client": name}
        assert caller.api.get("user/", token=token_of(caller.user), headers=headers).status_code == 200
    assert ledger().flush()


CALLS: Mapping[Callable[[Caller], None], set[str]] = {
    sign_in: {"Select social_auth_usersocialauth", "Select auth_user", "Insert social_accesstoken"},
    sign_in_with_too_many_tokens: {"Select social_accesstoken", "Update social_accesstoken"},
    sign_up_with_a_free_name: {"Select auth_user", "Insert auth_user", "Insert social_auth_usersocialauth"},
    sign_up_with_a_name_that_is_taken: {"Select auth_user", "Insert auth_user", "Insert social_auth_usersocialauth"},
    link: {"Select auth_user", "Select social_accesstoken", "Insert social_auth_usersocialauth"},
    link_what_is_anothers: {"Select auth_user", "Select social_auth_usersocialauth"},
    sign_in_by_an_address_of_years_ago: {"Select social_auth_usersocialauth", "Update social_auth_usersocialauth"},
    read: {"Select social_accesstoken", "Select auth_user", "Select social_auth_usersocialauth"},
    read_much: {"Select social_accesstoken", "Select social_auth_usersocialauth"},
    come_back_after_an_hour: {"Select social_accesstoken", "Update social_accesstoken"},
    be_refused: {"Select social_accesstoken"},
    disconnect: {"Select auth_user", "Select social_auth_usersocialauth", "Delete social_auth_usersocialauth"},
    sign_out: {"Select social_accesstoken", "Delete social_accesstoken", "Update social_accesstoken"},
    be_counted: {
        "Select auth_user",
        "Select rollout_dailycalls",
        "Insert rollout_dailycalls",
        "Insert rollout_lastcall",
    },
}
"""With what each must do to which tables, however it does it."""
