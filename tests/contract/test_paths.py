"""docs/contract.md, section 1: every path with and without its final slash, and no other paths."""

import pytest
from pytest_django import Settings

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import link, person

UNKNOWN = [
    "nothing",
    "nothing/",
    "schema/",
    "set/1;2/",
    "provider/schema/",
    "provider/set/1;2/",
    "provider/facebook/",
    "provider//",
    "/provider/",
    "//",
    "/",
    "provider/.",
    "provider.json",
    "Provider/",
    "provider%0A",
    "provider/%0A",
    "provider%00",
    "provider%20/",
    "%20",
    "%FF/",
    "%E2%80%AE/",
    "../provider/",
    "social_sign_up//",
    "social_sign_up/1/",
    "social_sign_up/schema/",
    "social-sign-up/",
    "social_signup/",
    "social_account//",
    "social_account/set/1;2/",
    "social_account/1//",
    "social_account/1/user/",
    "token//",
    "token/current//",
    "token/current/1/",
    "token/set/1;2/",
    "user//",
    "user/1//",
    "user/1/schema/",
    "user/set/1;2/",
    "api_key/",
    "admin/",
    "openapi.json",
    "x" * 4000,
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
REQUIRED = ["social_account", "social_account/1", "token", "token/1", "token/current", "user", "user/1"]


@pytest.mark.parametrize("path", UNKNOWN, ids=lambda path: path[:40] or "empty")
def test_unknown_paths_are_not_found(api: ApiClient, settings: Settings, path: str) -> None:
    """A path outside the contract is 404 with the envelope, also under DEBUG."""
    for settings.DEBUG in (False, True):
        assert_error(api.get(path), "not_found")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["nothing/", "provider//", "user/schema/x/"])
def test_unknown_paths_are_not_found_by_any_method(api: ApiClient, method: str, path: str) -> None:
    """The path is checked before the method, also for OPTIONS and invented methods."""
    assert_error(api.call(method, path), "not_found")


def test_the_root_answers_without_a_redirect(api: ApiClient) -> None:
    """The root answers with and without its final slash."""
    bodies = {api.get("").content}
    response = api._client.get(api.prefix.rstrip("/"))
    assert (response.status_code, {response.content}) == (200, bodies)


def test_the_prefix_is_a_whole_segment(api: ApiClient) -> None:
    """A path that only begins with the text of the prefix is outside the API."""
    assert api._client.get(api.prefix.rstrip("/") + "x/provider/").status_code == 404


@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
def test_public_paths_answer_in_both_forms(api: ApiClient, slash: str) -> None:
    """GET and POST answer without a redirect."""
    assert api.get(f"provider{slash}").status_code == 200
    assert_error(api.post(f"social_sign_up{slash}", {"provider": "nobody"}), "unknown_provider")


@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
@pytest.mark.parametrize("path", REQUIRED)
def test_other_paths_require_credentials_in_both_forms(api: ApiClient, path: str, slash: str) -> None:
    """A request without credentials is 401 without a redirect."""
    assert_error(api.get(path + slash), "not_authenticated")


@pytest.mark.django_db
@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
def test_paths_with_credentials_answer_in_both_forms(api: ApiClient, slash: str) -> None:
    """Both forms have the same answer, and its links have the slash."""
    ripley = person()
    account = link(ripley.user)
    paths = [
        "user",
        f"user/{ripley.user.pk}",
        "social_account",
        f"social_account/{account.pk}",
        "token",
        f"token/{ripley.row.pk}",
        "token/current",
    ]
    for path in paths:
        response = api.get(path + slash, token=ripley.token)
        [shown] = response.json().get("objects", [response.json()])
        assert response.status_code == 200
        assert shown["resource_uri"] == f"{api.prefix}{path.split('/', maxsplit=1)[0]}/{shown['id']}/"


@pytest.mark.django_db
@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
def test_delete_answers_in_both_forms(api: ApiClient, slash: str) -> None:
    """DELETE without the slash deletes as with it."""
    ripley = person()
    account, _ = link(ripley.user), link(ripley.user, "github", "10015")
    assert api.delete(f"social_account/{account.pk}{slash}", token=ripley.token).status_code == 204
    assert_error(api.delete(f"social_account/{account.pk}{slash}", token=ripley.token), "not_found")
    assert api.delete(f"token/current{slash}", token=ripley.token).status_code == 204
    assert_error(api.get("user/", token=ripley.token), "invalid_credentials")


@pytest.mark.django_db
@pytest.mark.parametrize("resource", ["user", "social_account", "token"])
@pytest.mark.parametrize("word", ["schema", "set", "set/1;2", "1;2", "search", "current;1"])
def test_other_paths_of_a_resource_do_not_exist(api: ApiClient, resource: str, word: str) -> None:
    """The schema, set and search paths of frameworks do not exist, even with credentials."""
    ripley = person()
    assert_error(api.get(f"{resource}/{word}/", token=ripley.token), "not_found")
