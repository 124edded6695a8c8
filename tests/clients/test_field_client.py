"""A client of the kind that is in the field: `slumber` with an ApiKey header, paging by `meta.next`.

`slumber` is what the old library's own documentation pointed to; its last release is of 2015. Such a client knows a
base URL and the names of the resources, appends the trailing slash itself, and reads `objects` and `meta`.
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
    """What such clients wrote: the name and the key in one header."""

    def __init__(self, username: str, key: str) -> None:
        self.value = f"ApiKey {username}:{key}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self.value
        return request


@pytest.fixture
def connect(base_url: str) -> Iterator[Connect]:
    """Give what makes the client; the base URL is all that it is told."""
    with ExitStack() as stack:

        def connect(auth: AuthBase | None = None) -> Any:
            session = stack.enter_context(requests.Session())
            session.auth = auth
            return slumber.API(f"{base_url}/", session=session)

        yield connect


def everything(resource: Any, **query: Any) -> list[dict[str, Any]]:
    """Read a list to its end, as such clients did: by the query of `meta.next`."""
    found: list[dict[str, Any]] = []
    while True:
        page = resource.get(**query)
        found += page["objects"]
        if not page["meta"]["next"]:
            assert len(found) == page["meta"]["total_count"]
            return found
        query = dict(parse_qsl(urlsplit(page["meta"]["next"]).query))


def refused(error: pytest.ExceptionInfo[Any]) -> tuple[int, str]:
    """Give the status and the sentence; such clients know no codes."""
    return error.value.response.status_code, error.value.response.json()["errors"]


def test_the_whole_story(connect: Connect, base_url: str, sandbox: Sandbox) -> None:
    """From signing up to signing out, nothing differs for the client but its base URL."""
    nobody = connect()
    assert {"facebook", "github", "twitter"} <= {provider["name"] for provider in everything(nobody.provider, limit=2)}

    # One struct for all providers: what one of them does not have is null.
    form = {"access_token_secret": None, **sandbox.token("facebook", "zoe")}
    created = nobody.social_sign_up.post(form)
    assert created["outcome"] == "created"
    assert created["resource_uri"] == f"{urlsplit(base_url).path}/user/{created['id']}/"
    again = nobody.social_sign_up.post(form)
    assert (again["outcome"], again["id"]) == ("signed_in", created["id"])

    somebody = connect(ApiKeyAuth(again["username"], again["token"]))
    (me,) = everything(somebody.user)
    assert me == somebody.user(created["id"]).get()
    assert me == {name: created[name] for name in me}

    for provider in ("twitter", "github"):
        linked = somebody.social_sign_up.post(sandbox.token(provider, "zoe"))
        assert (linked["outcome"], linked["id"], linked["token"]) == ("linked", me["id"], None)
    accounts = everything(somebody.social_account, limit=1)
    assert [account["provider"] for account in accounts] == ["facebook", "twitter", "github"]
    assert somebody.social_account(accounts[1]["id"]).get() == accounts[1]

    nobody.social_sign_up.post(sandbox.token("facebook", "dallas"))
    with pytest.raises(HttpClientError) as in_use:
        somebody.social_sign_up.post(sandbox.token("facebook", "dallas"))
    assert refused(in_use) == (400, "That social media account is already in use")

    for account in accounts[:2]:
        assert somebody.social_account(account["id"]).delete() is True
    with pytest.raises(HttpNotFoundError):
        somebody.social_account(accounts[0]["id"]).get()
    with pytest.raises(HttpClientError) as last:
        somebody.social_account(accounts[2]["id"]).delete()
    assert refused(last) == (409, "This is the last way to sign in to this account.")

    assert [token["current"] for token in everything(somebody.token)] == [False, True]
    assert somebody.token("current").delete() is True
    with pytest.raises(HttpClientError) as out:
        somebody.user.get()
    assert refused(out) == (401, "Invalid credentials.")


def test_a_key_in_the_url_is_refused(connect: Connect, sandbox: Sandbox) -> None:
    """The other way such clients could send their key is refused, so that no log holds one."""
    signed_up = connect().social_sign_up.post(sandbox.token("facebook", "zoe"))
    with pytest.raises(HttpClientError) as in_url:
        connect().user.get(username=signed_up["username"], api_key=signed_up["token"])
    assert refused(in_url) == (401, "Credentials are not accepted in the URL.")
