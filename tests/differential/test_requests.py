"""Any request in process has the same answer on every mounted API, and one within the contract."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from hypothesis import event, example, given
from hypothesis import strategies as st

from shared.contract.differences import Answer
from tests.differential import hostile, identities
from tests.differential.agreement import check_equal, check_in_the_contract
from tests.differential.budget import budget
from tests.differential.database_states import DatabaseState, Rows
from tests.differential.in_process import Service
from tests.differential.messages import Message
from tests.providers import Providers

PREFIXES = tuple("/" + prefix for prefix in settings.APIS.values())
JSON = ("Content-Type", b"application/json")
Outcome = tuple[Answer, Rows, int]
Sent = Callable[[str, Message], Outcome]


@pytest.fixture
def sent(service: Service, with_users: DatabaseState, providers: Providers) -> Iterator[Sent]:
    """Return a function that sends a request from the same state each time and returns answer, rows and call count."""
    here = DatabaseState(like=with_users)

    def send(prefix: str, message: Message) -> Outcome:
        here.copy_from(with_users)
        providers.calls.reset()
        with here.entered():
            answer = service.send(prefix, message)
        return answer, here.rows(), len(providers.calls)

    yield send
    here.close()


@budget(150)
@given(message=hostile.messages(identities.known_fields()))
@example(message=Message("POST", "social_sign_up/", (JSON,), b'{"provider":"facebook","access_token":"fb-new"}'))
@example(message=Message("POST", "social_sign_up/", (JSON,), json.dumps(identities.by_code("gh-new")).encode()))
@example(message=Message("POST", "social_sign_up/", (JSON,), json.dumps(identities.by_code("used")).encode()))
@example(message=Message("GET", "user/%0A"))
@example(message=Message("DELETE", "social_account/1", (("Authorization", b"Token " + hostile.RIPLEY.encode()),)))
def test_every_api_gives_the_same_answer(sent: Sent, message: Message) -> None:
    """Status, headers and bytes are equal except for documented differences, and so are rows and provider calls."""
    outcomes = [sent(prefix, message) for prefix in PREFIXES]
    answers = [answer for answer, _, _ in outcomes]
    event(f"{answers[0].status}")
    for answer in answers:
        check_in_the_contract(message, answer)
    check_equal(message, answers)
    _, rows, calls = outcomes[0]
    for _, other_rows, other_calls in outcomes[1:]:
        assert other_rows == rows, message
        assert other_calls == calls, message


@pytest.mark.parametrize("method", [*hostile.METHODS, "PUT"])
def test_the_root_answers_without_its_slash(sent: Sent, method: str) -> None:
    """An empty target is the root."""
    for prefix in PREFIXES:
        answers = [sent(at, Message(method, ""))[0] for at in (prefix, prefix.removesuffix("/"))]
        check_equal(Message(method, ""), [replace(answer, prefix=prefix) for answer in answers])


@budget(60)
@given(
    message=hostile.messages(identities.known_fields()),
    noise=st.lists(hostile.ignored_headers(), min_size=1, max_size=3),
)
def test_ignored_headers_have_no_effect(sent: Sent, message: Message, noise: list[tuple[str, bytes]]) -> None:
    """docs/contract.md, section 1: Accept, method overrides, cookies, conditions, ranges and others are ignored."""
    plain = replace(message, headers=tuple(one for one in message.headers if one[0] in _READ_HEADERS))
    for prefix in PREFIXES:
        answer, rows, calls = sent(prefix, plain)
        noisy_answer, noisy_rows, noisy_calls = sent(prefix, plain.with_headers(*noise))
        check_equal(message, [answer, noisy_answer])
        assert (noisy_rows, noisy_calls) == (rows, calls), message


_READ_HEADERS = {"Authorization", "Content-Type", "Content-Encoding"}


@budget(60)
@given(message=hostile.messages(identities.known_fields()))
def test_head_is_get_without_a_body(sent: Sent, message: Message) -> None:
    """HEAD has the status and headers of GET, Content-Length included, also for errors."""
    for prefix in PREFIXES:
        get, _, _ = sent(prefix, replace(message, method="GET"))
        head, _, _ = sent(prefix, replace(message, method="HEAD"))
        assert head.body == b""
        check_equal(message, [get, replace(head, body=get.body)])


@budget(60)
@given(message=hostile.messages(identities.known_fields()))
def test_the_final_slash_is_optional(sent: Sent, message: Message) -> None:
    """Every path answers with and without its final slash, without a redirect."""
    path, mark, query = message.target.partition("?")
    if not path.endswith("/"):
        path += "/"
    if path == "/" or path.endswith("//"):
        return  # An empty path segment is not a final slash.
    slashless = replace(message, target=path.removesuffix("/") + mark + query)
    for prefix in PREFIXES:
        with_it, rows, calls = sent(prefix, replace(message, target=path + mark + query))
        without, other_rows, other_calls = sent(prefix, slashless)
        check_equal(message, [with_it, without])
        assert (other_rows, other_calls) == (rows, calls), message
