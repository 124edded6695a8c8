"""A client as apps have it today: `slumber` with an ApiKey header, paging by `meta.next`.

The documentation of the old library recommended `slumber`, whose last release was in 2015. Such a client knows a base
URL and the names of the resources, appends the trailing slash itself, and reads `objects` and `meta`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import slumber
from requests.auth import AuthBase
from slumber.exceptions import HttpClientError, HttpNotFoundError

from tests.e2e.servers import Sandbox

pytestmark = pytest.mark.e2e

Connect = Callable[..., Any]


class ApiKeyAuth(AuthBase):
    """The ApiKey scheme: the username and the key in one header."""

    def __init__(self, username: str, key: str) -> None:
        self.value = f"ApiKey {username}:{key}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self.value
        return request


@pytest.fixture
def connect(base_url: str) -> Iterator[Connect]:
    """Return a function that creates the client from the base URL."""
    with ExitStack() as stack:

        def connect(auth: AuthBase | None = None) -> Any:
            session = stack.enter_context(requests.Session())
            session.auth = auth
            return slumber.API(f"{base_url}/", session=session)

        yield connect


def read_all(resource: Any, **query: Any) -> list[dict[str, Any]]:
    """Read all pages of a list, by the query of `meta.next`."""
    found: list[dict[str, Any]] = []
    while True:
        page = resource.get(**query)
        found += page["objects"]
        if not page["meta"]["next"]:
            assert len(found) == page["meta"]["total_count"]
            return found
        query = dict(parse_qsl(urlsplit(page["meta"]["next"]).query))


def refused(error: pytest.ExceptionInfo[Any]) -> tuple[int, str]:
    """Return the status and the message; such clients know no codes."""
    return error.value.response.status_code, error.value.response.json()["errors"]


def test_a_session(connect: Connect, base_url: str, sandbox: Sandbox) -> None:
    """From sign-up to sign-out, only the base URL differs between the versions."""
    anonymous = connect()
    assert {"facebook", "github", "twitter"} <= {provider["name"] for provider in read_all(anonymous.provider, limit=2)}

    # One structure for all providers: fields that a provider does not have are null.
    form = {"access_token_secret": None, **sandbox.token("facebook", "zoe")}
    created = anonymous.social_sign_up.post(form)
    assert created["outcome"] == "created"
    assert created["resource_uri"] == f"{urlsplit(base_url).path}/user/{created['id']}/"
    again = anonymous.social_sign_up.post(form)
    assert (again["outcome"], again["id"]) == ("signed_in", created["id"])

    authenticated = connect(ApiKeyAuth(again["username"], again["token"]))
    (me,) = read_all(authenticated.user)
    assert me == authenticated.user(created["id"]).get()
    assert me == {name: created[name] for name in me}

    for provider in ("twitter", "github"):
        linked = authenticated.social_sign_up.post(sandbox.token(provider, "zoe"))
        assert (linked["outcome"], linked["id"], linked["token"]) == ("linked", me["id"], None)
    accounts = read_all(authenticated.social_account, limit=1)
    assert [account["provider"] for account in accounts] == ["facebook", "twitter", "github"]
    assert authenticated.social_account(accounts[1]["id"]).get() == accounts[1]

    anonymous.social_sign_up.post(sandbox.token("facebook", "dallas"))
    with pytest.raises(HttpClientError) as in_use:
        authenticated.social_sign_up.post(sandbox.token("facebook", "dallas"))
    assert refused(in_use) == (400, "That social media account is already in use")

    for account in accounts[:2]:
        assert authenticated.social_account(account["id"]).delete() is True
    with pytest.raises(HttpNotFoundError):
        authenticated.social_account(accounts[0]["id"]).get()
    with pytest.raises(HttpClientError) as last:
        authenticated.social_account(accounts[2]["id"]).delete()
    assert refused(last) == (409, "This is the last way to sign in to this account.")

    assert [token["current"] for token in read_all(authenticated.token)] == [False, True]
    assert authenticated.token("current").delete() is True
    with pytest.raises(HttpClientError) as out:
        authenticated.user.get()
    assert refused(out) == (401, "Invalid credentials.")


def test_a_key_in_the_url_is_refused(connect: Connect, sandbox: Sandbox) -> None:
    """A key in the query string is refused, so that no log contains one."""
    signed_up = connect().social_sign_up.post(sandbox.token("facebook", "zoe"))
    with pytest.raises(HttpClientError) as in_url:
        connect().user.get(username=signed_up["username"], api_key=signed_up["token"])
    assert refused(in_url) == (401, "Credentials are not accepted in the URL.")
