"""The report: a page that loads nothing, escapes all values, and fits a telephone."""

import json
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from selenium import webdriver

from parity import report
from parity.comparison import Finding, Outcome, Result, findings_of
from parity.report import About
from parity.resource_report import ResourceReport, Sample
from shared.contract.differences import Answer, compare
from tests.browser.conftest import browser, windows  # noqa: F401 - fixtures

HOSTILE = '<script>alert("x")</script><img src=http://evil.example.com/>'


def outcome() -> Outcome:
    """A run with every kind of result."""
    found = Outcome()
    findings = (
        Finding("header", HOSTILE, HOSTILE, "x" * 400),
        Finding("body", "$.objects[0].email", '"a@example.com"', '"A@example.com"'),
    )
    found.add(Result(1, "contract, lists", f"GET {HOSTILE}", "different", "", (200, 200), findings))
    found.add(Result(2, HOSTILE, "GET user/" + "y" * 200, "different", "", (200, 404), findings[1:]))
    found.add(Result(3, "traffic.har, entry 3", "POST social_sign_up/", "failed", "api/v2/: no answer within 30 s"))
    found.add(Result(4, "traffic.har, entry 4", "DELETE token/5/", "skipped", HOSTILE))
    found.add(Result(5, "contract, lists", "GET user/", "retired", "", (410, 200)))
    found.add(Result(6, "contract, lists", "GET user/", "alike", "", (200, 200)))
    resource = ResourceReport(HOSTILE, "os", not_compared=Counter({"POST changes something": 1}))
    place = "body", "$." + "x" * 200
    resource.compared = [(frozenset({place}), True)]
    resource.samples[place] = Sample(7, HOSTILE, "GET downloads/os/", HOSTILE, "y" * 200)
    resource.noise["header", HOSTILE] = 1
    found.resources = [resource]
    return found


ABOUT = About("http://127.0.0.1:8000", ("api/v1/", "api/v2/"), None, 6, (HOSTILE,))


class Tags(HTMLParser):
    """Collects the tags of a page and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_the_page_loads_nothing() -> None:
    """It has no script and no link, and all values are escaped."""
    page = report.page(outcome(), ABOUT)
    tags = Tags()
    tags.feed(page)
    assert not tags.names & {"script", "img", "link", "iframe", "base", "object", "form"}
    assert not tags.attributes - {"lang", "charset", "name", "content", "http-equiv", "class", "id"}
    assert "url(" not in page
    assert "@import" not in page
    assert page.count("&lt;script&gt;") == 11
    assert "2 of 3 requests are answered differently, 1 could not be compared." in page
    assert "default-src 'none'" in page


def test_requests_not_sent_are_not_called_alike() -> None:
    """The verdict covers only what was compared."""
    found = Outcome()
    assert report.verdict(found) == "Nothing was compared."
    found.add(Result(1, "contract, lists", "GET user/", "alike", "", (200, 200)))
    assert report.verdict(found) == "The versions answer alike."
    found.add(Result(2, "contract, lists", "DELETE user/", "skipped", "it changes something"))
    assert report.verdict(found) == "1 of 2 requests were compared, and are answered alike."


def test_lines_and_json_agree() -> None:
    """Numbers, places and reasons are in both."""
    lines = "\n".join(report.lines(outcome(), ABOUT))
    parsed = json.loads(report.as_json(outcome(), ABOUT))
    assert [one["number"] for one in parsed["results"]] == [1, 2, 3]
    assert parsed["skipped"] == {HOSTILE: 1}
    assert parsed["retired"] == 1
    assert [one["verdict"] for one in parsed["resources"]] == ["different"]
    for text in (
        "#1  GET",
        "#3  POST social_sign_up/",
        "no answer: api/v2/: no answer within 30 s",
        "    answered 200 and 404",
        "    1 requests compared: 0 identical, 0 with the same values in other bytes or headers, 1 different",
        "    NOT COMPARED: POST changes something (1)",
    ):
        assert text in lines
    assert "      2  body $.objects[*].email" in lines


def test_a_thousand_differences_do_not_fill_the_screen() -> None:
    """The first are printed, the places are counted; the report has all of them."""
    found = Outcome()
    for number in range(1, 1001):
        finding = Finding("header", "vary", "(absent)", "Accept")
        found.add(Result(number, "contract, lists", "GET user/", "different", "", (200, 200), (finding,)))
    lines = list(report.lines(found, ABOUT))
    assert len(lines) < 150
    assert "   1000  header vary" in lines
    assert report.page(found, ABOUT).count("<article") == 1000


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (b'{"a":1}', b'{"a":1,"b":"x"}', ("$.b", "(absent)", '"x"')),
        (b'{"a":1,"b":2}', b'{"b":2,"a":1}', ("$ (order of keys)", "a, b", "b, a")),
        (b'{"objects":[{"a":1}]}', b'{"objects":[]}', ("$.objects", "1 elements", "0 elements")),
        (b'{"a":{"b":[1,2]}}', b'{"a":{"b":[1,3]}}', ("$.a.b[1]", "2", "3")),
        (b'{"a":1}', b'{"a": 1}', ("$", '"{\\"a\\":1}"', '"{\\"a\\": 1}"')),
        (b'{"nonce":"abc"}', b'{"nonce":"abcd"}', ("$.nonce", "[redacted, 3 characters]", "[redacted, 4 characters]")),
        (b'{"a":"EAAGabcdefghijklmnop1"}', b'{"a":null}', ("$.a", '"[redacted, 21 characters]"', "null")),
        (b'{"a":"\\u001b[2J"}', b'{"a":""}', None),
    ],
)
def test_a_difference_is_shown_by_its_place(old: bytes, new: bytes, shown: tuple[str, str, str] | None) -> None:
    """As JSONPath, with both values, without secrets or control characters."""
    one, other = (Answer(f"/api/v{number}/", 200, (), body) for number, body in ((1, old), (2, new)))
    findings = [finding for one in compare(one, other).outside for finding in findings_of(one)]
    if shown is not None:
        assert shown in [(one.place, one.old, one.new) for one in findings]
    assert not any("\x1b" in one.old + one.new for one in findings)


@pytest.mark.browser
def test_it_fits_a_telephone(browser: Callable[..., webdriver.Chrome], tmp_path: Path) -> None:  # noqa: F811 - the fixture
    """There is no horizontal scrolling at 360 pixels, and no error in the console."""
    file = tmp_path / "report.html"
    file.write_text(report.page(outcome(), ABOUT), encoding="utf-8")
    window = browser(360, 740)
    window.get(file.as_uri())
    assert window.execute_script("return document.documentElement.scrollWidth") <= 360
    assert window.get_log("browser") == []
    assert window.find_elements("css selector", "article")
