"""docs/contract.md, section 4: the username of a new user."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, person
from tests.providers import Providers

pytestmark = pytest.mark.django_db

CLEAN = re.compile(r"[A-Za-z0-9._-]{1,30}")
KEPT = {
    "a name": ("ripley", "ripley"),
    "mixed case": ("RipleyE", "RipleyE"),
    "all that it may hold": ("a.B_c-9", "a.B_c-9"),
    "digits": ("1979", "1979"),
    "30 characters": ("r" * 30, "r" * 30),
    "blanks": ("Ellen  Ripley", "EllenRipley"),
    "over-long": ("r" * 31, "r" * 30),
    "very long": ("r" * 10_000, "r" * 30),
    "accents": ("Éllén", "Ellen"),
    "right-to-left marks": ("\u202eripley\u202c", "ripley"),
    "zero-width blanks": ("rip\u200bley\ufeff", "ripley"),
    "NUL": ("rip\x00ley", "ripley"),
    "a newline": ("ripley\n", "ripley"),
    "full-width letters": ("\uff52\uff49\uff50\uff4c\uff45\uff59", "ripley"),
    "markup": ("<b>ripley</b>", "bripleyb"),
    "a path": ("../../ripley", "....ripley"),
    "another script": ("漢字ripley", "ripley"),
}
REPLACED: dict[str, Any] = {
    "empty": "",
    "null": None,
    "a number": 7,
    "a list": ["ripley"],
    "an object": {"name": "ripley"},
    "a blank": " ",
    "another script alone": "漢字",
    "an emoji": "😀",
    "marks alone": "\u202e\u200f",
    "admin": "admin",
    "Admin": "Admin",
    "ADMIN": "ADMIN",
    "root": "root",
    "administrator": "administrator",
    "superuser": "superuser",
    "full-width admin": "\uff41\uff44\uff4d\uff49\uff4e",
    "admin with a mark": "ad\u200bmin",
    "admin with accents": "ádmín",
    "admin with blanks": " ad min ",
    "admin with odd characters": "ad!min",
    "admin as an address": "admin@example.com",
}


def new_name(api: ApiClient, providers: Providers, suggestion: Any, **profile: Any) -> str:
    """Sign up at GitHub with the suggestion as `login`, and return the username."""
    response = api.sign_up(providers.knows("github", "t", **{"id": 10015, "login": suggestion, **profile}))
    assert (response.status_code, response.json()["outcome"]) == (201, "created")
    name: str = response.json()["username"]
    assert CLEAN.fullmatch(name)
    assert User.objects.get(pk=response.json()["id"]).username == name
    return name


@pytest.mark.threat(14)
@pytest.mark.parametrize(("suggestion", "name"), KEPT.values(), ids=KEPT)
def test_a_suggestion_is_kept_or_reduced(one_api: ApiClient, providers: Providers, suggestion: str, name: str) -> None:
    """The username is the provider's suggestion without the characters that are not allowed."""
    assert new_name(one_api, providers, suggestion) == name


@pytest.mark.threat(14)
@pytest.mark.parametrize("suggestion", REPLACED.values(), ids=REPLACED)
def test_an_empty_or_reserved_suggestion_is_replaced(one_api: ApiClient, providers: Providers, suggestion: Any) -> None:
    """A suggestion that is empty once reduced, or reserved in any spelling, is replaced by a generated name."""
    name = new_name(one_api, providers, suggestion)
    assert name.lower() not in {"admin", "root", "administrator", "superuser"}
    assert "admin" not in name.lower()


@pytest.mark.threat(14)
@pytest.mark.parametrize("taken", ["ripley", "Ripley", "RIPLEY"])
@pytest.mark.parametrize("suggestion", ["ripley", "Ripley", "rIPLEY", "\uff52ipley", "ripley@example.com"])
def test_a_taken_suggestion_is_changed(one_api: ApiClient, providers: Providers, taken: str, suggestion: str) -> None:
    """Usernames are unique without regard to case, both before and after a suggestion is reduced."""
    person(taken)
    name = new_name(one_api, providers, suggestion)
    assert name.lower() != "ripley"
    assert name.lower().startswith("ripley")
    assert not User.objects.filter(username__iexact=name).exclude(username=name).exists()


@pytest.mark.threat(14)
def test_a_taken_suggestion_of_full_length_is_shortened(api: ApiClient, providers: Providers) -> None:
    """A taken name of 30 characters is shortened to hold a suffix."""
    person("r" * 30)
    name = new_name(api, providers, "r" * 40)
    assert len(name) <= 30
    assert name.startswith("rrrrrrrrrr")


@pytest.mark.threat(14)
def test_twenty_users_of_one_suggestion_have_twenty_usernames(api: ApiClient, providers: Providers) -> None:
    """Twenty sign-ups with the same suggestion create twenty usernames."""
    names = {new_name(api, providers, "ripley", id=number).lower() for number in range(1, 21)}
    assert len(names) == 20


@pytest.mark.threat(14)
@pytest.mark.parametrize("suggestion", ["ripley@example.com", "Ellen.Ripley@example.com"])
def test_a_username_is_never_an_address(api: ApiClient, providers: Providers, suggestion: str) -> None:
    """Only the local part of an address is used."""
    name = new_name(api, providers, suggestion)
    assert "@" not in name
    assert "example" not in name
    assert name == suggestion.partition("@")[0]


@pytest.mark.threat(14)
@pytest.mark.parametrize("suggestion", ["10015", " 10015 ", "\uff11\uff10\uff10\uff11\uff15", "10015@example.com"])
def test_a_username_is_never_the_providers_id(api: ApiClient, providers: Providers, suggestion: str) -> None:
    """Some backends suggest the id, which is not public."""
    assert new_name(api, providers, suggestion) != "10015"


@pytest.mark.threat(14, 29)
@pytest.mark.parametrize("token", ["gho_secret", "GHO_secret", "g" * 29, "g" * 4000, "abc!def.ghi"])
def test_a_username_never_holds_the_token(api: ApiClient, providers: Providers, token: str) -> None:
    """Neither the token nor its reduced form is used."""
    response = api.sign_up(providers.knows("github", token, id=10015, login=token))
    assert response.status_code == 201
    name = response.json()["username"]
    assert CLEAN.fullmatch(name)
    assert re.sub(r"[^A-Za-z0-9._-]", "", token)[:12].lower() not in name.lower()


@pytest.mark.threat(14, 29)
def test_a_username_never_holds_the_token_secret(api: ApiClient, providers: Providers) -> None:
    """The token secret of OAuth 1 is not used either."""
    fields = providers.knows("twitter", "t", **{**PROFILES["twitter"], "screen_name": "the-secret"})
    body = api.sign_up({**fields, "access_token_secret": "the-secret"}).json()
    assert "the-secret" not in body["username"]


def test_a_username_never_changes(api: ApiClient, providers: Providers) -> None:
    """A later sign-in with another suggestion does not change the username."""
    first = new_name(api, providers, "ripley")
    again = api.sign_up(providers.knows("github", "t", id=10015, login="newt")).json()
    assert again["username"] == first == "ripley"


def test_a_new_username_authenticates_in_the_header(api: ApiClient, providers: Providers) -> None:
    """Old clients send the username beside the token, as they received it."""
    body = api.sign_up(providers.knows("github", "t", id=10015, login="Éllén Ripley")).json()
    header = f"ApiKey {body['username']}:{body['token']}"
    assert api.get("user/", headers={"Authorization": header}).status_code == 200
