"""Usernames of new users (docs/contract.md, section 4; docs/threats.md, row 14)."""

import re
import string
from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social.usernames import RESERVED, choose_username

NAME = re.compile(r"[A-Za-z0-9._-]{1,30}")
SUGGESTIONS = (
    st.none()
    | st.integers()
    | st.lists(st.text())
    | st.text()
    | st.text(
        alphabet=string.ascii_letters + string.digits + "._-@ é\u202e\x00\uff41\uff44\uff4d\uff49\uff4e", max_size=60
    )
    | st.sampled_from(sorted(RESERVED)).map(str.title)
)


def free(names: Sequence[str]) -> list[str]:
    return []


@pytest.mark.threat(14)
@given(SUGGESTIONS, st.lists(st.text(max_size=40), max_size=3), st.integers(8, 300))
def test_a_username_is_always_valid(suggestion: object, unlike: list[str], column: int) -> None:
    """Any suggestion becomes 1 to 30 allowed characters and no reserved name."""
    name = choose_username(suggestion, unlike=unlike, taken_among=free, max_length=column)
    assert NAME.fullmatch(name)
    assert len(name) <= column
    assert name.lower() not in RESERVED
    assert name.lower() not in {value.lower() for value in unlike}


@pytest.mark.threat(14)
@given(st.text(min_size=1), st.integers(1, 12))
def test_a_username_is_never_a_taken_one(suggestion: str, refusals: int) -> None:
    """The first free candidate is returned."""
    asked: list[str] = []

    def taken(names: Sequence[str]) -> list[str]:
        asked.extend(names)
        return asked[:refusals]

    assert choose_username(suggestion, unlike=[], taken_among=taken) == asked[refusals]
    assert len(asked) <= refusals + 2


@pytest.mark.threat(14)
@given(st.lists(st.sampled_from(["".join(pair) for pair in product("aA", "bB")]), max_size=30))
def test_usernames_are_distinct_without_regard_to_case(suggestions: list[str]) -> None:
    """Suggestions that differ only in case become usernames that differ otherwise."""
    given_names: set[str] = set()
    for suggestion in suggestions:
        name = choose_username(
            suggestion, unlike=[], taken_among=lambda names: [name for name in names if name.lower() in given_names]
        )
        assert name.lower() not in given_names
        given_names.add(name.lower())


@pytest.mark.parametrize(
    ("suggestion", "name"),
    [
        ("ripley", "ripley"),
        ("Ellen Ripley", "EllenRipley"),
        ("ripley@example.com", "ripley"),
        ("Zoë", "Zoe"),
        ("e\u0301lan", "elan"),
        ("\uff52\uff49\uff50\uff4c\uff45\uff59", "ripley"),
        ("rip\u202eley\x00", "ripley"),
        ("a" * 50, "a" * 30),
    ],
)
def test_a_username_keeps_the_suggestion(suggestion: str, name: str) -> None:
    """All allowed characters of the suggestion are kept."""
    assert choose_username(suggestion, unlike=[], taken_among=free) == name


@pytest.mark.threat(14)
@pytest.mark.parametrize(
    "suggestion",
    ["admin", "ADMIN", "\uff41\uff44\uff4d\uff49\uff4e", "ad\u200bmin", "root@example.com", "山田", "...", "", None, 7],
)
def test_a_reserved_or_empty_suggestion_is_replaced(suggestion: object) -> None:
    """A reserved name, a look-alike of one, or a suggestion without allowed characters is replaced."""
    name = choose_username(suggestion, unlike=[], taken_among=free)
    assert re.fullmatch(r"user-[0-9a-f]+", name)


@pytest.mark.threat(14, 29)
@pytest.mark.parametrize("secret", ["10011", "EAAG-token", "a" * 200])
def test_an_id_or_a_token_is_never_published(secret: str) -> None:
    """Some backends suggest the provider's id or the token, whole or truncated."""
    for suggestion in (secret, secret.upper(), f"{secret}@example.com"):
        name = choose_username(suggestion, unlike=[secret], taken_among=free)
        assert secret[:20].lower() not in name.lower()
