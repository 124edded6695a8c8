"""What is said of a request: what applies to it, under a heading of docs/differences.md, and nothing else."""

from pathlib import Path

import pytest

from rollout.translate.notes import NOTES
from scripts.differences_page import rows
from tests.rollout.translate.running import translate

HOST = "curl 'http://127.0.0.1/api/v1/"
QUIET = (
    f"{HOST}user/?limit=100&offset=0' -H 'Authorization: Bearer abc' -H 'Accept: */*'",
    f"{HOST}social_sign_up' --json '{{}}'",
    f"{HOST}token/current' -X DELETE",
    f"{HOST}'",
    f"{HOST}user/6f9619ff-8b86-d011-b42d-00cf4fc964ff/?username=ripley' -I",
)
TOLD = {
    f"{HOST}user/' -H 'Authorization: apikey ripley:abc'": "The forms of a credential",
    f"{HOST}user/?api_key=abc'": "A key in the URL",
    f"{HOST}user/?api_key=abc' -H 'Authorization: Bearer abc'": "A key in the URL",
    f"{HOST}user/' -H 'Authorization: Basic abc'": "An Authorization that cannot be used",
    f"{HOST}user/' -b a=b": "Cookies",
    f"{HOST}user/' -H 'X-HTTP-Method-Override: DELETE'": "X-HTTP-Method-Override",
    f"{HOST}user/' -H 'Accept: application/xml'": "Accept",
    f"{HOST}user/?format=xml'": "?format= and ?callback=",
    f"{HOST}social_sign_up/' -d a=b": "The media type of a body",
    f"{HOST}social_sign_up/' -H Content-Type: -d {{}}": "A body without a Content-Type",
    f"{HOST}social_sign_up/' --json []": "JSON that is no object",
    f"{HOST}user/schema/'": "A path that does not exist",
    f"{HOST}user/' -X PATCH": "Allow",
    f"{HOST}user/?limit=101'": "A limit or offset that is no number",
    f"{HOST}user/?offset=1&offset=1'": "A limit or offset that is no number",
}


@pytest.mark.parametrize("given", QUIET)
def test_nothing_is_said_of_what_is_as_it_should_be(tmp_path: Path, given: str) -> None:
    """A request that meets no rule has no note."""
    ended = translate(tmp_path, given)
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("given", TOLD)
def test_what_applies_is_said(tmp_path: Path, given: str) -> None:
    """One note, with the heading that says more."""
    ended = translate(tmp_path, given)
    assert ended.err.rstrip().endswith(f"({TOLD[given]})")
    assert ended.err.count("\n") == 1
    assert "abc" not in ended.err


def test_every_heading_is_one() -> None:
    """The notes point at rows that there are, and every note can be said."""
    headings = {row.subject for row in rows()}
    assert {note.subject for note in NOTES} <= headings
    assert {note.subject for note in NOTES} == set(TOLD.values())


def test_a_key_in_the_url_is_moved(tmp_path: Path) -> None:
    """Into the header that old clients know, with its user's name where the URL has it; other parameters stay."""
    ended = translate(tmp_path, f"{HOST}user/?limit=5&username=rip%20ley&api_key=a%2Bb'")
    assert ended.out == (
        "curl 'http://127.0.0.1/api/v2/user/?limit=5' \\\n  --header 'Authorization: ApiKey rip ley:a+b'"
    )
    assert "--header 'Authorization: Bearer a'" in translate(tmp_path, f"{HOST}user/?api_key=a'").out
