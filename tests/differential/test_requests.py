"""Any request at all, in process: alike on every mounted API, and never outside the contract."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from hypothesis import event, example, given
from hypothesis import strategies as st

from shared.contract.differences import Answer
from tests.differential import hostile, identities
from tests.differential.agreement import check_alike, check_in_the_contract
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
def sent(service: Service, inhabited: DatabaseState, providers: Providers) -> Iterator[Sent]:
    """Send a request from the same state each time; return the answer, the rows and the number of provider calls."""
    here = DatabaseState(like=inhabited)

    def send(prefix: str, message: Message) -> Outcome:
        here.become(inhabited)
        providers.calls.reset()
        with here.entered():
            answer = service.send(prefix, message)
        return answer, here.rows(), len(providers.calls)

    yield send
    here.close()


@budget(300)
@given(message=hostile.messages(identities.known_fields()))
@example(message=Message("POST", "social_sign_up/", (JSON,), b'{"provider":"facebook","access_token":"fb-new"}'))
@example(message=Message("GET", "user/%0A"))
@example(message=Message("DELETE", "social_account/1", (("Authorization", b"Token " + hostile.RIPLEY.encode()),)))
def test_every_api_answers_alike(sent: Sent, message: Message) -> None:
    """Status, headers and bytes agree outside the closed list; so do the rows afterwards and the calls to providers."""
    outcomes = [sent(prefix, message) for prefix in PREFIXES]
    answers = [answer for answer, _, _ in outcomes]
    event(f"{answers[0].status}")
    for answer in answers:
        check_in_the_contract(message, answer)
    check_alike(message, answers)
    _, rows, calls = outcomes[0]
    for _, other_rows, other_calls in outcomes[1:]:
        assert other_rows == rows, message
        assert other_calls == calls, message


@pytest.mark.parametrize("method", [*hostile.METHODS, "PUT"])
def test_the_root_needs_no_slash_either(sent: Sent, method: str) -> None:
    """The one path that an empty target stands for."""
    for prefix in PREFIXES:
        answers = [sent(at, Message(method, ""))[0] for at in (prefix, prefix.removesuffix("/"))]
        check_alike(Message(method, ""), [replace(answer, prefix=prefix) for answer in answers])


@budget(60)
@given(
    message=hostile.messages(identities.known_fields()),
    noise=st.lists(hostile.ignored_headers(), min_size=1, max_size=3),
)
def test_what_is_ignored_changes_nothing(sent: Sent, message: Message, noise: list[tuple[str, bytes]]) -> None:
    """docs/contract.md, section 1: Accept, a method override, cookies, conditions, ranges and the like."""
    plain = replace(message, headers=tuple(one for one in message.headers if one[0] in _HEARD))
    for prefix in PREFIXES:
        answer, rows, calls = sent(prefix, plain)
        noisy_answer, noisy_rows, noisy_calls = sent(prefix, plain.having(*noise))
        check_alike(message, [answer, noisy_answer])
        assert (noisy_rows, noisy_calls) == (rows, calls), message


_HEARD = {"Authorization", "Content-Type", "Content-Encoding"}


@budget(60)
@given(message=hostile.messages(identities.known_fields()))
def test_head_is_get_without_its_body(sent: Sent, message: Message) -> None:
    """The same status and the same headers, Content-Length included; errors likewise."""
    for prefix in PREFIXES:
        get, _, _ = sent(prefix, replace(message, method="GET"))
        head, _, _ = sent(prefix, replace(message, method="HEAD"))
        assert head.body == b""
        check_alike(message, [get, replace(head, body=get.body)])


@budget(60)
@given(message=hostile.messages(identities.known_fields()))
def test_the_last_slash_is_as_good_as_none(sent: Sent, message: Message) -> None:
    """Every path answers with and without it, directly."""
    path, mark, query = message.target.partition("?")
    if not path.endswith("/"):
        path += "/"
    if path == "/" or path.endswith("//"):
        return  # an empty part of a path is no last slash
    slashless = replace(message, target=path.removesuffix("/") + mark + query)
    for prefix in PREFIXES:
        with_it, rows, calls = sent(prefix, replace(message, target=path + mark + query))
        without, other_rows, other_calls = sent(prefix, slashless)
        check_alike(message, [with_it, without])
        assert (other_rows, other_calls) == (rows, calls), message
