"""Any request over sockets, to a server and a database for each API, because servers differ from test clients."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from django.conf import settings
from hypothesis import event, example, given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from social.tokens import digest_of
from tests.differential import hostile
from tests.differential.agreement import check_equal, check_in_the_contract
from tests.differential.budget import budget
from tests.differential.database_states import Rows, rows_of
from tests.differential.messages import Message
from tests.differential.over_sockets import exchange, is_ours, request_bytes
from tests.e2e.servers import Sandbox, Service, running_sandbox, running_service

pytestmark = pytest.mark.e2e

JSON = ("Content-Type", b"application/json")
SIGNED_UP = (("facebook", "ripley"), ("twitter", "dallas"), ("instagram", "ash"))
"""The users 1 to 3; ripley has a GitHub identity too."""
PERSONAS = (
    *(
        ("facebook", persona)
        for persona in ("ripley", "zoe", "no-email", "nul-name", "expired", "html", "no-id", "error-object")
    ),
    *(
        ("github", persona)
        for persona in ("ripley", "parker", "long-name", "foreign", "rate-limited", "list", "false-id")
    ),
    *(("google-oauth2", persona) for persona in ("ripley", "unverified-email", "foreign", "redirect")),
    *(("twitter", persona) for persona in ("dallas", "lambert", "unregistered", "error-503")),
    ("instagram", "ash"),
)
ODD_LINES = (
    b"Host: evil.example.com",
    b"Host:",
    b"Content-Length: 5",
    b"Content-Length: +5",
    b"Content-Length: 5, 5",
    b"Content-Length: -1",
    b"Content-Length: 99999999",
    b"Content-Length: \xb2",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: \x0bchunked",
    b"Content_Type: text/plain",
    b"Content_Length: 5",
    b"X_Forwarded_For: 1.1.1.1",
    b"Authorization : Bearer x",
    b"Authorization: Bearer x",
    b" folded",
    b"\tfolded",
    b"no colon",
    b": no name",
    b"X-Nul: a\x00b",
    b"X-Bell: a\x07b",
    b"X-High: \x80\xff",
    b"X-CR: a\rb",
    b"X-LF: a\nAuthorization: Bearer x",
    b"Expect: 100-continue",
    b"Expect: 200-ok",
    b"Upgrade: h2c",
    b"TE: trailers",
    b"Trailer: Authorization",
    b"Connection: keep-alive",
    b"Proxy: http://evil.example.com",
    b"Script-Name: /api",
    b"X-Script-Name: /x",
    b"Remote-User: ripley",
    b"X-Long: " + b"x" * 9000,
    b"Content-Type: application/json",
    b"Content-Type: text/plain",
    b"Content-Encoding: ",
    b"Secret: x",
    b"Forwarded: host=x",
)


@dataclass(frozen=True)
class Server:
    """A server that is called at one API, and its database."""

    prefix: str
    service: Service
    database: Path

    def rows(self) -> Rows:
        with closing(sqlite3.connect(self.database)) as connection:
            return rows_of(connection)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Start the sandbox providers."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def servers(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Start a server for each mounted API, with the same users in all databases."""
    with ExitStack() as stack:
        started = []
        for prefix in settings.APIS.values():
            database = tmp_path_factory.mktemp("state") / "db.sqlite3"
            service = stack.enter_context(running_service(sandbox, database_url=f"sqlite:///{database}", THREADS="4"))
            started.append(Server("/" + prefix, service, database))
            _create_users(started[-1], sandbox)
        yield started


def _create_users(server: Server, sandbox: Sandbox) -> None:
    """Sign up the users, then set the tokens of `hostile`."""
    path = server.service.url + server.prefix + "social_sign_up/"
    values = []
    for provider, persona in SIGNED_UP:
        answer = requests.post(path, json=sandbox.token(provider, persona), timeout=30)
        assert answer.status_code == 201, answer.text
        values.append(answer.json()["token"])
    linking = {"Authorization": f"Bearer {values[0]}"}
    assert requests.post(path, json=sandbox.token("github", "ripley"), headers=linking, timeout=30).status_code == 201
    insert = (
        "INSERT INTO social_accesstoken (digest, user_id, created, last_used, expires_at, imported) "
        "SELECT ?, ?, created, last_used, ?, 0 FROM social_accesstoken WHERE id = 1"
    )
    with closing(sqlite3.connect(server.database, timeout=30)) as connection, connection:
        for id, token in enumerate((hostile.RIPLEY, hostile.DALLAS, hostile.ASH), start=1):
            connection.execute("UPDATE social_accesstoken SET digest = ? WHERE id = ?", (digest_of(token), id))
        connection.execute("UPDATE auth_user SET is_active = 0 WHERE id = 3")
        connection.execute(insert, (digest_of(hostile.EXPIRED), 1, "2015-01-01 00:00:00"))
        connection.execute(insert, (digest_of(hostile.IMPORTED), 2, None))


@pytest.fixture(scope="module")
def messages(sandbox: Sandbox) -> SearchStrategy[Message]:
    """Return requests with tokens that the sandbox's providers accept or refuse."""
    return hostile.messages(st.sampled_from([sandbox.token(provider, persona) for provider, persona in PERSONAS]))


def test_the_databases_are_equal_at_first(servers: list[Server]) -> None:
    """All differences after this come from the requests."""
    assert all(server.rows() == servers[0].rows() for server in servers)


@budget(60, shrink=False)
@given(data=st.data())
def test_every_api_gives_the_same_answer_over_sockets(
    servers: list[Server], messages: SearchStrategy[Message], data: st.DataObject
) -> None:
    """Status, headers and bytes are equal except for documented differences, and so are the rows."""
    _check(servers, data.draw(messages))


@budget(40, shrink=False)
@given(
    message=hostile.valid_messages(st.just({"provider": "github", "access_token": "nobody's"})),
    lines=st.lists(st.integers(0, len(ODD_LINES) - 1), min_size=1, max_size=1)
    | st.lists(st.integers(0, len(ODD_LINES) - 1), min_size=2, max_size=2),
    http=st.sampled_from([b"HTTP/1.1"] * 9 + [b"HTTP/1.0", b"HTTP/1.2", b"http/1.1", b""]),
)
@example(message=Message("GET", "user/"), lines=[0], http=b"HTTP/1.1")
@example(message=Message("POST", "social_sign_up/", (JSON,), b"{}"), lines=[8], http=b"HTTP/1.1")
@example(message=Message("GET", "provider/"), lines=[17], http=b"HTTP/1.0")
def test_every_api_treats_malformed_headers_in_the_same_way(
    servers: list[Server], message: Message, lines: list[int], http: bytes
) -> None:
    """The server refuses the same header lines for all APIs, and the rest has the same answers."""
    _check(servers, message, tuple(ODD_LINES[line] for line in lines), http)


def _check(servers: list[Server], message: Message, lines: tuple[bytes, ...] = (), http: bytes = b"HTTP/1.1") -> None:
    answers = []
    for server in servers:
        host = server.service.url.removeprefix("http://")
        answers.append(
            exchange(server.service.address, server.prefix, request_bytes(host, server.prefix, message, lines, http))
        )
    event(f"{answers[0].status}{'' if is_ours(answers[0]) else ' by the server'}")
    assert len({is_ours(answer) for answer in answers}) == 1, answers
    if is_ours(answers[0]):
        for answer in answers:
            check_in_the_contract(message, answer)
    check_equal(message, answers)
    rows = servers[0].rows()
    for server in servers[1:]:
        assert server.rows() == rows, message
