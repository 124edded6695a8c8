"""The examples of differences.toml as cases: one request for each decision between the two frameworks."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parity.contract import CREDENTIAL, JSON, Step
from parity.requests import Request

DATA = Path(__file__).resolve().parent / "differences.toml"
_NAMES = (
    (re.compile(r"(?<=user/)1(?=/)"), "{user}"),
    (re.compile(r"(?<=user/)2(?=/)"), "{other_user}"),
    (re.compile(r"(?<=social_account/)1(?=/)"), "{account}"),
    (re.compile(r"(?<=ApiKey )ripley(?=:{token})"), "{username}"),
)
_KNOWN = re.compile(rb"\bknown\b")


def steps() -> list[Step]:
    """Return a step for each example."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return [
        Step(f"differences, {row['id']}", _request(example))
        for row in data["row"]
        for example in row.get("examples", ())
    ]


def _request(example: Mapping[str, Any]) -> Request:
    given = example.get("given", {})
    headers = [(name, _named(value)) for name, value in given.items()]
    if example["method"] == "POST" and "Content-Type" not in given:
        headers.append(JSON)
    if example.get("signed_in"):
        headers.append(CREDENTIAL)
    body = None if example["method"] in {"HEAD", "OPTIONS"} else _body(example)
    return Request(
        example["method"], _named(example["path"]), tuple(headers), body or None, example.get("chunked", False)
    )


def _named(text: str) -> str:
    for pattern, name in _NAMES:
        text = pattern.sub(name, text)
    return text


def _body(example: Mapping[str, Any]) -> bytes:
    hexadecimal, padding = example.get("body_hex", ""), example.get("padding", 0)
    body = bytes.fromhex(hexadecimal) or b" " * padding or str(example.get("body", "")).encode()
    return _KNOWN.sub(b"{known}", body)
