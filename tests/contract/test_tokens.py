"""docs/contract.md, section 5: a user's tokens, and signing out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from social import tokens
from social.models import AccessToken
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import Person, person

pytestmark = pytest.mark.django_db


def issue_another(ripley: Person) -> tuple[str, AccessToken]:
    value = tokens.issue(user=ripley.user).value
    return value, AccessToken.objects.get(digest=tokens.digest_of(value))


@pytest.mark.threat(31)
@pytest.mark.parametrize("path", ["token/current/", "token/{id}/"])
def test_a_deleted_token_is_invalid_at_once(api: ApiClient, path: str) -> None:
    """The token is invalid at once, on every path and in every form; the user's other tokens stay valid."""
    ripley = person()
    other, _ = issue_another(ripley)
    response = api.delete(path.format(id=ripley.row.pk), token=ripley.token)
    assert (response.status_code, response.content) == (204, b"")
    for header in (f"Bearer {ripley.token}", f"Token {ripley.token}", f"ApiKey ripley:{ripley.token}"):
        for public in ("user/", "provider/", ""):
            assert_error(api.get(public, headers={"Authorization": header}), "invalid_credentials")
    assert_error(api.delete(path.format(id=ripley.row.pk), token=ripley.token), "invalid_credentials")
    assert api.get("user/", token=other).status_code == 200


@pytest.mark.threat(31)
def test_a_user_can_revoke_another_of_their_tokens(api: ApiClient) -> None:
    """A user can sign out a lost device from another one."""
    ripley = person()
    lost, row = issue_another(ripley)
    assert api.delete(f"token/{row.pk}/", token=ripley.token).status_code == 204
    assert_error(api.get("user/", token=lost), "invalid_credentials")
    assert_error(api.delete(f"token/{row.pk}/", token=ripley.token), "not_found")
    assert api.get("user/", token=ripley.token).status_code == 200


def test_the_token_of_the_call_is_marked_as_current(api: ApiClient) -> None:
    """Exactly one token is current: the one of the call."""
    ripley = person()
    value, row = issue_another(ripley)
    for token, own in ((ripley.token, ripley.row), (value, row)):
        listed = api.get("token/", token=token).json()["objects"]
        assert [one["id"] for one in listed if one["current"] is True] == [own.pk]
        assert [one["current"] for one in listed].count(False) == 1
        assert api.get("token/current/", token=token).json() == next(one for one in listed if one["current"])
        assert api.get("token/current/", token=token).content == api.get(f"token/{own.pk}/", token=token).content


@pytest.mark.threat(31)
def test_answers_hold_no_token_and_no_digest(api: ApiClient) -> None:
    """Answers about tokens hold neither the value nor the stored digest."""
    ripley = person()
    for path in ("token/", "token/current/", f"token/{ripley.row.pk}/"):
        text = api.get(path, token=ripley.token).content.decode()
        assert ripley.token not in text
        assert ripley.row.digest not in text


def test_an_expired_token_is_not_found(api: ApiClient) -> None:
    """An expired token is neither listed nor found."""
    ripley = person()
    _, row = issue_another(ripley)
    AccessToken.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    body = api.get("token/", token=ripley.token).json()
    assert ([one["id"] for one in body["objects"]], body["meta"]["total_count"]) == ([ripley.row.pk], 1)
    assert_error(api.get(f"token/{row.pk}/", token=ripley.token), "not_found")
    assert_error(api.delete(f"token/{row.pk}/", token=ripley.token), "not_found")


def test_the_current_token_requires_credentials(api: ApiClient) -> None:
    """`token/current/` without credentials is 401."""
    assert_error(api.get("token/current/"), "not_authenticated")
    assert_error(api.delete("token/current/"), "not_authenticated")


def test_the_last_use_includes_the_call_itself(api: ApiClient) -> None:
    """After an hour without use, a call shows its own time as the last use."""
    ripley = person()
    AccessToken.objects.update(last_used=timezone.now() - timedelta(hours=5))
    start = timezone.now().replace(microsecond=0)
    shown = api.get("token/current/", token=ripley.token).json()["last_used"]
    assert start.strftime("%Y-%m-%dT%H:%M:%SZ") <= shown


@pytest.mark.threat(31, 43)
@pytest.mark.parametrize("path", ["token/", "token", "token/?limit=x&offset=1"])
def test_a_user_can_sign_out_everywhere(api: ApiClient, path: str) -> None:
    """Every token of the user is invalid at once, that of the call and imported keys included; no other user's is."""
    ripley, parker = person(), person("parker")
    values = [ripley.token, *(issue_another(ripley)[0] for _ in range(2))]
    key, row = issue_another(ripley)
    AccessToken.objects.filter(pk=row.pk).update(imported=True, expires_at=None)
    response = api.delete(path, token=ripley.token)
    assert (response.status_code, response.content) == (204, b"")
    for value in (*values, key):
        assert_error(api.get("user/", token=value), "invalid_credentials")
    assert api.get("user/", token=parker.token).status_code == 200
    left = AccessToken.objects.filter(user=ripley.user)
    assert [one.pk for one in left] == [row.pk], "the row of an imported key stays, so that it is not imported again"
    assert_error(api.delete("token/", token=ripley.token), "invalid_credentials")


def test_signing_out_everywhere_requires_credentials(api: ApiClient) -> None:
    """Without credentials it is 401, and a body is ignored."""
    ripley = person()
    assert_error(api.delete("token/"), "not_authenticated")
    response = api.call("DELETE", "token/", token=ripley.token, data=b"{nonsense", content_type="text/plain")
    assert response.status_code == 204


@pytest.mark.threat(31)
def test_the_token_of_a_deleted_user_is_invalid(api: ApiClient) -> None:
    """The tokens of a user are deleted with the user."""
    ripley = person()
    ripley.user.delete()
    assert_error(api.get("user/", token=ripley.token), "invalid_credentials")
    assert not AccessToken.objects.exists()


@pytest.mark.threat(9, 43)
def test_no_token_survives_deactivation(api: ApiClient) -> None:
    """The tokens of a deactivated user stay invalid when the user is active again."""
    ripley = person()
    for active in (False, True):
        ripley.user.is_active = active
        ripley.user.save()
        assert_error(api.get("user/", token=ripley.token), "invalid_credentials")
