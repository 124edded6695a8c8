"""Input fields: their lengths and allowed characters."""

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.contract import fields
from shared.contract.fields import TextField
from shared.contract.sign_up import CODE_VERIFIER

UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
"""RFC 7636 section 4.1: the characters of a verifier."""
NEAR_VERIFIERS = st.text(st.sampled_from([*"aZ09-._~", *"+/=\n,:@[`{ é"]), min_size=40, max_size=131)
SPECIAL = frozenset("]^-\\&|[.")
"""Characters with a meaning in the brackets of a regular expression, and a dot."""


def of(allowed: str, *, min_length: int = 0) -> TextField:
    """Return a field with these allowed characters."""
    return TextField(name="f", help="", example="", max_length=9, min_length=min_length, allowed=allowed)


@given(NEAR_VERIFIERS | st.text())
@example("a" * 43)
@example("a" * 128)
@example("a" * 43 + "\n")
@example("a" * 42 + "\u0661")  # a digit of another script
def test_a_verifier_has_the_form_of_the_rfc(text: str) -> None:
    """A verifier of 43 to 128 unreserved characters is valid, and nothing else is."""
    assert (CODE_VERIFIER.fault(text) is None) == (43 <= len(text) <= 128 and UNRESERVED.issuperset(text))


@given(st.text(st.sampled_from([*SPECIAL, *"abdz\n"]), max_size=9))
def test_allowed_characters_are_literal(text: str) -> None:
    """Only a hyphen between two characters has a meaning in `allowed`, and an empty `allowed` allows all."""
    assert (of("a-c " + " ".join(SPECIAL)).fault(text) is None) == (SPECIAL | set("abc")).issuperset(text)
    assert of("").fault(text) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", fields.BLANK),
        ("!", fields.TOO_SHORT.format(limit=3)),
        ("ab", fields.TOO_SHORT.format(limit=3)),
        ("ab!", fields.NOT_ALLOWED.format(allowed="a-c")),
        ("!" * 10, fields.TOO_LONG.format(limit=9)),
        ("abc", None),
    ],
)
def test_the_length_is_checked_before_the_characters(text: str, fault: str | None) -> None:
    """A short text has its own message, an empty one that of every field, and the length counts first."""
    assert of("a-c", min_length=3).fault(text) == fault


def test_no_pattern_is_compiled_without_allowed_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields without `allowed` do not pay for the check."""
    monkeypatch.setattr(re, "fullmatch", None)
    assert of("").fault("abc") is None
