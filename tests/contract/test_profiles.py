"""docs/contract.md, section 4: only the id is required; a name or an address is cleaned or dropped, never an error."""

import json
from typing import Any

import pytest

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, UID_KEYS, all_rows, link, person
from tests.providers import Providers

pytestmark = pytest.mark.django_db

BAD_IDS: dict[str, Any] = {
    "missing": ...,
    "null": None,
    "empty": "",
    "false": False,
    "true": True,
    "an empty list": [],
    "a list": ["1"],
    "an empty object": {},
    "an object": {"id": 1},
    "a number": 1.5,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "300 characters": "1" * 300,
    "an integer of 300 digits": 10**300,
    "NUL": "1\x00",
    "a newline": "1\n",
    "a control character": "1\x1f",
    "a C1 control character": "1\x85",
    "a lone surrogate": "\ud800",
}
GOOD_IDS: dict[str, tuple[Any, str]] = {
    "a string": ("10011", "10011"),
    "an integer": (10011, "10011"),
    "zero": (0, "0"),
    "minus one": (-1, "-1"),
    "text": ("a|b:c/d", "a|b:c/d"),
    "non-ASCII": ("é漢", "é漢"),
    "255 characters": ("1" * 255, "1" * 255),
    "a large integer": (2**70, str(2**70)),
    "padding within": ("1 1", "1 1"),
}
FIRST_NAMES: dict[str, tuple[Any, str]] = {
    "null": (None, ""),
    "empty": ("", ""),
    "a number": (7, ""),
    "true": (True, ""),
    "a list": (["Ellen"], ""),
    "an object": ({"first": "Ellen"}, ""),
    "NUL": ("El\x00len", "Ellen"),
    "a newline": ("Ellen\n", "Ellen"),
    "a control character": ("\x1bEllen\x9b", "Ellen"),
    "right-to-left marks": ("\u202eEllen\u202c", "Ellen"),
    "non-ASCII": ("Éllén", "Éllén"),
    "an emoji": ("😀", "😀"),
    "markup": ("<b>Ellen</b>", "<b>Ellen</b>"),
    "over-long": ("E" * 1000, "E" * 150),
}
EMAILS: dict[str, tuple[Any, str]] = {
    "null": (None, ""),
    "empty": ("", ""),
    "a number": (7, ""),
    "a list": (["ripley@example.com"], ""),
    "an object": ({}, ""),
    "no address": ("ripley", ""),
    "two addresses": ("a@example.com, b@example.com", ""),
    "NUL": ("ripley\x00@example.com", ""),
    "a newline": ("ripley@example.com\nBcc: x@example.com", ""),
    "over-long": ("r" * 250 + "@example.com", ""),
    "a control character in quotes": ('"ri\x01pley"@example.com', ""),
    "an escaped control character in quotes": ('"ri\\\x1bpley"@example.com', ""),
    "a tab in quotes": ('"ri\\\tpley"@example.com', ""),
    "DEL in quotes": ('"ri\x7fpley"@example.com', ""),
    "no width in the domain": ("ripley@example\u200b.com", ""),
    "a soft hyphen in the domain": ("ripley@exam\u00adple.com", ""),
    "marks of direction": ("ripley@example\u202e.com", ""),
    "the Kelvin sign": ("\u212aripley@example.com", ""),
    "the long s": ("\u017fripley@example.com", ""),
    "a domain that ends with a dot": ("ripley@example.com.", ""),
    "two at signs": ("a@evil@example.com", ""),
    "an at sign in quotes": ('"a@evil"@example.com', '"a@evil"@example.com'),
    "an international domain": ("ripley@exämple.com", "ripley@exämple.com"),
    "as long as may be": ("r" * 64 + "@" + ("e" * 60 + ".") * 3 + "com", "r" * 64 + "@" + ("e" * 60 + ".") * 3 + "com"),
    "an address": ("Ripley+x@Example.com", "Ripley+x@example.com"),
}


def profile(provider: str, **changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**PROFILES[provider], **changed}.items() if value is not ...}


@pytest.mark.threat(8)
@pytest.mark.parametrize("uid", BAD_IDS.values(), ids=BAD_IDS)
def test_a_malformed_id_is_refused(
    one_api: ApiClient, providers: Providers, subtests: pytest.Subtests, uid: Any
) -> None:
    """Without a usable id the answer is 502 and nothing is stored, at any provider and when linking."""
    ripley = person()
    before = all_rows()
    for provider, key in UID_KEYS.items():
        fields = providers.knows(provider, "t", **profile(provider, **{key: uid, "id_str": uid}))
        for token in (None, ripley.token):
            with subtests.test(provider, linking=token is not None):
                assert_error(one_api.sign_up(fields, token=token), "provider_bad_response")
                assert all_rows() == before


@pytest.mark.parametrize(("uid", "kept"), GOOD_IDS.values(), ids=GOOD_IDS)
def test_a_usable_id_finds_its_user_again(
    one_api: ApiClient, providers: Providers, subtests: pytest.Subtests, uid: Any, kept: str
) -> None:
    """A string or an integer is stored as text, and the next sign-in finds the user."""
    for provider in ("facebook", "github", "google-oauth2"):
        with subtests.test(provider):
            fields = providers.knows(provider, "t", **profile(provider, **{UID_KEYS[provider]: uid}))
            first, second = one_api.sign_up(fields).json(), one_api.sign_up(fields).json()
            assert (first["outcome"], second["outcome"], second["id"]) == ("created", "signed_in", first["id"])
            [account] = one_api.get("social_account/", token=first["token"]).json()["objects"]
            assert account["uid"] == kept


@pytest.mark.parametrize(("value", "kept"), FIRST_NAMES.values(), ids=FIRST_NAMES)
def test_a_first_name_is_cleaned_or_dropped(one_api: ApiClient, providers: Providers, value: Any, kept: str) -> None:
    """A first name is cleaned or dropped at sign-up and at a later sign-in."""
    plain = {"id": "1", "username": "ripley", "last_name": "Ripley"}
    fields = providers.knows("facebook", "t", **plain, first_name=value)
    created, again = one_api.sign_up(fields), one_api.sign_up(fields)
    assert (created.status_code, created.json()["first_name"], created.json()["last_name"]) == (201, kept, "Ripley")
    assert (again.status_code, again.json()["first_name"]) == (201, kept)


@pytest.mark.threat(44)
@pytest.mark.parametrize(("value", "kept"), EMAILS.values(), ids=EMAILS)
@pytest.mark.parametrize("provider", ["facebook", "github"])
def test_an_address_is_kept_whole_or_dropped(
    one_api: ApiClient, providers: Providers, provider: str, value: Any, kept: str
) -> None:
    """An address is stored whole or not at all."""
    fields = providers.knows(provider, "t", **profile(provider, email=value))
    created, again = one_api.sign_up(fields), one_api.sign_up(fields)
    assert (created.status_code, created.json()["email"]) == (201, kept)
    assert (again.status_code, again.json()["email"]) == (201, kept)


@pytest.mark.parametrize(
    "value", [None, 7, True, [], {}, "\x00", "x" * 10_000, "\ud800"], ids=lambda one: repr(one)[:9]
)
@pytest.mark.parametrize("provider", PROFILES)
def test_malformed_details_do_not_stop_a_sign_in(
    one_api: ApiClient, providers: Providers, provider: str, value: Any
) -> None:
    """Sign-up and sign-in succeed with one malformed value for every detail."""
    vital = {UID_KEYS[provider]: PROFILES[provider][UID_KEYS[provider]]}
    if provider == "google-oauth2":
        vital["email_verified"] = True
    odd = {name: value for name in {*PROFILES[provider], "picture", "locale", "user"} if name not in vital}
    fields = providers.knows(provider, "t", **odd, **vital)
    created, again = one_api.sign_up(fields), one_api.sign_up(fields)
    assert (created.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == created.json()["id"]
    assert json.dumps(created.json(), ensure_ascii=False).isprintable()


@pytest.mark.threat(13)
def test_malformed_details_do_not_lock_a_user_out(api: ApiClient, providers: Providers) -> None:
    """A known user can sign in with a malformed profile."""
    ripley = person("ripley", email="own@example.com")
    link(ripley.user, "github", "10015")
    fields = providers.knows("github", "t", id=10015, login=["\x00"], email={"a": 1}, name=7)
    response = api.sign_up(fields)
    assert (response.status_code, response.json()["id"]) == (201, ripley.user.pk)
    assert response.json()["email"] == "own@example.com"
