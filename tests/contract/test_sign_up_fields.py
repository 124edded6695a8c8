"""docs/contract.md, section 4: the fields of a sign-up are checked strictly and never coerced."""

from typing import Any

import pytest

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES
from tests.providers import Providers

pytestmark = pytest.mark.django_db

MISSING: Any = object()
REQUIRED = "This field is required."
NULL = "This field may not be null."
TEXT = "Not a valid string."
BLANK = "This field may not be blank."
ASCII = "Only visible ASCII characters are allowed."
CONTROL = "Control characters are not allowed."


def too_long(limit: int) -> str:
    return f"Ensure this field has no more than {limit} characters."


NO_STRINGS: dict[str, tuple[Any, str | None]] = {
    "null": (None, NULL),
    "an integer": (7, TEXT),
    "zero": (0, TEXT),
    "a number": (1.5, TEXT),
    "true": (True, TEXT),
    "false": (False, TEXT),
    "a list": (["t"], TEXT),
    "an empty list": ([], TEXT),
    "an object": ({"t": "t"}, TEXT),
    "an empty object": ({}, TEXT),
}
NO_TOKENS: dict[str, tuple[Any, str | None]] = {
    **NO_STRINGS,
    "missing": (MISSING, REQUIRED),
    "empty": ("", BLANK),
    "a blank": (" ", ASCII),
    "padded in front": (" t", ASCII),
    "padded behind": ("t ", ASCII),
    "a blank within": ("t t", ASCII),
    "NUL": ("t\x00", ASCII),
    "a newline": ("t\n", ASCII),
    "a newline within": ("t\r\nX: y", ASCII),
    "DEL": ("t\x7f", ASCII),
    "a letter with an accent": ("té", ASCII),
    "a full-width letter": ("\uff54", ASCII),
    "a zero-width blank": ("t\u200b", ASCII),
    "an emoji": ("😀", ASCII),
    "too long": ("t" * 4097, too_long(4096)),
}
NAMES: dict[str, tuple[Any, str | None]] = {
    **NO_STRINGS,
    "missing": (MISSING, None),
    "empty": ("", None),
    "a blank": (" ", None),
    "padded": (" Ellen ", None),
    "non-ASCII": ("Éllén 漢 😀", None),
    "full": ("é" * 150, None),
    "too long": ("é" * 151, too_long(150)),
    "NUL": ("Ellen\x00", CONTROL),
    "a newline": ("Ellen\n", CONTROL),
    "a tab": ("El\tlen", CONTROL),
    "DEL": ("Ellen\x7f", CONTROL),
}


def known(providers: Providers, provider: str = "facebook", **known_by: str) -> dict[str, Any]:
    return providers.knows(provider, known_by.get("token", "t"), **PROFILES[provider])


def changed(fields: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {key: kept for key, kept in {**fields, name: value}.items() if kept is not MISSING}


def check(api: ApiClient, providers: Providers, fields: dict[str, Any], name: str, fault: str | None) -> None:
    response = api.sign_up(fields)
    if fault is None:
        assert (response.status_code, response.json()["username"]) == (201, "EllenRipley")
    else:
        assert_error(response, "invalid_request", fields={name: fault})
        assert not providers.calls


@pytest.mark.parametrize(("value", "fault"), NO_TOKENS.values(), ids=NO_TOKENS)
def test_an_access_token_is_visible_ascii(api: ApiClient, providers: Providers, value: Any, fault: str) -> None:
    """An access token has 1 to 4096 characters of visible ASCII; the provider gets no other."""
    check(api, providers, changed(known(providers), "access_token", value), "access_token", fault)


@pytest.mark.parametrize(("value", "fault"), NO_TOKENS.values(), ids=NO_TOKENS)
@pytest.mark.parametrize("field", ["access_token", "access_token_secret"])
def test_oauth_1_needs_a_token_and_a_secret(
    one_api: ApiClient, providers: Providers, field: str, value: Any, fault: str
) -> None:
    """OAuth 1 needs a token and a secret, and both are checked in the same way."""
    check(one_api, providers, changed(known(providers, "twitter"), field, value), field, fault)


@pytest.mark.parametrize("token", ["t", "0", "null", "!", "~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "t" * 4096])
def test_a_valid_token_reaches_the_provider_unchanged(api: ApiClient, providers: Providers, token: str) -> None:
    """Any visible ASCII reaches the provider unchanged, up to the longest token."""
    assert api.sign_up(known(providers, token=token)).status_code == 201
    [call] = providers.calls
    assert call.request.params["access_token"] == token  # type: ignore[attr-defined]  # `responses` adds them


@pytest.mark.parametrize("secret", ["s", "t" * 4096])
def test_a_secret_of_the_greatest_length_is_accepted(api: ApiClient, providers: Providers, secret: str) -> None:
    """The longest secret of OAuth 1 is accepted."""
    response = api.sign_up({**known(providers, "twitter"), "access_token_secret": secret})
    assert response.status_code == 201


@pytest.mark.parametrize("secret", [None, "", "s", "s" * 5000, 7, True, [], {"a": None}, "é\x00\n"], ids=repr)
def test_oauth_2_ignores_a_secret(api: ApiClient, providers: Providers, subtests: pytest.Subtests, secret: Any) -> None:
    """OAuth 2 ignores the secret, whatever it holds: old clients send the same fields to every provider."""
    for provider in ("facebook", "instagram", "google-oauth2", "github"):
        with subtests.test(provider):
            assert api.sign_up({**known(providers, provider), "access_token_secret": secret}).status_code == 201


@pytest.mark.parametrize(("value", "fault"), NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_names_are_optional_strings_of_150_characters(
    one_api: ApiClient, providers: Providers, field: str, value: Any, fault: str | None
) -> None:
    """Names are checked everywhere and used only for providers that do not send names."""
    check(one_api, providers, changed(known(providers), field, value), field, fault)
    if fault is None:
        user = one_api.sign_up(known(providers)).json()
        assert (user["first_name"], user["last_name"]) == ("Ellen", "Ripley")


@pytest.mark.parametrize("nonce", [None, "", 7, True, [], {}, "n" * 999, "n\x00"], ids=lambda nonce: repr(nonce)[:9])
def test_a_nonce_without_an_id_token_is_ignored(api: ApiClient, providers: Providers, nonce: Any) -> None:
    """A nonce without an id_token is ignored, whatever it holds."""
    assert api.sign_up({**known(providers), "nonce": nonce}).status_code == 201


@pytest.mark.parametrize("provider", ["twitter", "instagram", "github"])
@pytest.mark.parametrize("id_token", ["t", "a.b.c"])
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "with an access token"])
def test_an_id_token_is_refused_by_a_provider_that_does_not_accept_one(
    api: ApiClient, providers: Providers, provider: str, id_token: str, alone: bool
) -> None:
    """The id_token is an error and is not ignored: the client expects it to be the proof."""
    fields = {**known(providers, provider), "id_token": id_token}
    if alone and provider != "twitter":
        del fields["access_token"]
    response = api.sign_up(fields)
    assert_error(response, "invalid_request", fields={"id_token": "This provider takes no id_token."})
    assert not providers.calls


def test_all_invalid_fields_are_named_in_table_order(api: ApiClient, providers: Providers) -> None:
    """The order is that of the table, not of the body, and the sentence is about the first field."""
    fields = {
        "last_name": "x" * 151,
        "first_name": None,
        "access_token_secret": 7,
        "access_token": "",
        "provider": "twitter",
    }
    response = api.sign_up(fields)
    faults = {
        "access_token": BLANK,
        "access_token_secret": TEXT,
        "first_name": NULL,
        "last_name": too_long(150),
    }
    assert_error(response, "invalid_request", fields=faults)
    assert list(response.json()["fields"]) == list(faults)


def test_an_empty_object_lacks_both_required_fields(api: ApiClient) -> None:
    """An empty object is an error that names both required fields."""
    assert_error(api.sign_up({}), "invalid_request", fields={"provider": REQUIRED, "access_token": REQUIRED})


def test_a_form_is_refused(api: ApiClient) -> None:
    """A form is 415, and none of its fields is used."""
    response = api.post(
        "social_sign_up/", b"provider=facebook&access_token=t", content_type="application/x-www-form-urlencoded"
    )
    assert_error(response, "unsupported_media_type")
