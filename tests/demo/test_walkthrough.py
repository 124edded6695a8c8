"""The demo's output and its comparison of answers, without a server."""

import io
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from demo.steps import Step
from demo.terminal import Block, Terminal, pretty, short_credentials, shortened
from demo.walkthrough import Client, Tally, _show_comparison, _sum_up, unexpected
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


class TtyStream(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_an_expected_answer() -> None:
    """Status, fields and headers are checked."""
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
def test_unexpected_answers(given: Answer, wrong: list[str]) -> None:
    """Each deviation is listed."""
    assert [text[: len(begin)] for text, begin in zip(unexpected(STEP, given), wrong, strict=True)] == wrong


def test_a_difference_is_shown_and_fails() -> None:
    """Both values are printed below each other, and the walkthrough has failed."""
    out = io.StringIO()
    _show_comparison(Terminal(out), compare(answer(b'{"a":1}'), answer(b'{"a":2}', prefix="/api/v2/")), clients())
    assert [line.strip() for line in out.getvalue().splitlines()] == ["DIFFERENT", "body a", "- v1: 1", "+ v2: 2"]
    assert not _sum_up(Terminal(out), Tally(compared=2, identical=1, steps=2, expected=2))
    assert not _sum_up(Terminal(out), Tally(compared=2, identical=2, steps=2, expected=1))
    assert _sum_up(Terminal(out), Tally(compared=2, identical=2, steps=2, expected=2))


def test_allowed_differences_are_shown() -> None:
    """By reason; without the request's id, which is new on every answer."""
    out = io.StringIO()
    old = answer(b'{"resource_uri":"/api/v1/user/1/"}', headers={"X-Request-ID": "a" * 32})
    new = answer(b'{"resource_uri":"/api/v2/user/1/"}', prefix="/api/v2/", headers={"X-Request-ID": "b" * 32})
    _show_comparison(Terminal(out), compare(old, new), clients())
    assert out.getvalue().strip() == "identical  except for: the version in a path of ours (resource_uri)"


def test_tokens_are_shortened() -> None:
    """At any depth, to a beginning that identifies them."""
    body: Any = {"token": TOKEN, "objects": [{"access_token": TOKEN, "uid": TOKEN}], "id_token": None}
    assert shortened(body) == {
        "token": "Jm6XWfQp…",
        "objects": [{"access_token": "Jm6XWfQp…", "uid": TOKEN}],
        "id_token": None,
    }
    assert short_credentials(f"ApiKey ripley:{TOKEN}") == "ApiKey ripley:Jm6XWfQp…"


def test_json_is_laid_out_by_width() -> None:
    """A value that fits is one line."""
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


def test_answers_are_side_by_side_on_a_wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """With colours and marked differences; on another stream below each other, without colours."""
    blocks = [Block("v1", ["200 OK", "a"]), Block("v2", ["200 OK", "b"])]
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "140")
    wide = TtyStream()
    Terminal(wide).beside(blocks)
    assert wide.getvalue().splitlines()[1].startswith(" ~      \x1b[36ma ")
    assert "\x1b[1mv2  \x1b[0m200 OK" in wide.getvalue()

    plain = io.StringIO()
    Terminal(plain).beside(blocks)
    assert plain.getvalue().splitlines() == ["   v1   200 OK", "        a", "", "   v2   200 OK", " ~      b"]
