"""Errors that end a run before any request is sent, and those that do not; each is one line with an exit code."""

from pathlib import Path

import pytest
from django.test import override_settings

from parity.deployment import LONGEST_WAIT, Deployment
from parity.requests import Request
from shared.contract.differences import Answer
from tests.e2e.servers import free_port
from tests.parity.running import GONE, Listener, check_parity

ENTRY = '{"request":{"method":"GET","url":"http://x/api/v1/","headers":[]}}'
BROKEN_ARCHIVES = {
    "": "line 1 column 1",
    "{": "line 1 column 2",
    '{"log":{"entries":[\n{"request":}]}}': "line 2 column 12",
    "[]": "it has no log.entries",
    '{"log":{"entries":{}}}': "it has no log.entries",
    '{"log":{"entries":[1]}}': "entry 1: it has no request",
    f'{{"log":{{"entries":[{ENTRY},{{"request":{{"method":1,"url":"/api/v1/"}}}}]}}}}': "entry 2: the method",
    '{"log":{"entries":[{"request":{"method":"GET","url":"/api/v1/ x"}}]}}': "entry 1: the URL",
    '{"log":{"entries":[{"request":{"method":"GET","url":"/api/v1/","headers":[{"name":"a"}]}}]}}': "entry 1: a header",
    '{"log":{"entries":[{"request":{"method":"G","url":"/api/v1/","headers":[{"name":"a","value":"\\0"}]}}]}}': "a",
    '{"log":{"entries":[{"request":{"method":"POST","url":"/api/v1/","postData":[]}}]}}': "entry 1: its postData",
    "[" * 200_000: "nested too deeply",
    "9" * 5000: "a number in its JSON is too long",
}
BROKEN_LINES = {
    "[" * 200_000: "line 1: its JSON is nested too deeply",
    '{"method":"GET","path":"/api/v1/","at":' + "9" * 5000 + "}": "line 1: a number in its JSON is too long",
    '{"method":"GET","path":"/api/v1/"}\nx': "line 2: Expecting value, column 1",
    "[]": "line 1: it is no JSON object",
    '{"path":"/api/v1/"}': "line 1: method is missing",
    '{"method":"GET","path":"api/v1/"}': "line 1: path does not begin with a slash",
    '{"method":"G T","path":"/api/v1/"}': "line 1: the method",
    '{"method":"GET","path":"/api/v1/","headers":[["a"]]}': "line 1: a header",
    '{"method":"GET","path":"/api/v1/","body":1}': "line 1: body is text",
    '{"method":"GET","path":"/api/v1/","body_base64":"?"}': "line 1: body_base64 is no base64",
    '{"method":"GET","path":"/api/v1/","body":"","body_base64":""}': "are both given",
    '{"method":"GET","path":"/api/v1/","status":"200"}': "line 1: status",
}


@pytest.mark.parametrize(
    ("option", "content", "message"),
    [("--har", *one) for one in BROKEN_ARCHIVES.items()] + [("--log", *one) for one in BROKEN_LINES.items()],
    ids=str,
)
def test_a_broken_file_is_reported_with_its_place(
    listener: Listener, tmp_path: Path, option: str, content: str, message: str
) -> None:
    """One line that names the file and the place; nothing has been sent, not even of the files before it."""
    file, good = tmp_path / "broken", tmp_path / "good.jsonl"
    file.write_text(content, encoding="utf-8")
    good.write_text('{"method":"GET","path":"/api/v1/provider/"}', encoding="utf-8")
    ended = check_parity("--url", listener.url, "--log", good, option, file)
    assert (ended.code, ended.out, listener.received) == (2, "", [])
    assert message in ended.err
    assert "\n" not in ended.err


@pytest.mark.parametrize("option", ["--har", "--log"])
def test_a_binary_file_is_reported(listener: Listener, tmp_path: Path, option: str) -> None:
    """Bytes that are no UTF-8, and a file that is not there."""
    file = tmp_path / "file"
    file.write_bytes(b'{"a":"\xff"}')
    assert "UTF-8" in check_parity("--url", listener.url, option, file).err
    ended = check_parity("--url", listener.url, option, tmp_path / "none")
    assert (ended.code, ended.err) == (2, f"{tmp_path / 'none'} cannot be read: No such file or directory.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--limit", "0"], "--limit is 1 or more."),
        (["--timeout", "0"], "--timeout is more than 0"),
        (["--only", "["], "--only is no regular expression"),
        (["--token", "x", "--sandbox", "http://127.0.0.1:1"], "--token is for a deployment without --sandbox"),
        (["--token", "@/nowhere/at/all"], "--token: the file cannot be read."),
        (["--old-authorization", "@/nowhere/at/all"], "--old-authorization: the file cannot be read."),
        (["--pair", "downloads/os"], "--pair is a name of the older version and one of the newer version"),
        (["--old", "/", "--new", "api/v2"], "give two prefixes, --old and --new."),
        (["--old", "api/v2", "--new", "/api/v2/"], "give two prefixes, --old and --new."),
        (["--only", "no such case"], "Nothing was compared."),
    ],
)
def test_misuse_is_reported(listener: Listener, arguments: list[str], message: str) -> None:
    """Exit code 2, one line, nothing sent."""
    ended = check_parity("--url", listener.url, *arguments)
    assert (ended.code, listener.received) == (2, [])
    assert message in ended.err


@pytest.mark.parametrize(
    "url", ["", "api.example.com", "ftp://x", "http://", "http://u:p@127.0.0.1", "http://x/?a", "http://[::1"]
)
def test_an_invalid_address_is_reported(url: str) -> None:
    """The message names the option and repeats no password."""
    ended = check_parity("--url", url)
    assert ended.code == 2
    assert ended.err.startswith("--url: ")
    assert "u:p" not in ended.err


def test_no_deployment_is_reported() -> None:
    """Exit code 2."""
    ended = check_parity("--url", f"http://127.0.0.1:{free_port()}")
    assert (ended.code, ": nobody listens there." in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("status", "message"), [(404, "There is no api/v1/ at"), (410, "it answers 410 to everything")]
)
def test_without_two_versions_nothing_is_sent(listener: Listener, status: int, message: str) -> None:
    """There is nothing to compare if v1 is not mounted or is switched off."""
    listener.status_of_options = status
    ended = check_parity("--url", listener.url)
    assert (ended.code, listener.received) == (2, [])
    assert message in ended.err


@pytest.mark.parametrize(
    ("apis", "versions"),
    [
        ({"a": "rest/0/", "b": "rest/1/", "c": "rest/2/"}, "rest/1/ and rest/2/ at http"),
        ({"a": "rest/2/"}, "settings.APIS has no two versions"),
        ({}, "settings.APIS has no two versions"),
    ],
)
def test_the_versions_are_the_last_two(listener: Listener, apis: dict[str, str], versions: str) -> None:
    """Without --old and --new; a retired API is not compared."""
    with override_settings(APIS=apis, RETIRED_APIS={"z": "rest/3/"}):
        ended = check_parity("--url", listener.url, "--only", r"^GET provider/ \(contract, exch", versions=())
    assert versions in ended.out + ended.err


def test_a_request_without_an_answer_does_not_end_the_run(listener: Listener, tmp_path: Path) -> None:
    """It is reported by its number, the others are compared, and the exit code is 1."""
    log = tmp_path / "log.jsonl"
    log.write_text(
        '{"method":"GET","path":"/api/v1/user/"}\n\n{"method":"GET","path":"/api/v1/token/"}\n', encoding="utf-8"
    )
    listener.statuses = [GONE, GONE]
    ended = check_parity("--url", listener.url, "--log", log, "--json")
    assert ended.code == 1
    assert (ended.json["compared"], ended.json["failed"]) == (1, 1)
    assert [(one["number"], one["verdict"]) for one in ended.json["results"]] == [(1, "failed"), (2, "different")]


def test_a_rate_limit_is_waited_for(listener: Listener) -> None:
    """A request refused by a rate limit has had no effect: it is sent again after Retry-After."""
    waited: list[float] = []
    deployment = Deployment(listener.url, ("api/v1/", "api/v2/"), timeout=5, waiting=waited.append)
    listener.statuses = [429, 429, 200]
    assert deployment.send("api/v2/", Request("GET", "user/")).status == 200
    assert waited == [7, 7]
    assert LONGEST_WAIT > 60
    listener.statuses = [429] * 20
    assert deployment.send("api/v2/", Request("GET", "user/")).status == 429


@pytest.mark.parametrize("body", [b'"slow down"', b"[1]", b"<p>slow down</p>", b"[" * 200_000])
def test_a_429_of_a_proxy_is_an_ordinary_answer(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    """Only the contract's own 429 is waited for; another body causes no error."""
    answer = Answer("/api/v2/", 429, (("Retry-After", "7"),), body)
    monkeypatch.setattr(Deployment, "_send", lambda *_: answer)
    waited: list[float] = []
    deployment = Deployment("http://127.0.0.1", ("api/v1/", "api/v2/"), timeout=5, waiting=waited.append)
    assert deployment.send("api/v2/", Request("GET", "user/")) is answer
    assert waited == []
