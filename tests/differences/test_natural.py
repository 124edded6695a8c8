"""Each example request of parity/examples.toml against each mounted API, and the page made from them."""

import json
import re
from dataclasses import replace

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from social_django.models import UserSocialAuth

from scripts.differences_page import PAGE, Example, Row, page, rows
from shared.contract.differences import Answer
from social import tokens
from tests.contract.answers import ERRORS
from tests.differential.agreement import check_in_the_contract
from tests.differential.in_process import Service
from tests.differential.messages import Header, Message
from tests.providers import Providers

ROWS = rows()
EXAMPLES = [
    pytest.param(example, id=f"{row.id}-{number}") for row in ROWS for number, example in enumerate(row.examples)
]


@pytest.fixture
def token(db: None) -> str:
    """An access token of the user Ripley, whose objects have the ids in the examples."""
    ripley = User.objects.create(pk=1, username="ripley", first_name="Zoë", last_name="\u2028", password="!")
    for pk, provider in enumerate(("facebook", "github"), start=1):
        UserSocialAuth.objects.create(pk=pk, user=ripley, provider=provider, uid="10011", id_key="id")
    return tokens.issue(user=ripley).value


@pytest.mark.parametrize("app", settings.APIS)
@pytest.mark.parametrize("example", EXAMPLES)
def test_examples(app: str, example: Example, token: str, providers: Providers) -> None:
    """Each version answers an example request as the decision says."""
    providers.knows("facebook", "known", id="10011", name="Ellen Ripley")
    prefix = "/" + settings.APIS[app]
    message = _message(example, token)
    answer = Service().send(prefix, message)
    check_in_the_contract(message, answer)
    _check(example, answer, prefix)


def _message(example: Example, token: str) -> Message:
    """Return the request of an example; a POST gets a Content-Type unless the example sets it."""
    headers: list[Header] = [(name, value.replace("{token}", token).encode()) for name, value in example.given.items()]
    if example.method == "POST" and "Content-Type" not in example.given:
        headers.append(("Content-Type", b"application/json"))
    if example.signed_in:
        headers.append(("Authorization", f"Bearer {token}".encode()))
    target = example.path.replace("{token}", token)
    return Message(example.method, target, tuple(headers), example.sends(), example.chunked)


def _check(example: Example, answer: Answer, prefix: str) -> None:
    assert answer.status == example.status, answer
    if example.code:
        body = json.loads(answer.body)
        assert (answer.status, body["code"]) == (ERRORS[example.code][0], example.code), answer
    headers = {name.lower(): value for name, value in answer.headers}
    for name, value in example.headers.items():
        assert headers.get(name.lower(), "") == value.replace("{api}", prefix), answer
    if example.method in {"HEAD", "OPTIONS"}:
        assert answer.body == b"", answer
    if example.body_out:
        assert answer.body.decode() == example.body_out.replace("{api}", prefix)
    if example.matches:
        assert re.search(example.matches.replace("{api}", prefix), answer.body.decode()), answer


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_rows_are_complete(row: Row) -> None:
    """Each row states the behaviours, the decision and the reason; without examples, also where it is tested."""
    assert all((row.subject, row.v1, row.v2, row.contract, row.why))
    assert row.wins in {"v1", "v2", "both", "neither"}
    assert row.examples or re.search(r"shows?\b|above", row.why + row.contract), row.id


def test_rows_are_unique() -> None:
    """No two rows have the same id or subject."""
    assert len({row.id for row in ROWS}) == len({row.subject for row in ROWS}) == len(ROWS)


def test_page_is_up_to_date() -> None:
    """docs/differences.md is the output of `python -m scripts.differences_page`."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_wrong_examples_fail(token: str, providers: Providers) -> None:
    """An example with another status, code, header or body fails."""
    app = next(iter(settings.APIS))
    prefix = "/" + settings.APIS[app]
    example = next(example for row in ROWS if row.id == "nan" for example in row.examples)
    answer = Service().send(prefix, _message(example, token))
    for wrong in (
        replace(example, status=201),
        replace(example, code="invalid_request"),
        replace(example, headers={"Vary": "Accept"}),
        replace(example, body_out="{}"),
        replace(example, matches="NaN"),
    ):
        with pytest.raises(AssertionError):
            _check(wrong, answer, prefix)
