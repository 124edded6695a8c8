"""What the demo shows and how it judges, without a server."""

import io
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from demo.calls import Client, unexpected
from demo.steps import Step
from demo.terminal import Block, Screen, pretty, short_credentials, shortened
from demo.walkthrough import Tally, _judge, _sum_up
from shared.contract.differences import Answer, compare

TOKEN = "Jm6XWfQp8vY2nD4sK1hTz7RbLc9EaGu3oVxN5iMqyPw"
STEP = Step("A step.", "GET", "user/", 200, expected={"outcome": "linked", "token": None}, headers=("Location",))


LOCATED = {"Location": "/"}
LINKED = b'{"outcome":"linked","token":null}'


def answer(
    body: bytes, status: int = 200, prefix: str = "/api/v1/", headers: Mapping[str, str] | None = None
) -> Answer:
    return Answer(prefix, status, tuple((headers or {}).items()), body)


def clients() -> list[Client]:
    return [Client("", prefix, requests.Session()) for prefix in ("/api/v1/", "/api/v2/")]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_an_answer_as_told_is_expected() -> None:
    """Status, fields and headers."""
    assert unexpected(STEP, answer(LINKED, headers={"location": "/"})) == []


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (answer(LINKED, 500, headers=LOCATED), ["status 500 Internal Server Error instead of 200"]),
        (answer(b'{"outcome":"created","token":null}', headers=LOCATED), ["outcome is 'created' instead of 'linked'"]),
        (answer(b'{"outcome":"linked"}', headers=LOCATED), ["token is None instead of None"]),
        (answer(LINKED), ["there is no Location"]),
        (answer(b"<html>", 299, headers=LOCATED), ["status 299  instead of 200", "outcome is None", "token is None"]),
    ],
)
def test_what_is_not_expected_is_said(given: Answer, wrong: list[str]) -> None:
    """Each deviation by itself."""
    assert [text[: len(begin)] for text, begin in zip(unexpected(STEP, given), wrong, strict=True)] == wrong


def test_a_difference_is_shown_and_fails() -> None:
    """Both values stand under each other, and the whole has not succeeded."""
    out = io.StringIO()
    _judge(Screen(out), compare(answer(b'{"a":1}'), answer(b'{"a":2}', prefix="/api/v2/")), clients())
    assert [line.strip() for line in out.getvalue().splitlines()] == ["DIFFERENT", "body a", "- v1: 1", "+ v2: 2"]
    assert not _sum_up(Screen(out), Tally(compared=2, identical=1, steps=2, expected=2))
    assert not _sum_up(Screen(out), Tally(compared=2, identical=2, steps=2, expected=1))
    assert _sum_up(Screen(out), Tally(compared=2, identical=2, steps=2, expected=2))


def test_identical_says_what_may_differ() -> None:
    """By reason; the request's id, new on every answer, is not worth a word."""
    out = io.StringIO()
    old = answer(b'{"resource_uri":"/api/v1/user/1/"}', headers={"X-Request-ID": "a" * 32})
    new = answer(b'{"resource_uri":"/api/v2/user/1/"}', prefix="/api/v2/", headers={"X-Request-ID": "b" * 32})
    _judge(Screen(out), compare(old, new), clients())
    assert out.getvalue().strip() == "identical  but for: the version in a path of ours (resource_uri)"


def test_tokens_are_shortened_wherever_they_stand() -> None:
    """The beginning tells them apart."""
    body: Any = {"token": TOKEN, "objects": [{"access_token": TOKEN, "uid": TOKEN}], "id_token": None}
    assert shortened(body) == {
        "token": "Jm6XWfQp…",
        "objects": [{"access_token": "Jm6XWfQp…", "uid": TOKEN}],
        "id_token": None,
    }
    assert short_credentials(f"ApiKey ripley:{TOKEN}") == "ApiKey ripley:Jm6XWfQp…"


def test_bodies_are_laid_out_to_fit() -> None:
    """What fits stays in a line."""
    body = {"meta": {"limit": 20}, "objects": [{"id": 1}, {"id": 2}], "none": []}
    assert pretty(body, 100) == ['{"meta": {"limit": 20}, "objects": [{"id": 1}, {"id": 2}], "none": []}']
    assert pretty(body, 24) == [
        "{",
        '  "meta": {"limit": 20},',
        '  "objects": [',
        '    {"id": 1},',
        '    {"id": 2}',
        "  ],",
        '  "none": []',
        "}",
    ]


def test_answers_stand_beside_each_other_on_a_wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """In colour, with what differs marked; elsewhere below each other, and plain."""
    blocks = [Block("v1", ["200 OK", "a"]), Block("v2", ["200 OK", "b"])]
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "140")
    wide = Terminal()
    Screen(wide).beside(blocks)
    assert wide.getvalue().splitlines()[1].startswith(" ~      \x1b[36ma ")
    assert "\x1b[1mv2  \x1b[0m200 OK" in wide.getvalue()

    plain = io.StringIO()
    Screen(plain).beside(blocks)
    assert plain.getvalue().splitlines() == ["   v1   200 OK", "        a", "", "   v2   200 OK", " ~      b"]
