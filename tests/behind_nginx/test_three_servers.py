"""Three services behind nginx: all serve, they share the limits, and each of them can be killed or restarted."""

import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings

from shared.contract.errors import ApiError, PayloadTooLarge, ServiceUnavailable
from tests.behind_nginx.fleet import Member
from tests.behind_nginx.nginx import OFFICE, Nginx, running_nginx
from tests.e2e.client import Api, code_of
from tests.e2e.code_providers import CodeProviders
from tests.e2e.conftest import Note
from tests.e2e.databases import Database
from tests.e2e.load import PREFIXES, under_load
from tests.e2e.servers import free_port
from tests.e2e.synthetic_github import SyntheticGitHub, fields
from tests.e2e.test_kills import assert_consistent
from tests.limits.redis_proxy import constant_server
from tests.server.callers import calling, request

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.redis]

BUDGET = 60
CALLERS = 12
SHORT = 1.0
"""Seconds of load before a server is killed."""


def calls_from(address: str, nginx: Nginx, sent: bytes) -> tuple[int, dict[str, str]]:
    """Send a request from an address of this machine; return the status and the headers."""
    with closing(socket.create_connection(("127.0.0.1", nginx.port), 30, (address, 0))) as connection:
        connection.sendall(sent)
        answer = HTTPResponse(connection)
        answer.begin()
        answer.read()
        return answer.status, dict(answer.getheaders())


def signs_up(number: int, **headers: str) -> bytes:
    body = json.dumps(fields(number, f"person-{number}")).encode()
    return request("POST", f"/{PREFIXES[number % len(PREFIXES)]}social_sign_up/", body, **headers)


def soon(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def served_by(nginx: Nginx, fleet: list[Member]) -> Counter[int]:
    """Return how often each port has answered, from nginx's log."""
    log = nginx.log()
    return Counter({member.port: log.count(f"127.0.0.1:{member.port} 20") for member in fleet})


@pytest.mark.threat(27)
def test_all_servers_share_the_limits(nginx: Nginx, fleet: list[Member]) -> None:
    """An address has one limit over all servers and versions, whatever X-Forwarded-For it sends."""
    statuses = Counter(
        calls_from("127.0.0.61", nginx, signs_up(number, X_Forwarded_For=f"198.51.100.{number}"))[0]
        for number in range(BUDGET + 1)
    )
    assert statuses == {201: BUDGET, 429: 1}
    assert calls_from("127.0.0.62", nginx, signs_up(1))[0] == 201
    assert all(served_by(nginx, fleet).values())


def test_both_logs_have_the_request_id(nginx: Nginx, fleet: list[Member]) -> None:
    """The client may choose the id within bounds; neither log has the query string."""
    for given, kept in (("chosen-by-the-app", True), ("no id", False)):
        sent = request("GET", f"/{PREFIXES[0]}provider/?secret=in-a-query", X_Request_ID=given)
        status, headers = calls_from("127.0.0.63", nginx, sent)
        answered = headers["X-Request-ID"]
        assert (status, answered == given) == (200, kept)
        soon(lambda: f" {answered} " in nginx.log())  # noqa: B023 - called at once
        assert any(f"[{answered}]" in member.now.log() for member in fleet)
    assert "in-a-query" not in nginx.log()


def test_x_forwarded_proto_is_overwritten(nginx: Nginx) -> None:
    """The client's own header has no effect."""
    _, headers = calls_from("127.0.0.64", nginx, request("GET", "/livez", X_Forwarded_Proto="https"))
    assert "Strict-Transport-Security" not in headers


@pytest.mark.threat(40)
@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/login/", "//admin/login/", "/%61dmin/login/", "/x/../admin/login/", "/admin%2flogin/"]
)
def test_the_admin_is_for_named_addresses(nginx: Nginx, path: str) -> None:
    """Others get a 403 from nginx, however they write the path and whatever X-Forwarded-For they send."""
    sent = request("GET", path, X_Forwarded_For=OFFICE)
    status, headers = calls_from("127.0.0.65", nginx, sent)
    assert (status, headers["Server"].partition("/")[0]) == (403, "nginx")
    assert "Content-Security-Policy" not in headers, "it is the service's answer"
    assert calls_from(OFFICE, nginx, request("GET", "/admin/login/"))[0] == 200


@pytest.mark.threat(68)
@pytest.mark.parametrize("path", ["/readyz", "//readyz", "/%72eadyz", "/x/../readyz", "/readyz?x", "/metrics"])
def test_readiness_and_metrics_are_asked_of_the_servers(nginx: Nginx, fleet: list[Member], path: str) -> None:
    """nginx passes neither on, however the path is written; each server answers both, and nginx passes on `/livez`."""
    status, headers = calls_from("127.0.0.66", nginx, request("GET", path))
    assert (status, "X-Request-ID" in headers) == (404, False), "it is the service's answer"
    assert [requests.get(f"{member.now.url}/readyz", timeout=30).status_code for member in fleet] == [200] * len(fleet)
    assert calls_from("127.0.0.66", nginx, request("GET", "/livez"))[0] == 200


@pytest.mark.threat(65)
def test_no_call_takes_a_server_from_the_others(nginx: Nginx) -> None:
    """Calls whose path or query is repeated in the answer's head, percent-encoded, are answered, and so is any other.

    nginx takes a longer head than its buffer for a failure of the server, which gets no call for two seconds then.
    """
    v1 = [*settings.RETIRED_APIS.values(), *PREFIXES][0]
    long = [f"/{v1}{'<' * 1400}", f"/{v1}{'<' * 4000}", f"/{v1}user/?{'<' * 4000}", f"/admin/?{'<' * 3200}"]
    attacks = [(OFFICE if path.startswith("/admin") else "127.0.0.67", request("GET", path)) for path in long]
    honest = request("GET", f"/{PREFIXES[-1]}provider/")
    with calling(("127.0.0.1", nginx.port), honest, callers=3) as calls:
        answered = Counter(calls_from(address, nginx, sent)[0] for _ in range(20) for address, sent in attacks)
        calls.wait_for(50)
    assert (set(calls.statuses), calls.lost) == ({200}, [])
    assert {status for status in answered if status >= 500} == set()


@pytest.mark.threat(65)
def test_nginx_takes_the_longest_head() -> None:
    """Of 20 KB: Django redirects to an address of 16 384 characters at most."""
    sent = b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: /" + b"x" * 20_000 + b"\r\n\r\n"
    with constant_server(sent) as url, running_nginx([urlsplit(url).port or 0]) as nginx:
        status, headers = calls_from("127.0.0.68", nginx, request("GET", "/"))
    assert (status, len(headers["Location"])) == (302, 20_001)


@pytest.mark.threat(26)
def test_a_server_is_killed_under_load(nginx: Nginx, fleet: list[Member], database: Database, note: Note) -> None:
    """Its requests in progress get 503, no other request is refused, and no acknowledged result is lost.

    An answer that had begun is cut off: nginx has sent its head, and no other server can complete it.
    """
    victim = random.SystemRandom().choice(fleet)
    with under_load(nginx.url, first=2000, callers=CALLERS, headers=True) as load:
        load.wait_for_next(time.monotonic())
        time.sleep(SHORT)
        victim.now.kill()
        killed = time.monotonic()
        for _ in range(30):
            load.wait_for_next(time.monotonic())
    victim.end()
    victim.start()
    refused = load.answers.pop("503 service_unavailable", 0)
    assert_consistent(load, database, nginx.url, 1, note)
    note("slowest call, seconds after the kill", f"{load.slowest:.1f}, {time.monotonic() - killed:.1f}")
    note("answered with 503 by nginx", refused)
    assert load.broken + refused <= CALLERS / len(fleet) + 1
    assert nginx.log().count(f" 503 127.0.0.1:{victim.port} 502 ") == refused


@pytest.mark.threat(47)
def test_a_sign_up_is_never_sent_twice(
    nginx: Nginx, fleet: list[Member], github: SyntheticGitHub, providers: CodeProviders, database: Database
) -> None:
    """A provider gets a code once, although a server dies while it exchanges it.

    nginx answers with 503. The client's own repetition succeeds with a token, and a code needs a new one.
    """
    before, asked, called = database.counts(), len(github.checked_ids), len(providers.calls)
    sent = [fields(6000 + number, f"killed-{number}") for number in range(len(fleet))]
    sent += [providers.code("dribbble", 6000 + number) for number in range(len(fleet))]
    apis = [Api(nginx.url, PREFIXES[number % len(PREFIXES)]) for number in range(len(sent))]
    victim, resumes = random.SystemRandom().choice(fleet), threading.Event()
    github.before = providers.before = lambda: resumes.wait(60)

    def received() -> int:
        return len(github.checked_ids) - asked + len(providers.calls) - called

    with ThreadPoolExecutor(len(sent)) as callers:
        try:
            calls = []
            # One after the other, so that each server has one call with a token and one with a code (`least_conn`).
            for number, (api, one) in enumerate(zip(apis, sent, strict=True), 1):
                calls.append(callers.submit(api.sign_up, one))
                soon(lambda: received() == number)  # noqa: B023 - called at once
            victim.now.kill()
            soon(lambda: sum(call.done() for call in calls) == 2 or received() > len(sent))
        finally:
            github.before = providers.before = lambda: None
            resumes.set()
    victim.end()
    victim.start()

    answers = [call.result() for call in calls]
    assert len(github.checked_ids) - asked == len(fleet)
    codes = [one["code"] for one in sent if "code" in one]
    assert [len(providers.sent(code)) for code in codes] == [1] * len(codes)
    lost = [number for number, answer in enumerate(answers) if answer.status_code != 201]
    assert [number // len(fleet) for number in lost] == [0, 1], "not one call with a token and one with a code"
    for number in lost:
        assert_is(answers[number], ServiceUnavailable())
    kept = len(sent) - len(lost)
    assert database.counts() == {**before, **{table: before[table] + kept for table in list(before)[:3]}}
    with_token, with_code = (apis[number].sign_up(sent[number]) for number in lost)
    assert (with_token.status_code, code_of(with_code)) == (201, (400, "token_rejected"))


def test_servers_are_restarted_one_by_one_under_load(
    nginx: Nginx, fleet: list[Member], github: SyntheticGitHub, note: Note
) -> None:
    """A deployment loses no call, repeats none, and all servers serve again afterwards."""
    asked = len(github.checked_ids)
    with under_load(nginx.url, first=4000, callers=3, headers=True) as load:
        for member in fleet:
            load.wait_for_next(time.monotonic())
            member.restart()
        there = served_by(nginx, fleet)
        soon(lambda: all((served_by(nginx, fleet) - there).get(member.port) for member in fleet))
    note("answers", dict(load.answers))
    assert (load.broken, load.unexpected) == (0, [])
    assert set(load.answers) <= {"201 created", "201 signed_in"}
    assert len(github.checked_ids) - asked == load.answers.total()


@pytest.mark.parametrize("prefix", settings.APIS.values(), ids=settings.APIS)
def test_nginx_answers_like_the_service(prefix: str) -> None:
    """If all servers are down, and for a body over its limit."""
    with running_nginx([free_port(), free_port()]) as nginx:
        url = f"{nginx.url}/{prefix}social_sign_up/"
        away = requests.post(url, json=fields(1, "newt"), timeout=30)
        too_large = requests.post(url, data=b"x" * 2 * 1024 * 1024, timeout=30)
        assert requests.get(f"{nginx.url}/metrics", timeout=30).status_code == 404
    for answer, error in ((away, ServiceUnavailable()), (too_large, PayloadTooLarge())):
        assert_is(answer, error)


def assert_is(answer: requests.Response, error: ApiError) -> None:
    assert (answer.status_code, answer.json()) == (error.status, error.body())
    expected = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    assert {name: answer.headers[name] for name in expected} == expected
    assert len(answer.headers["X-Request-ID"]) == 32
    assert {name: answer.headers[name] for name in error.headers} == error.headers
