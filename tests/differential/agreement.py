"""Checks of an answer, and of two answers to one request from equal states."""

import json
import re
from collections.abc import Sequence

from shared.contract.differences import NEW_ROW, Answer, compare
from shared.contract.wire import encode
from tests.contract.answers import ERRORS, RETRY_LATER
from tests.differential.messages import Message

_ID = re.compile(r"[0-9a-f]{32}|[A-Za-z0-9._-]{8,64}")


def check_equal(message: Message, answers: Sequence[Answer]) -> None:
    """Check that the answers are equal except for documented differences, ids included, as the states were equal."""
    for other in answers[1:]:
        differences = compare(answers[0], other).differences
        outside = [one for one in differences if not one.reasons or NEW_ROW.reason in one.reasons]
        assert not outside, _description(message, [answers[0], other], outside)


def check_in_the_contract(message: Message, answer: Answer) -> None:
    """Check the rules of docs/contract.md, sections 1 and 3, for an answer to any request."""
    headers = _headers(answer)
    description = _description(message, [answer])
    assert headers["cache-control"] == "no-store", description
    assert headers["x-content-type-options"] == "nosniff", description
    assert _ID.fullmatch(headers["x-request-id"]), description
    assert not headers.keys() & {"set-cookie", "vary"}, description
    assert ("www-authenticate" in headers) == (answer.status == 401), description
    assert ("location" in headers) == (answer.status == 201), description
    if answer.status == 204:
        assert (answer.body, headers.get("content-type")) == (b"", None), description
        return
    assert headers["content-type"] == "application/json", description
    if message.method.upper() == "HEAD":
        assert answer.body == b"", description
        return
    assert headers["content-length"] == str(len(answer.body)), description
    body = json.loads(answer.body)
    assert encode(body) == answer.body, description
    if answer.status in {200, 201}:
        assert isinstance(body, dict), description
        return
    status, text = ERRORS[body["code"]]
    assert answer.status == status != 500, description
    assert list(body) == ["errors", "code", *(["fields"] if "fields" in body else [])], description
    assert body["errors"] == (text if "fields" not in body else _first(body["fields"])), description
    assert ("retry-after" in headers) == (body["code"] in RETRY_LATER), description
    assert ("allow" in headers) == (answer.status == 405), description


def _first(fields: dict[str, list[str]]) -> str:
    name, messages = next(iter(fields.items()))
    return f"{name}: {messages[0]}"


def _headers(answer: Answer) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in answer.headers:
        assert name.lower() not in found, f"{name} is sent twice: {answer}"
        found[name.lower()] = value
    return found


def _description(message: Message, answers: Sequence[Answer], more: object = "") -> str:
    lines = [
        f"{message}",
        *(f"{answer.prefix}: {answer.status} {answer.headers} {answer.body[:2000]!r}" for answer in answers),
    ]
    return "\n".join([*lines, f"{more}" if more else ""])
