"""The closed list of docs/contract.md, section 0: what it allows and what it does not."""

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.contract.differences import LIFE_CYCLE, Answer, Comparison, compare

TOKEN = "Jm6XWfQp8vY2nD4sK1hTz7RbLc9EaGu3oVxN5iMqyPw"
SIGNED_UP: dict[str, Any] = {
    "id": 7,
    "username": "ripley",
    "resource_uri": "/api/v1/user/7/",
    "outcome": "created",
    "token": TOKEN,
    "token_expires_at": "2027-02-21T20:00:00Z",
}


def answer(body: Any, version: int = 1, status: int = 200, **headers: Any) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    named = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(f"/api/v{version}/", status, tuple(named.items()), content)


def _header(name: str, value: str) -> Any:
    return {name: value}


def reasons(comparison: Comparison) -> dict[str, tuple[str, ...]]:
    return {difference.place: difference.reasons for difference in comparison.allowed}


def outside(comparison: Comparison) -> list[str]:
    return [f"{difference.part} {difference.place}".strip() for difference in comparison.outside]


def test_identical_answers() -> None:
    """Identical answers have no differences."""
    assert compare(answer(SIGNED_UP), answer(SIGNED_UP)).differences == ()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ({"resource_uri": "/api/v1/user/7/"}, {"resource_uri": "/api/v2/user/7/"}, ("the version in a path of ours",)),
        ({"resource_uri": "/api/v1/user/7/"}, {"resource_uri": "/api/v1/user/12/"}, ("the id of a new row",)),
        (
            {"resource_uri": "/api/v1/user/7/"},
            {"resource_uri": "/api/v2/user/12/"},
            ("the version in a path of ours", "the id of a new row"),
        ),
        (
            {"meta": {"next": "/api/v1/token/?limit=1&offset=1"}},
            {"meta": {"next": "/api/v2/token/?limit=1&offset=1"}},
            ("the version in a path of ours",),
        ),
        (
            {"meta": {"previous": "/api/v1/token/?limit=1&offset=0"}},
            {"meta": {"previous": "/api/v2/token/?limit=1&offset=0"}},
            ("the version in a path of ours",),
        ),
        (
            {"user": {"list_endpoint": "/api/v1/user/"}},
            {"user": {"list_endpoint": "/api/v2/user/"}},
            ("the version in a path of ours",),
        ),
        ({"id": 7}, {"id": 12}, ("the id of a new row",)),
        ({"token": TOKEN}, {"token": TOKEN[::-1]}, ("a token is new each time",)),
        ({"token_expires_at": "2027-02-21T20:00:00Z"}, {"token_expires_at": "2027-02-21T20:00:01Z"}, ("a time",)),
        ({"username": "ripley-0a1b"}, {"username": "ripley-c2d3e4"}, ("a generated part of the name",)),
        ({"objects": [{"id": 1}]}, {"objects": [{"id": 2}]}, ("the id of a new row",)),
        (
            {"objects": [{"created": "2026-11-23T20:00:00Z"}]},
            {"objects": [{"created": "2026-11-23T20:00:01Z"}]},
            ("a time",),
        ),
    ],
)
def test_allowed_in_a_body(old: Any, new: Any, why: tuple[str, ...]) -> None:
    """Each rule for a body allows its difference, with exactly the needed reasons."""
    version = 2 if "/api/v2/" in json.dumps(new) else 1
    comparison = compare(answer(old), answer(new, version))
    assert [difference.reasons for difference in comparison.differences] == [why]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"id": 7}, {"id": "7"}),
        ({"id": 1}, {"id": True}),
        ({"id": 7}, {"id": 0}),
        ({"token": TOKEN}, {"token": None}),
        ({"token": TOKEN}, {"token": TOKEN[1:]}),
        ({"created": "2026-11-23T20:00:00Z"}, {"created": "2026-11-23T20:00:00.5Z"}),
        ({"expires_at": None}, {"expires_at": "2026-11-23T20:00:00Z"}),
        ({"username": "ripley"}, {"username": "ripley-0a1b"}),
        ({"username": "ripley-0a1b"}, {"username": "dallas-0a1b"}),
        ({"resource_uri": "/api/v1/user/7/"}, {"resource_uri": "/api/v3/user/7/"}),
        ({"resource_uri": "/api/v1/user/7/"}, {"resource_uri": "/api/v2/user/7"}),
        ({"resource_uri": "/api/v1/user/7/"}, {"resource_uri": "/api/v2/token/7/"}),
        ({"next": "/api/v1/user/"}, {"next": "/api/v2/user/"}),
        ({"email": "/api/v1/"}, {"email": "/api/v2/"}),
        ({"outcome": "created"}, {"outcome": "signed_in"}),
        ({"uid": "10011"}, {"uid": "10012"}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": True}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": [1]}, {"a": [1, 2]}),
        ({"objects": [{"uid": "1"}]}, {"objects": [{"uid": "2"}]}),
    ],
)
def test_not_allowed_in_a_body(old: Any, new: Any) -> None:
    """A value of another form, in another field, or in another order is not allowed."""
    comparison = compare(answer(old), answer(new, 2))
    assert len(comparison.outside) == 1
    assert comparison.allowed == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"a":1}', b'{"a": 1}'),
        ('{"a":"é"}'.encode(), b'{"a":"\\u00e9"}'),
        (b'{"a":1}', b'{"a":1,"a":1}'),
        (b'{"a":1}', b"<html>"),
        (b'{"a":1}', b""),
        (b'{"a":1}', b'{"a":NaN}'),
        (b'{"a":1}', b'{"a":"\xff"}'),
    ],
)
def test_bodies_are_compared_as_bytes(old: bytes, new: bytes) -> None:
    """Differences that a JSON parser hides are reported."""
    assert "body" in outside(compare(answer(old), answer(new, 2)))


def test_allowed_in_headers() -> None:
    """Location, Date, Retry-After and X-Request-ID may differ in value, but must be present in both."""
    old = answer(
        {},
        Location="/api/v1/user/7/",
        Date="Mon, 23 Nov 2026 20:00:00 GMT",
        Retry_After="7",
        X_Request_ID="0123456789abcdef",
    )
    new = answer(
        {},
        2,
        location="/api/v2/user/8/",
        Date="Mon, 23 Nov 2026 20:00:01 GMT",
        Retry_After="30",
        X_Request_ID="fedcba9876543210",
    )
    comparison = compare(old, new)
    assert reasons(comparison) == {
        "location": ("the version in a path of ours", "the id of a new row"),
        "date": ("a time",),
        "retry-after": ("how long to wait",),
        "x-request-id": ("each request has an id of its own",),
    }
    assert outside(comparison) == []
    without = replace(new, headers=tuple(pair for pair in new.headers if pair[0] != "Retry-After"))
    assert outside(compare(old, without)) == ["header retry-after"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Retry_After", "7", "soon"),
        ("Date", "Mon, 23 Nov 2026 20:00:00 GMT", "today"),
        ("Location", "/api/v1/user/7/", "/user/7/"),
        ("Allow", "GET, HEAD", "HEAD, GET"),
        ("Vary", "Accept", "Accept, Cookie"),
        ("X_Request_ID", "0123456789abcdef", ""),
    ],
)
def test_not_allowed_in_headers(name: str, old: str, new: str) -> None:
    """A listed header of another form, or any other header, must not differ."""
    comparison = compare(answer({}, **_header(name, old)), answer({}, 2, **_header(name, new)))
    assert outside(comparison) == [f"header {name.lower().replace('_', '-')}"]


def test_repeated_header() -> None:
    """A header that one answer repeats is a difference."""
    once = answer({}, Location="/api/v1/user/7/")
    twice = replace(once, headers=(*once.headers, ("location", "/api/v1/user/7/")))
    assert outside(compare(once, twice)) == ["header location"]


def test_content_length() -> None:
    """A correct Content-Length is not a difference of its own; an incorrect one is."""
    old, new = answer({"id": 9}), answer({"id": 10}, 2)
    assert reasons(compare(old, new)) == {"id": ("the id of a new row",)}
    assert outside(compare(old, replace(new, headers=(*new.headers[:1], ("Content-Length", "3"))))) == [
        "header content-length"
    ]


def test_life_cycle_headers() -> None:
    """Only the older version's answer may have Deprecation, Sunset and Link."""
    headers: Any = {"Deprecation": "@1", "Sunset": "Mon, 23 Nov 2026 20:00:00 GMT", "Link": "</api/v2/>"}
    assert set(reasons(compare(answer({}, **headers), answer({}, 2)))) == {"deprecation", "sunset", "link"}
    assert len(compare(answer({}), answer({}, 2, **headers)).outside) == 3
    assert outside(compare(answer({}, Link="a"), answer({}, 2, Link="b"))) == ["header link"]


def test_retired_version() -> None:
    """The older version may answer 410 `version_retired`; no other status may differ."""
    gone = answer({"errors": "Gone.", "code": "version_retired"}, status=410)
    fine = answer(SIGNED_UP, 2, 201)
    comparison = compare(gone, fine)
    assert [difference.reasons for difference in comparison.differences] == [(LIFE_CYCLE,)]
    assert "status" in outside(compare(fine, gone))
    assert "status" in outside(compare(answer(b"", status=410), fine))
    assert "status" in outside(compare(answer([], status=410), fine))
