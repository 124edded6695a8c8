"""A provider's details always fit the user table (docs/contract.md, section 4)."""

import re
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from social.engine.profile import MAX_EMAIL, MAX_NAME, clean_details, clean_for_field

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.text(st.characters(), min_size=140, max_size=400)
    | st.lists(st.text())
    | st.dictionaries(st.text(), st.text())
    | st.emails()
    | st.emails().map(lambda address: address + "\x00")
    | st.emails().map(lambda address: "x" * 300 + address)
)
KEYS = ("username", "email", "fullname", "first_name", "last_name")
UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, VALUES)))
def test_the_result_can_always_be_stored(details: dict[str, Any]) -> None:
    """Every text is a string in UTF-8 without control characters, and fits its column."""
    cleaned = clean_details(details)
    assert cleaned.keys() == details.keys() | {"email"}
    for name, value in cleaned.items():
        assert isinstance(value, str), name
        assert not UNSTORABLE.search(value), name
        value.encode("utf-8")
        assert len(value) <= (MAX_EMAIL if name == "email" else 255 if name == "username" else MAX_NAME)


@given(st.emails(), st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=MAX_NAME))
def test_ordinary_details_are_unchanged(address: str, name: str) -> None:
    """A real address and a real name are not changed."""
    cleaned = clean_details({"email": address, "first_name": name, "gender": ["kept"]})
    assert cleaned["first_name"] == name
    assert cleaned["email"] in {address, ""}
    assert cleaned["gender"] == ["kept"]


def test_a_long_address_is_dropped() -> None:
    """A truncated address could be another person's."""
    assert clean_details({"email": "x" * 250 + "@example.com"})["email"] == ""
    assert clean_details({"email": "ripley@example.com"})["email"] == "ripley@example.com"


@pytest.mark.threat(14)
@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("nick", "x" * 40, "x" * 30),
        ("page", "https://example.com/", "https://example.com/"),
        ("page", "https://example.com/private", None),
        ("work", "ceo@corp.example", "ceo@corp.example"),
        ("work", "ceo@corp.example.evil.example", None),
        ("work", "ceo\ufeff@corp.example", None),
        ("work", '"\x01"@x.example', None),
        ("work", ["ceo@corp.example"], None),
        ("photo", "photos/7.png", None),
        ("paper", "/srv/papers/7.pdf", None),
    ],
)
@isolate_apps("tests.social")
def test_a_value_for_a_field_of_a_projects_user_model(name: str, value: str, kept: str | None) -> None:
    """Names are truncated; an address or a URL is kept whole or not at all, and a path to a file never."""

    class Person(models.Model):  # noqa: DJ008 - it has no rows
        nick = models.CharField(max_length=30)
        page = models.URLField(max_length=25)
        work = models.EmailField(max_length=16)
        photo = models.FileField()
        paper = models.FilePathField(path="/srv/papers")

        class Meta:
            app_label = "social_details"

    assert clean_for_field(value, Person, name) == kept
