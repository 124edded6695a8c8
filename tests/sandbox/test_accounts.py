from typing import Any

import pytest
import requests

from sandbox.id_tokens import FALSE_CLAIMS, FORGERIES
from sandbox.personas import ALTERATIONS, PERSONAS
from sandbox.providers import PROVIDERS, Provider
from sandbox.registrations import OURS, THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import EACH_CALL, Grant

ID_FIELD = {"google-oauth2": "sub", "line": "userId"}

NAME_FIELD = {
    "facebook": "name",
    "twitter": "screen_name",
    "google-oauth2": "name",
    "github": "login",
    "twitch": "login",
    "line": "displayName",
    "kakao": "nickname",
    "slack": "name",
    "spotify": "display_name",
}

NAMED_BY_CHECK = {
    "google-oauth2": lambda check: check["sub"],
    "github": lambda check: check["user"]["id"],
    "discord": lambda check: check["user"]["id"],
    "gitlab": lambda check: check["resource_owner_id"],
    "twitch": lambda check: check["user_id"],
    "kakao": lambda check: check["id"],
}

EACH_PROFILE = pytest.mark.parametrize("provider", calls.PROFILE)

EACH_PROVIDER = pytest.mark.parametrize("provider_class", PROVIDERS, ids=lambda provider: provider.name)


def _profile(provider: str, answer: requests.Response) -> dict[str, Any]:
    """Return the part of the answer that describes the user."""
    person: dict[str, Any] = answer.json()
    if provider == "twitch":
        [person] = person["data"]
    if provider == "twitter-oauth2":
        person = person["data"]
    if provider == "slack":
        person = person["user"]
    if provider == "kakao":
        person |= person["properties"]
    return person


@EACH_PROVIDER
def test_each_provider_has_its_calls_here(provider_class: type[Provider]) -> None:
    """Every provider has two registrations, and every one that issues access tokens is called in these tests."""
    name = provider_class.name

    assert OURS[name].client_id != THEIRS[name].client_id
    assert (name in calls.PROFILE) == provider_class.issues_access_token
    assert (name in NAMED_BY_CHECK) == provider_class.checks_user


@EACH_PROVIDER
def test_ids_are_unique(provider_class: type[Provider]) -> None:
    """No two personas have the same id, except those with an invalid one."""
    provider = provider_class()
    ids = [provider.account(persona).id for persona in PERSONAS if persona.name not in ALTERATIONS]

    assert len(set(ids)) == len(ids)
    assert len({type(user_id) for user_id in ids}) == 1


@EACH_CALL
def test_invalid_tokens_are_refused(sandbox: str, grant: Grant, provider: str, call: calls.Call) -> None:
    """Every call refuses expired, revoked and unknown tokens with an error in JSON."""
    unknown = {"access_token": "invented", "access_token_secret": "invented"}
    for granted in (grant(provider, "expired"), grant(provider, "revoked"), unknown):
        answer = call(sandbox, granted)

        assert answer.status_code in ({200} if provider == "slack" else {400, 401, 404})
        assert answer.json().keys() & {"error", "errors", "message", "msg", "title"}


@EACH_CALL
@pytest.mark.parametrize("persona", sorted({*FALSE_CLAIMS, *FORGERIES} - {"expired"}))
def test_faults_of_id_tokens_only(sandbox: str, grant: Grant, provider: str, call: calls.Call, persona: str) -> None:
    """A persona whose id_token is invalid has a valid access token."""
    assert call(sandbox, grant(provider, persona)).status_code == 200


@pytest.mark.parametrize("provider", calls.CHECK)
def test_the_check_distinguishes_apps(sandbox: str, grant: Grant, provider: str) -> None:
    """The check does not find the token of another app, or names that app."""
    ours, theirs = (str(app[provider].app_id or app[provider].client_id) for app in (OURS, THEIRS))

    own = calls.CHECK[provider](sandbox, grant(provider))
    foreign = calls.CHECK[provider](sandbox, grant(provider, "foreign"))

    assert own.status_code == 200
    assert ours not in foreign.text
    assert foreign.status_code in {400, 404} or theirs in foreign.text


@EACH_PROFILE
def test_invalid_ids(sandbox: str, grant: Grant, provider: str) -> None:
    """The profile contains the invalid id of its persona."""
    expected: dict[str, object] = {
        "no-id": None,
        "empty-id": "",
        "false-id": False,
        "true-id": True,
        "list-id": [],
        "object-id": {},
        "long-id": "9" * 300,
    }
    for persona, invalid_id in expected.items():
        profile = _profile(provider, calls.PROFILE[provider](sandbox, grant(provider, persona)))

        found = profile.get(ID_FIELD.get(provider, "id"))
        assert type(found) is type(invalid_id)
        assert found == invalid_id


@EACH_PROFILE
def test_ids_with_nul_or_nan(sandbox: str, grant: Grant, provider: str) -> None:
    """The profile contains an id with a NUL, or NaN."""
    field = ID_FIELD.get(provider, "id")

    nul = _profile(provider, calls.PROFILE[provider](sandbox, grant(provider, "nul-id")))
    assert nul[field].endswith("\x00")
    assert f'"{field}": NaN' in calls.PROFILE[provider](sandbox, grant(provider, "nan-id")).text


@EACH_PROFILE
def test_invalid_names(sandbox: str, grant: Grant, provider: str) -> None:
    """Names are too long, or contain a NUL."""
    field = NAME_FIELD.get(provider, "username")

    long = _profile(provider, calls.PROFILE[provider](sandbox, grant(provider, "long-name")))
    assert len(long[field]) == 1000
    odd = _profile(provider, calls.PROFILE[provider](sandbox, grant(provider, "nul-name")))
    assert "\x00" in odd[field]


@EACH_PROFILE
def test_addresses(sandbox: str, grant: Grant, provider: str) -> None:
    """Profiles that contain an address omit it for the persona without one."""
    params = {"params": {"fields": "id,email"}} if provider == "facebook" else {}

    own = calls.PROFILE[provider](sandbox, grant(provider), **params)
    none = calls.PROFILE[provider](sandbox, grant(provider, "no-email"), **params)

    assert own.status_code == none.status_code == 200
    assert ("ripley@example.com" in own.text) == (provider not in {"instagram", "line"})
    assert "@example.com" not in none.text


@pytest.mark.parametrize("provider", NAMED_BY_CHECK)
def test_check_and_profile_of_different_users(sandbox: str, grant: Grant, provider: str) -> None:
    """The profile is Ellen Ripley's, and the check names another user."""
    granted = grant(provider, "mismatch")
    named = NAMED_BY_CHECK[provider]

    check = calls.CHECK[provider](sandbox, granted).json()
    profile = _profile(provider, calls.PROFILE[provider](sandbox, granted))

    ripley = calls.CHECK[provider](sandbox, grant(provider)).json()
    assert profile[ID_FIELD.get(provider, "id")] == named(ripley)
    assert named(check) not in {named(ripley), None}
