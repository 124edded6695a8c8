"""Clients' names: an app build, never a person, at most 80 characters, and idempotent."""

import base64
import uuid

import pytest
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st

from rollout.clients import MAX_LENGTH, NONE, OTHER, UNREADABLE, client_of, name_in

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
NAMES = {
    "ShopApp/2.1": "ShopApp/2.1",
    "ShopApp": "ShopApp",
    "ShopApp/2.1.0-beta.1 (iPhone; iOS 17.5)": "ShopApp/2.1.0",
    "ShopApp/2.1.0.4711": "ShopApp/2.1.0",
    "ShopApp v2.1": "ShopApp/2.1",
    "com.example.shop/412": "com.example.shop/412",
    "My%20App/412 CFNetwork/1410.0.3 Darwin/22.6.0": "My-App/412",
    "okhttp/4.9.0": "okhttp/4.9.0",
    "Dalvik/2.1.0 (Linux; U; Android 9; Pixel 3 Build/PQ1A.181105.017.A1)": "Dalvik/2.1.0",
    "python-requests/2.31.0": "python-requests/2.31.0",
    "google-api-nodejs-client/9.1": "google-api-nodejs-client/9.1",
    "Java/1.8.0_292": "Java/1.8.0",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/130.0.0.0 Safari/537.36": "Chrome/130",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/130.0.0.0 Safari/537.36 Edg/131.0.2849.46": "Edge/131",
    f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/129.0.0.0 Safari/537.36 OPR/115.0.0.0": "Opera/115",
    "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0": "Firefox/131",
    f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1": "Safari/17",
    f"{IPHONE} CriOS/130.0.6723.37 Mobile/15E148 Safari/604.1": "Chrome/130",
    f"{IPHONE} FxiOS/131.0 Mobile/15E148 Safari/605.1.15": "Firefox/131",
    f"{IPHONE} Mobile/15E148 ShopApp/2.1": "ShopApp/2.1",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": "Googlebot/2.1",
    "Mozilla/5.0": "Mozilla",
    "": NONE,
    "  ": NONE,
    "-": UNREADABLE,
    "ShopApp\x00": UNREADABLE,
    "Sh\xf6pApp/2.1": UNREADABLE,
    "ripley@example.com": UNREADABLE,
    "ripley@example.com/2.1": UNREADABLE,
    "ShopApp ripley@example.com": "ShopApp",
    "ShopApp/ripley@example.com": "ShopApp",
    "ShopApp 10011": "ShopApp",
    "ShopApp/5551234567": "ShopApp",
    "ShopApp/555.123.4567": "ShopApp/555.123",
    "+15551234567": UNREADABLE,
    "a4e6c7d8-4f89-11d3-9a0c-0305e82c3301": UNREADABLE,
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a": UNREADABLE,
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fw": UNREADABLE,
    "user10011": UNREADABLE,
    "A" * 41: UNREADABLE,
}
ODD = st.one_of(
    st.text(max_size=1200),
    st.text("aZ09/._- ;()@%+\x00", max_size=100),
    st.from_regex(r"\A(Mozilla/5\.0 )?(\([a-z;/ .0-9]{0,20}\) )?([A-Za-z]{1,12}/[0-9.]{1,8} ){0,4}\Z"),
)


@pytest.mark.parametrize(("text", "name"), NAMES.items())
def test_names(text: str, name: str) -> None:
    """An app's product and version; of a browser, its real product and major version."""
    assert name_in(text) == name


@given(ODD)
def test_a_name_is_bounded_and_idempotent(text: str) -> None:
    """For any header: at most 80 visible characters, and the name of a name is itself."""
    name = name_in(text)
    assert len(name) <= MAX_LENGTH
    assert name.isascii()
    assert name.isprintable()
    assert " " not in name
    assert name_in(name) == name


IDS = st.one_of(
    st.uuids().map(str),
    st.uuids().map(lambda one: one.hex),
    st.binary(min_size=16, max_size=48).map(lambda some: base64.urlsafe_b64encode(some).decode().rstrip("=")),
    st.binary(min_size=16, max_size=48).map(lambda some: base64.b64encode(some).decode()),
    st.binary(min_size=10, max_size=32).map(bytes.hex),
    st.integers(min_value=10**7).map(str),
    st.emails(),
)
BEFORE = st.sampled_from(
    ["", "ShopApp/", "ShopApp ", "ShopApp/2.1 ", "user-", "id.", "Mozilla/5.0 ", "Mozilla/5.0 (X11) "]
)


@given(BEFORE, IDS, st.sampled_from(["", "/2.1", " ShopApp/2.1", "/1 Safari/1"]))
def test_a_name_identifies_no_person(before: str, secret: str, after: str) -> None:
    """No UUID, token, long number or address is in a name, wherever it is in the header."""
    name = name_in(before + secret + after).lower()
    assert secret.lower() not in name
    assert secret.lower().replace("-", "") not in name.replace("-", "")
    assert "@" not in name


def test_no_part_of_a_token_is_kept() -> None:
    """A token is refused, not shortened."""
    for secret in (uuid.UUID(int=2**128 - 1).hex, "ya29.a0AfH6SMBx" * 3):
        assert name_in(secret) == UNREADABLE


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, NONE),
        ({"X-Client": "ShopApp/2.1"}, "ShopApp/2.1"),
        ({"X-Client": "ShopApp/2.1", "User-Agent": "okhttp/4.9.0"}, "ShopApp/2.1"),
        ({"User-Agent": "okhttp/4.9.0"}, "okhttp/4.9.0"),
        ({"X-Client": "ripley@example.com", "User-Agent": "okhttp/4.9.0"}, "okhttp/4.9.0"),
        ({"X-Client": "ripley@example.com"}, UNREADABLE),
        ({"X-Client": OTHER}, OTHER),
    ],
)
def test_the_header_comes_before_the_user_agent(headers: dict[str, str], name: str) -> None:
    """Unless its value may identify a person."""
    assert client_of(RequestFactory().get("/", headers=headers)) == name


@override_settings(CLIENT_HEADER="App-Build")
def test_the_header_is_the_operators_choice() -> None:
    """CLIENT_HEADER names it."""
    headers = {"X-Client": "Wrong/1", "App-Build": "ShopApp/2.1"}
    assert client_of(RequestFactory().get("/", headers=headers)) == "ShopApp/2.1"
