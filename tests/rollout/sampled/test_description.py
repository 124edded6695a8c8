"""What is told of a value is its kind, whatever the value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.sampled.description import LONGEST, described, kind_of, place_without_values

_KEYS = st.text(min_size=9) | st.sampled_from(["id", "fields", "objects"])
_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(min_size=9),
    lambda children: st.lists(children) | st.dictionaries(_KEYS, children),
)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "null"),
        (True, "true"),
        (1, "number"),
        ("account_in_use", "account_in_use"),
        ("linked", "linked"),
        ("ripley", "text of 6 characters"),
        ([1, 2], "list"),
        ({}, "object of no keys"),
        ({"id": 1, "ripley@example.com": 2, "dallas": 3}, "object of id, (another)"),
    ],
)
def test_each_kind(value: Any, told: str) -> None:
    """The contract's own words and keys as they are; of anything else its kind and length."""
    assert described(value) == told


@pytest.mark.parametrize(
    ("place", "told"), [("", ""), ("objects.12.uid", "objects.*.uid"), ("fields.S3CRET.0", "fields.*.*")]
)
def test_places(place: str, told: str) -> None:
    """Numbers in a list, and keys that anybody may have made up, are left out."""
    assert place_without_values(place) == told


@given(_TREES)
def test_no_value_is_told(value: Any) -> None:
    """No text of nine characters or more is repeated, however deep, nor anything longer than its column."""
    for told in (described(value), kind_of(value)):
        assert len(told) <= LONGEST
        assert not any(text in told for text in _texts(value) if text not in "(another), id, fields, objects")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*(key for key in value if len(key) >= 9), *(text for one in value.values() for text in _texts(one))]
    return [text for one in value for text in _texts(one)] if isinstance(value, list) else []
