"""Entries of an HTTP archive, in and out."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from rollout.recorded import har
from tests.rollout.translate.running import translate

PAGE = {"request": {"method": "GET", "url": "https://cdn.example.com/a.png", "headers": []}}


def entry(method: str = "GET", path: str = "user/", **more: Any) -> dict[str, Any]:
    url = f"https://api.example.com/shop/api/v1/{path}"
    return {"request": {"method": method, "url": url, "headers": [{"name": ":path", "value": "x"}], **more}}


def archive(*entries: Any) -> str:
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def test_all_entries_of_v1_are_translated(tmp_path: Path) -> None:
    """Others are passed over; each has its place in the notes; a prefix before the version stays."""
    posted = {"mimeType": "application/json", "text": '{"provider":"é"}'}
    given = archive(PAGE, entry(), entry("POST", "social_sign_up/", postData=posted))
    ended = translate(tmp_path, given)
    assert ended.out == (
        "curl https://api.example.com/shop/api/v2/user/\n\n"
        "curl https://api.example.com/shop/api/v2/social_sign_up/ \\\n"
        '  --header Content-Type: \\\n  --data-raw \'{"provider":"é"}\''
    )
    assert ended.err.startswith("entry 3: A body without a Content-Type is taken for JSON")


def test_one_entry_can_be_chosen(tmp_path: Path) -> None:
    """By its number, from 1."""
    given = archive(PAGE, entry(), entry("DELETE", "token/5/"))
    assert "token/5/" in translate(tmp_path, given, "--entry", "3").out
    assert translate(tmp_path, given, "--entry", "1").code == 1
    ended = translate(tmp_path, given, "--entry", "4")
    assert (ended.code, ended.err) == (2, "--entry is from 1 to 3.")
    assert translate(tmp_path, "curl x", "--entry", "1").code == 2


def test_an_archive_comes_out_as_one(tmp_path: Path) -> None:
    """What is written can be read again: the same headers and bytes, to v2."""
    posted = {"mimeType": "application/json", "text": "/wA=", "encoding": "base64"}
    sent = [{"name": "Authorization", "value": "Bearer abc"}, {"name": "Cookie", "value": "a=b"}]
    given = archive(entry("POST", "social_sign_up/?a=%20", postData=posted, headers=sent))
    ended = translate(tmp_path, given, "--format", "har")
    (one,) = har.entries_of(ended.out, "it")
    request = har.request_of(one, 1)
    assert request.url == "https://api.example.com/shop/api/v2/social_sign_up/?a=%20"
    assert (request.headers, request.body) == ((("Authorization", "Bearer abc"),), b"\xff\x00")


def test_a_form_is_put_together(tmp_path: Path) -> None:
    """Where a recorder has kept the parts alone; parts of another kind cannot be, and are told."""
    params = [{"name": "a", "value": "b c"}]
    form = {"mimeType": "application/x-www-form-urlencoded", "params": params}
    assert "--data-raw a=b+c" in translate(tmp_path, archive(entry("POST", "token/", postData=form))).out
    parts = {"mimeType": "multipart/form-data; boundary=x", "params": params}
    ended = translate(tmp_path, archive(entry("POST", "token/", postData=parts)))
    assert (ended.code, ended.err) == (1, "entry 1: its body was recorded in parts only.")


@pytest.mark.parametrize("given", ["{", archive(), archive(PAGE), '{"log":1}', archive(entry(headers=[1]))])
def test_what_is_no_archive_of_v1_is_told(tmp_path: Path, given: str) -> None:
    """One line, exit code 1."""
    ended = translate(tmp_path, given)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err
    assert "\n" not in ended.err


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Exit code 2."""
    with pytest.raises(CommandError, match="cannot be read: No such file") as told:
        call_command("translate_request", str(tmp_path / "none"))
    assert told.value.returncode == 2
