"""curl's command line in, curl's command line out: what a shell makes of either is the same request."""

import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollout.recorded.request import RecordedRequest, UnreadableError
from rollout.translate import curl, writing
from rollout.translate.words import commands
from tests.differential.budget import budget
from tests.rollout.translate.running import translate

URL = "https://api.example.com/api/v1/"
JSON = "application/json"
NEW = "https://api.example.com/api/v2/"

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), max_size=30)
NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789-_!#$%&'*+.^`|~", min_size=1, max_size=12).filter(
    lambda name: name.lower() not in {"cookie", "content-length", "connection", "te"}
)
TARGETS = st.text("abc/?&=;%[]{}()!'*$~@,._-", max_size=20)


def as_a_shell_reads(command: str) -> tuple[list[str], bytes]:
    """Give the words that a shell hands to curl, and what it hands to its standard input."""
    shown = 'curl() { printf "%s\\0" "$@" >&2; cat; }; ' + command
    ended = subprocess.run(  # noqa: S603 - our own
        ["/bin/sh", "-c", shown], stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    return ended.stderr.decode().split("\0")[:-1], ended.stdout


@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS", "get"]),
    target=TARGETS,
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=3),
    body=st.none() | TEXTS.map(str.encode) | st.binary(max_size=20),
)
@example("POST", "social_sign_up/", [("A", "")], b"'\"$(id)`id`\\\n!@-")
@example("POST", "x", [("Content-Type", "")], b"@file")
@example("POST", "x", [], b"&&")
@budget(150)
def test_what_is_written_is_read_again(
    method: str, target: str, headers: list[tuple[str, str]], body: bytes | None
) -> None:
    """Method, URL, headers and body survive the quoting; a text's words are those that a shell would see."""
    given = tuple((name, value.encode().decode("latin-1")) for name, value in headers)
    request = RecordedRequest("command 1", method, URL + target, given, body)
    written = writing.curl(request)
    words, piped = as_a_shell_reads(written)
    if written.startswith("printf"):
        assert piped == body
        written, body = written.partition(" | ")[2].replace("--data-binary @-", "--data-raw ''"), b""
    else:
        assert list(commands(written)) == [["curl", *words]]
    (command,) = curl.read(written)
    names = {name.lower() for name, _ in given}
    found = tuple((n, v) for n, v in command.request.headers if n.lower() in names)
    assert (command.request.method, command.request.url, found, command.request.body) == (
        method,
        URL + target,
        given,
        body,
    )
    if body is not None and "content-type" not in names:
        assert command.request.header("Content-Type") is None


@given(text=TEXTS)
@example("a'b\\'c\"d$e`f!g\nh")
@budget(150)
def test_words_are_bashs_words(text: str) -> None:
    """However a text is quoted, it is read as it was meant."""
    ansi = "".join(f"\\U{ord(one):08x}" if ord(one) > 126 or one in "'\\\n!" else one for one in text)
    double = "".join("\\" + one if one in '\\"$`' else one for one in text)
    written = f"curl {shlex.quote(text)} $'{ansi}' \"{double}\" x"
    assert list(commands(written)) == [["curl", text, text, text, "x"]]


def test_a_browsers_copy_is_read(tmp_path: Path) -> None:
    """As Chromium copies all of a page: several commands, headers in lower case, what bash has for odd characters."""
    given = (
        f"curl '{URL}social_sign_up/' \\\n  -H 'accept: */*' \\\n  -H 'content-type: application/json' \\\n"
        "  -b 'sessionid=abc' \\\n  -H 'authorization: ApiKey ripley:abcdef' --compressed \\\n"
        '  --data-raw $\'{"provider":"facebook","first_name":"O\\\'Neil \\u0021 \\ud83d\\ude00"}\' ;\n'
        f"curl '{URL}user/?limit=5' -H 'accept: */*'\n"
    )
    ended = translate(tmp_path, given)
    assert ended.code == 0
    (first,), (second,) = [commands(one) for one in ended.out.split("\n\n")]
    assert first[1] == f"{NEW}social_sign_up/"
    assert first[first.index("--data-raw") + 1] == '{"provider":"facebook","first_name":"O\'Neil ! 😀"}'
    assert "sessionid" not in ended.out
    assert second == ["curl", f"{NEW}user/?limit=5", "--header", "accept: */*"]
    assert "Cookies are ignored" in ended.err
    assert "`ApiKey` works on v2" in ended.err
    assert "abcdef" not in ended.err


@pytest.mark.parametrize(
    ("given", "method", "headers", "body"),
    [
        ("curl -XDELETE {url}", "DELETE", [], None),
        ("curl --request=DELETE --url {url}", "DELETE", [], None),
        ("curl -I {url}", "HEAD", [], None),
        ("curl {url} -d a=1 -d b=2", "POST", [("Content-Type", curl.FORM)], b"a=1&b=2"),
        (
            "curl {url} --json '{{}}'",
            "POST",
            [("Content-Type", JSON), ("Accept", JSON)],
            b"{}",
        ),
        ("curl {url} --data-urlencode 'a=b c'", "POST", [("Content-Type", curl.FORM)], b"a=b+c"),
        ("curl {url} -H 'Content-Type: text/plain' -d -x", "POST", [("Content-Type", "text/plain")], b"-x"),
        ("curl {url} -H 'Content-Type:' --data-raw @x", "POST", [], b"@x"),
        ("curl {url} -H 'X-Odd;' -A Shop/1", "GET", [("X-Odd", ""), ("User-Agent", "Shop/1")], None),
        ("curl --oauth2-bearer abc {url}", "GET", [("Authorization", "Bearer abc")], None),
        ("curl -sSkL --http1.1 -m 5 {url}", "GET", [], None),
        ('curl "{url}" -H "A: \\"b\\" \\$c \\d"', "GET", [("A", '"b" $c \\d')], None),
        ("curl {url} -H A:b -X PATCH --data-binary ''", "PATCH", [("A", "b"), ("Content-Type", curl.FORM)], b""),
    ],
)
def test_options_mean_what_they_mean_to_curl(
    given: str, method: str, headers: list[tuple[str, str]], body: bytes | None
) -> None:
    """Each as its manual says."""
    (command,) = curl.read(given.format(url=URL))
    request = command.request
    assert (request.method, request.url, list(request.headers), request.body) == (method, URL, headers, body)


def test_how_it_is_sent_stays() -> None:
    """What says how, and not what, stands in the translation as it stood."""
    (command,) = curl.read(f"curl -sk --max-time 5 {URL}")
    assert "--silent" in writing.curl(command.request, command.kept)
    assert "--max-time 5" in writing.curl(command.request, command.kept)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "There is no command."),
        ("curl", "it has no URL"),
        ("wget x", "it does not begin with curl"),
        (f"curl --foo {URL}", "--foo is no option that can be carried over"),
        (f"curl {URL} -d", "-d needs a value"),
        (f"curl -u ripley:secret {URL}", "--user: it sends Basic credentials"),
        (f"curl -F a=secret {URL}", "--form: it sends multipart/form-data"),
        (f"curl -d @secret.json {URL}", "the body is in a file"),
        (f"curl {URL} -H @secret", "headers are in a file"),
        (f'curl {URL} -H "Authorization: Bearer $SECRET"', "variable"),
        (f"curl {URL} -H $(secret)", "variable"),
        (f"curl {URL} > secret", "> is for a shell"),
        (f"curl {URL} | secret", "| is for a shell"),
        (f"curl {URL}?a=secret&b=2", "a URL with & in it stands in quotes"),
        (f"curl 'secret {URL}", "A quote is opened and not closed."),
        (f"curl {URL} -X 'S ECRET'", "the method is no token"),
        ("curl 'http://x/api/v1/ secret'", "the URL is empty, or has characters"),
        (f"curl {URL} -H 'a b: secret'", "a header has no name"),
        ("curl http://x/api/v2/user/secret", "its path is not below /api/v1/: /api/v2"),
        ("curl http://x/api/v10/", "its path is not below /api/v1/"),
        ("curl http://x/other", "its path is not below /api/v1/"),
        (f"curl {URL} --next {URL}", "--next is no option"),
    ],
)
def test_what_cannot_be_carried_over_is_named(tmp_path: Path, given: str, told: str) -> None:
    """One line, exit code 1, nothing written; no value is repeated, and nothing is guessed."""
    ended = translate(tmp_path, given)
    assert (ended.code, ended.out) == (1, "")
    assert told in ended.err
    assert "\n" not in ended.err
    assert "secret" not in ended.err.lower()


def test_bytes_that_no_command_line_holds_are_told() -> None:
    """A header with other bytes than UTF-8 is named; it is not changed."""
    with pytest.raises(UnreadableError, match="the header A holds bytes"):
        writing.curl(RecordedRequest("entry 1", "GET", URL, (("A", "\xff"),), None))
