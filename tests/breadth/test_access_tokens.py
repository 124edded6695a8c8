"""Every backend that an access token or an OAuth 1 pair is enough for: signed up, signed in, fed nonsense."""

import re
from urllib.parse import urlsplit

import pytest
import responses
from pytest_django import Settings

from social import usernames
from social.providers.catalogue import CATALOGUE, CredentialKind
from tests.breadth.logins import Login, login_of
from tests.breadth.simulation import simulated
from tests.breadth.stored_rows import delete_users, rows
from tests.contract.answers import Response
from tests.contract.conftest import ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("social_core_tests")]
NAMES = [
    entry.name
    for entry in CATALOGUE.values()
    if entry.credential in {CredentialKind.ACCESS_TOKEN, CredentialKind.TOKEN_PAIR}
]

NONSENSE = ("[]", "null", '"x"', "{}", '{"id": false}', "<h1>Welcome</h1>")
TOLD_BEFORE = {
    "github-enterprise-org": "membership is told by the status alone",
    "github-enterprise-team": "likewise",
    "github-org": "likewise",
    "github-team": "likewise",
    "qq": "the call before has told the id, this one tells names",
    "weibo": "likewise",
}
"""Where nonsense may be overlooked: in an answer of which nothing, or no more than a name, is read."""
OF_MEMBERS = {name: ["sign_up_not_allowed"] for name in TOLD_BEFORE if name.startswith("github-")}
"""A profile that names nobody is no member's."""


@pytest.fixture
def login(name: str, settings: Settings) -> Login:
    """One person of the provider, which is the only one enabled."""
    login = login_of(name)
    for setting, value in login.settings.items():
        setattr(settings, setting, value)
    return login


@pytest.mark.parametrize("name", NAMES)
def test_sign_up(one_api: ApiClient, login: Login, name: str) -> None:
    """A user is made, with the provider's id and a name of ours; the second time the person is known."""
    with simulated(*login.answers) as mock:
        first, again = one_api.sign_up(login.fields), one_api.sign_up(login.fields)
        called = {urlsplit(str(call.request.url)).hostname for call in mock.calls}
    assert (first.status_code, first.json().get("outcome")) == (201, "created"), first.content
    assert (again.status_code, again.json()["outcome"]) == (201, "signed_in")
    assert again.json()["id"] == first.json()["id"]
    assert rows() == [(name, login.uid, first.json()["id"])]
    assert re.fullmatch(name_of(login), first.json()["username"])
    assert called == login.hosts


@pytest.mark.parametrize("name", NAMES)
def test_nonsense(one_api: ApiClient, login: Login, name: str) -> None:
    """In any one of its answers: a failure of the provider's or a refusal, never of ours, and nothing is written."""
    for answer in login.answers:
        for body in NONSENSE:
            nonsense = responses.Response(answer.method, answer.url, body=body)
            response = sign_up_with(one_api, nonsense, login)
            if not nonsense.call_count:
                break  # social-core's own flow makes that call, ours does not
            if response.status_code != 201:
                assert response.json()["code"] in {"provider_bad_response", "token_rejected", *OF_MEMBERS.get(name, ())}
                assert rows() == []
            else:
                assert name in TOLD_BEFORE, body
                assert [uid for _, uid, _ in rows()] == [login.uid]
            delete_users()
        delete_users()


def sign_up_with(api: ApiClient, nonsense: responses.Response, login: Login) -> Response:
    # What nonsense leads to is nowhere to be found.
    with simulated(nonsense, *login.answers, responses.Response("GET", re.compile("https://"), status=404)):
        return api.sign_up(login.fields)


def name_of(login: Login) -> str:
    """Return a pattern for the user name: the suggestion as our rule reduces it, or a generated one."""
    reduced = usernames.reduce_to_name(login.suggested)[: usernames.MAX_LENGTH]
    parts = re.findall(r"[A-Za-z0-9_-]{5,}", login.uid)  # some ids are the address of a page, the id in it
    texts = (login.uid, *parts, *login.fields.values())
    unlike = {usernames.reduce_to_name(text)[: usernames.MAX_LENGTH] for text in texts}
    made = reduced.lower() in {"", *usernames.RESERVED, *(text.lower() for text in unlike)}
    return r"user-[0-9a-f]{4}" if made else re.escape(reduced)
