"""Details show the caller's own rows, all others are not found: docs/contract.md, section 5."""

import pytest
from django.contrib.auth.models import User

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import Person, all_rows, link, person

pytestmark = pytest.mark.django_db

NO_IDS = {
    "a word": "abc",
    "a fraction": "1.5",
    "a whole fraction": "{id}.0",
    "negative": "-1",
    "minus the id": "-{id}",
    "signed": "+{id}",
    "zero": "0",
    "20 digits": "9" * 20,
    "19 digits": "9" * 19,
    "5000 digits": "9" * 5000,
    "the largest bigint": "9223372036854775807",
    "one more": "9223372036854775808",
    "another script": "\u0661",
    "full-width": "\uff11",
    "a superscript": "²",
    "an underscore": "1_0",
    "hexadecimal": "0x{id}",
    "an exponent": "{id}e0",
    "a blank in front": "%20{id}",
    "a blank behind": "{id}%20",
    "a newline": "{id}%0A",
    "NUL": "{id}%00",
    "NUL alone": "%00",
    "not UTF-8": "%FF",
    "two": "{id};{id}",
    "two with a comma": "{id},{id}",
    "a list": "set;{id}",
    "null": "null",
    "None": "None",
    "self": "me",
    "SQL": "{id}%20OR%201=1",
    "a file": "{id}.json",
    "a leading zero": "0{id}",
}
RESOURCES = ["user", "social_account", "token"]
NUMBERS = {name: id_ for name, id_ in NO_IDS.items() if id_.format(id=1).isascii() and id_.format(id=1).isdecimal()}
"""The malformed ids that reach the lookup of a row; no path matches the others, whatever the resource."""


def own_id(ripley: Person, resource: str) -> int:
    ids = {"user": ripley.user.pk, "token": ripley.row.pk}
    return ids.get(resource) or link(ripley.user).pk


@pytest.mark.parametrize("id_", NO_IDS.values(), ids=NO_IDS)
def test_a_malformed_id_is_not_found(api: ApiClient, id_: str) -> None:
    """GET, HEAD and DELETE answer 404; they never find the row with a similar id."""
    refuses(api, "token", id_)


@pytest.mark.parametrize("id_", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("resource", ["user", "social_account"])
def test_a_number_without_a_row_is_not_found(api: ApiClient, resource: str, id_: str) -> None:
    """An id without a row is 404 for each resource, which has a lookup of its own in each adapter."""
    refuses(api, resource, id_)


def refuses(api: ApiClient, resource: str, id_: str) -> None:
    ripley = person()
    path = f"{resource}/{id_.format(id=own_id(ripley, resource))}/"
    before = all_rows()
    assert_error(api.get(path, token=ripley.token), "not_found")
    assert_error(api.call("HEAD", path, token=ripley.token), "not_found")
    if resource != "user":
        assert_error(api.delete(path, token=ripley.token), "not_found")
    assert all_rows() == before


@pytest.mark.parametrize("resource", RESOURCES)
def test_another_users_row_is_not_found(api: ApiClient, resource: str) -> None:
    """Another user's row gets the same answer as an id that does not exist, and nothing changes."""
    ripley, parker = person(), person("parker", is_superuser=True)
    theirs, own = own_id(parker, resource), link(ripley.user, "github", "1")
    before = all_rows()
    answers = []
    for id_ in (theirs, 10**6):
        answers.append(api.get(f"{resource}/{id_}/", token=ripley.token).content)
        assert_error(api.get(f"{resource}/{id_}/", token=ripley.token), "not_found")
        if resource != "user":
            assert_error(api.delete(f"{resource}/{id_}/", token=ripley.token), "not_found")
    assert len(set(answers)) == 1
    assert all_rows() == before
    assert api.get(f"social_account/{own.pk}/", token=ripley.token).status_code == 200


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_superuser_sees_only_own_rows(api: ApiClient, resource: str) -> None:
    """Permissions in the admin have no effect in the API."""
    admin, ripley = person("owner", is_superuser=True, is_staff=True), person()
    assert_error(api.get(f"{resource}/{own_id(ripley, resource)}/", token=admin.token), "not_found")
    listed = api.get(f"{resource}/", token=admin.token).json()["objects"]
    assert len(listed) == (0 if resource == "social_account" else 1)


def test_the_list_of_users_holds_only_the_caller(api: ApiClient) -> None:
    """The list of users has one row, whatever the number of users."""
    ripley = person()
    User.objects.bulk_create(User(username=f"user{number}") for number in range(3))
    body = api.get("user/", token=ripley.token).json()
    assert [one["id"] for one in body["objects"]] == [ripley.user.pk]
    assert body["meta"]["total_count"] == 1
