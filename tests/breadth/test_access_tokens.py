"""Sign-up with every backend that accepts an access token or an OAuth 1 token pair, and malformed answers."""

import re
from urllib.parse import urlsplit

import pytest
import responses
from pytest_django import Settings

from social.providers.catalogue import CATALOGUE, CredentialKind
from tests.breadth.logins import Login, login_of
from tests.breadth.names import pattern_of
from tests.breadth.simulation import simulated
from tests.breadth.stored_rows import delete_users, rows
from tests.contract.answers import Response, assert_error
from tests.contract.conftest import ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("social_core_tests")]
NAMES = [
    entry.name
    for entry in CATALOGUE.values()
    if entry.credential in {CredentialKind.ACCESS_TOKEN, CredentialKind.TOKEN_PAIR}
]

MALFORMED = ("[]", "null", '"x"', "{}", '{"id": false}', "<h1>Welcome</h1>")
IGNORED_CALLS = {
    "github-enterprise-org": "only the status of this call is read",
    "github-enterprise-team": "as above",
    "github-org": "as above",
    "github-team": "as above",
    "qq": "an earlier call has the id, this one has only names",
    "weibo": "as above",
}
"""Providers with a call whose malformed answer may be ignored, and the reason."""
MEMBERSHIP_ERRORS = {name: ["sign_up_not_allowed"] for name in IGNORED_CALLS if name.startswith("github-")}
"""A malformed profile is not one of a member."""


@pytest.fixture
def login(name: str, settings: Settings) -> Login:
    """Enable the provider, and return a login at it."""
    login = login_of(name)
    for setting, value in login.settings.items():
        setattr(settings, setting, value)
    return login


@pytest.mark.parametrize("name", NAMES)
def test_an_access_token_signs_up_and_in(one_api: ApiClient, login: Login, name: str) -> None:
    """The first sign-up creates a user with the provider's id, and the second one signs in."""
    with simulated(*login.answers) as mock:
        first, again = one_api.sign_up(login.fields), one_api.sign_up(login.fields)
        called = {urlsplit(str(call.request.url)).hostname for call in mock.calls}
    assert (first.status_code, first.json().get("outcome")) == (201, "created"), first.content
    assert (again.status_code, again.json()["outcome"]) == (201, "signed_in")
    assert again.json()["id"] == first.json()["id"]
    assert rows() == [(name, login.uid, first.json()["id"])]
    assert re.fullmatch(pattern_of(login.suggested, login.uid, login.fields.values()), first.json()["username"])
    assert called == login.hosts


@pytest.mark.parametrize("name", NAMES)
def test_a_malformed_answer_is_refused(one_api: ApiClient, login: Login, name: str) -> None:
    """A malformed answer to any call is an error of the provider, never of ours, and nothing is written."""
    for answer in login.answers:
        for body in MALFORMED:
            nonsense = responses.Response(answer.method, answer.url, body=body)
            response = sign_up_with(one_api, nonsense, login)
            if not nonsense.call_count:
                break  # Only social-core's own flow makes this call.
            if response.status_code != 201:
                assert response.json()["code"] in {
                    "provider_bad_response",
                    "token_rejected",
                    *MEMBERSHIP_ERRORS.get(name, ()),
                }
                assert rows() == []
            else:
                assert name in IGNORED_CALLS, body
                assert [uid for _, uid, _ in rows()] == [login.uid]
            delete_users()
        delete_users()


@pytest.mark.parametrize("name", ["mediawiki"])
def test_an_identity_for_another_consumer_is_refused(one_api: ApiClient, login: Login, settings: Settings) -> None:
    """MediaWiki signs the identity for the consumer to which it issued the token."""
    settings.SOCIAL_AUTH_MEDIAWIKI_KEY = "another-consumer"
    with simulated(*login.answers):
        assert_error(one_api.sign_up(login.fields), "token_rejected")
    assert rows() == []


def sign_up_with(api: ApiClient, nonsense: responses.Response, login: Login) -> Response:
    # URLs built from malformed answers are not found.
    with simulated(nonsense, *login.answers, responses.Response("GET", re.compile("https://"), status=404)):
        return api.sign_up(login.fields)
