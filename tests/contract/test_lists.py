"""docs/contract.md, section 5: paging of lists."""

import pytest

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import Person, link, person

pytestmark = pytest.mark.django_db

LIMIT = "Give one whole number from 0 to 100."
OFFSET = "Give one whole number from 0 to 999999999."
COUNT = 25

# query: limit, offset, number of objects, next, previous
PAGES: dict[str, tuple[int, int, int, str | None, str | None]] = {
    "": (20, 0, 20, "limit=20&offset=20", None),
    "limit=20": (20, 0, 20, "limit=20&offset=20", None),
    "offset=20": (20, 20, 5, None, "limit=20&offset=0"),
    "limit=10": (10, 0, 10, "limit=10&offset=10", None),
    "limit=10&offset=10": (10, 10, 10, "limit=10&offset=20", "limit=10&offset=0"),
    "offset=10&limit=10": (10, 10, 10, "limit=10&offset=20", "limit=10&offset=0"),
    "limit=10&offset=20": (10, 20, 5, None, "limit=10&offset=10"),
    "limit=10&offset=15": (10, 15, 10, None, "limit=10&offset=5"),
    "limit=10&offset=14": (10, 14, 10, "limit=10&offset=24", "limit=10&offset=4"),
    "limit=10&offset=3": (10, 3, 10, "limit=10&offset=13", "limit=10&offset=0"),
    "limit=1": (1, 0, 1, "limit=1&offset=1", None),
    "limit=1&offset=24": (1, 24, 1, None, "limit=1&offset=23"),
    "limit=25": (25, 0, 25, None, None),
    "limit=24": (24, 0, 24, "limit=24&offset=24", None),
    "limit=0": (100, 0, 25, None, None),
    "limit=0&offset=5": (100, 5, 20, None, "limit=100&offset=0"),
    "limit=100": (100, 0, 25, None, None),
    "limit=00": (100, 0, 25, None, None),
    "limit=000000007": (7, 0, 7, "limit=7&offset=7", None),
    "offset=25": (20, 25, 0, None, "limit=20&offset=5"),
    "offset=26": (20, 26, 0, None, "limit=20&offset=6"),
    "offset=999999999": (20, 999_999_999, 0, None, "limit=20&offset=999999979"),
    "limit=5&unknown=x&format=xml": (5, 0, 5, "limit=5&offset=5", None),
    "%6Cimit=5": (5, 0, 5, "limit=5&offset=5", None),
    "Limit=5": (20, 0, 20, "limit=20&offset=20", None),
}
NO_NUMBERS = {
    "empty": "",
    "negative": "-1",
    "signed": "%2B1",
    "a fraction": "1.0",
    "an exponent": "1e1",
    "hexadecimal": "0x1",
    "a word": "abc",
    "none": "none",
    "a blank in front": "%201",
    "a blank behind": "1%20",
    "a plus for a blank": "1+",
    "a newline": "1%0A",
    "NUL": "1%00",
    "digits of another script": "%D9%A1",
    "full-width digits": "%EF%BC%91",
    "a superscript": "%C2%B2",
    "not UTF-8": "%FF",
    "an underscore": "1_0",
    "ten digits": "1000000000",
    "ten digits with zeros": "0000000001",
    "very many digits": "9" * 5000,
    "true": "true",
    "a list": "[1]",
    "two": "1,2",
}


@pytest.fixture
def ripley() -> Person:
    ripley = person()
    for number in range(COUNT):
        link(ripley.user, "facebook", str(number))
    return ripley


@pytest.mark.parametrize(("query", "page"), PAGES.items(), ids=PAGES)
def test_a_page_has_its_objects_and_links(
    api: ApiClient, ripley: Person, query: str, page: tuple[int, int, int, str | None, str | None]
) -> None:
    """Limit and offset are those of the request, links are absolute paths, and objects are ordered by id."""
    limit, offset, count, following, preceding = page
    uri = f"{api.prefix}social_account/"
    body = api.get(f"social_account/?{query}", token=ripley.token).json()
    assert api.get(f"social_account?{query}", token=ripley.token).json() == body
    assert list(body) == ["meta", "objects"]
    assert list(body["meta"].items()) == [
        ("limit", limit),
        ("next", following and f"{uri}?{following}"),
        ("offset", offset),
        ("previous", preceding and f"{uri}?{preceding}"),
        ("total_count", COUNT),
    ]
    assert [int(one["uid"]) for one in body["objects"]] == list(range(COUNT))[offset : offset + count]


def test_the_links_visit_every_object_once(api: ApiClient, ripley: Person) -> None:
    """The links lead forward to the end and back, through every object once."""
    body = api.get("social_account/?limit=7", token=ripley.token).json()
    seen = [one["id"] for one in body["objects"]]
    while body["meta"]["next"]:
        body = api.get(body["meta"]["next"].removeprefix(api.prefix), token=ripley.token).json()
        seen += [one["id"] for one in body["objects"]]
    assert len(seen) == len(set(seen)) == COUNT
    assert seen == sorted(seen)
    assert body["meta"]["previous"] == f"{api.prefix}social_account/?limit=7&offset=14"


@pytest.mark.parametrize("value", NO_NUMBERS.values(), ids=NO_NUMBERS)
@pytest.mark.parametrize(("name", "fault"), [("limit", LIMIT), ("offset", OFFSET)])
def test_a_malformed_number_is_refused(one_api: ApiClient, name: str, fault: str, value: str) -> None:
    """A malformed limit or offset is an invalid field, also on a public list."""
    assert_error(one_api.get(f"provider/?{name}={value}"), "invalid_request", fields={name: fault})


@pytest.mark.parametrize("path", ["provider", "user", "social_account", "token"])
@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("limit=101", {"limit": LIMIT}),
        ("limit=999999999", {"limit": LIMIT}),
        ("limit=5&limit=5", {"limit": LIMIT}),
        ("limit=&limit=5", {"limit": LIMIT}),
        ("limit", {"limit": LIMIT}),
        ("offset", {"offset": OFFSET}),
        ("offset=0&offset=0", {"offset": OFFSET}),
        ("offset=1&limit=1&offset=2", {"offset": OFFSET}),
        ("offset=x&limit=x", {"limit": LIMIT, "offset": OFFSET}),
        ("limit=101&offset=-1", {"limit": LIMIT, "offset": OFFSET}),
        ("limit=1&limit=1&offset=1&offset=1", {"limit": LIMIT, "offset": OFFSET}),
    ],
)
def test_every_list_checks_limit_and_offset(api: ApiClient, path: str, query: str, fields: dict[str, str]) -> None:
    """A number that is too large, empty or repeated is refused; if both are invalid, limit is named first."""
    assert_error(api.get(f"{path}/?{query}", token=person().token), "invalid_request", fields=fields)


@pytest.mark.parametrize(
    ("path", "total"),
    [("provider", 5), ("user", 1), ("social_account", COUNT), ("token", 1)],
    ids=str,
)
def test_every_list_has_the_same_meta(api: ApiClient, ripley: Person, path: str, total: int) -> None:
    """Every list has the same `meta`; a page after the end is empty and no error."""
    uri = f"{api.prefix}{path}/"
    first = api.get(f"{path}/?limit=1", token=ripley.token).json()
    following = f"{uri}?limit=1&offset=1" if total > 1 else None
    assert (first["meta"], len(first["objects"])) == (
        {"limit": 1, "next": following, "offset": 0, "previous": None, "total_count": total},
        1,
    )
    beyond = api.get(f"{path}/?offset=100", token=ripley.token).json()
    assert beyond == {
        "meta": {
            "limit": 20,
            "next": None,
            "offset": 100,
            "previous": f"{uri}?limit=20&offset=80",
            "total_count": total,
        },
        "objects": [],
    }


@pytest.mark.parametrize("path", ["", "token/current/"])
def test_limit_and_offset_are_ignored_outside_lists(api: ApiClient, path: str) -> None:
    """Outside lists `limit` and `offset` are unknown parameters."""
    assert api.get(f"{path}?limit=x&offset=-1", token=person().token).status_code == 200
