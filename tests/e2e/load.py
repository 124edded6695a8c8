"""Concurrent calls, and a load of sign-ups whose acknowledged results are recorded."""

import itertools
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, TypeVar

import requests
from django.conf import settings

from tests.e2e.client import Api
from tests.e2e.databases import Database
from tests.e2e.synthetic_github import fields

PREFIXES = list(settings.APIS.values())
T = TypeVar("T")
AT_ONCE = 4
"""How many callers sign up the same user at about the same time."""


@dataclass(frozen=True)
class Acknowledgement:
    """A sign-up that was answered with 201."""

    number: int
    user: int
    token: str


@dataclass
class Load:
    """The results of the callers so far."""

    service: str
    acknowledged: list[Acknowledgement] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    """The number of answers by status and code."""
    unexpected: list[str] = field(default_factory=list)
    """Answers that the contract does not allow."""
    broken: int = 0
    """The number of calls without an answer, because the worker was killed."""
    slowest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_for_next(self, moment: float) -> int:
        """Wait for the next acknowledged sign-up after this moment, and return the number of all."""
        before, until = len(self.acknowledged), moment + 60
        while len(self.acknowledged) == before:
            assert time.monotonic() < until, f"no sign-up succeeds any more: {self.answers}"
            time.sleep(0.01)
        return len(self.acknowledged)

    def lost(self, database: Database) -> list[Acknowledgement]:
        """Return the acknowledged sign-ups without their user, association or token in the database."""
        users = {user for (user,) in database.rows("SELECT id FROM auth_user")}
        rows = database.rows("SELECT uid, user_id FROM social_auth_usersocialauth WHERE provider = 'github'")
        owners = {int(uid): user for uid, user in rows}
        tokens = dict(database.rows("SELECT digest, user_id FROM social_accesstoken"))
        return [
            one
            for one in self.acknowledged
            if one.user not in users
            or owners.get(one.number) != one.user
            or tokens.get(sha256(one.token.encode()).hexdigest()) != one.user
        ]

    def refused(self, acknowledged: Sequence[Acknowledgement]) -> list[Acknowledgement]:
        """Return the acknowledged sign-ups whose token is refused; the versions are called in turn."""

        def is_accepted(index: int) -> bool:
            api = Api(self.service, PREFIXES[index % len(PREFIXES)], acknowledged[index].token)
            return api.get(f"user/{acknowledged[index].user}/").status_code == 200

        with ThreadPoolExecutor(8) as callers:
            accepted = callers.map(is_accepted, range(len(acknowledged)))
            return [one for one, good in zip(acknowledged, accepted, strict=True) if not good]


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make all calls at the same moment, each in a thread of its own, and return their results."""
    barrier = threading.Barrier(len(calls))

    def wait_and(call: Callable[[], T]) -> T:
        barrier.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as callers:
        return list(callers.map(wait_and, calls))


@contextmanager
def under_load(service: str, first: int, *, callers: int = 8, headers: bool = False) -> Iterator[Load]:
    """Run callers that sign up new users, each user `AT_ONCE` times, until the end of the block.

    :param first: the id of the first user; tests on one database choose different ones.
    :param headers: send a different X-Forwarded-For with each call, as a proxy would.
    """
    load, stopped, numbers = Load(service), threading.Event(), itertools.count(first * AT_ONCE)

    def call() -> None:
        apis = itertools.cycle(Api(service, prefix) for prefix in PREFIXES)
        while not stopped.is_set():
            number = next(numbers) // AT_ONCE
            _sign_up(load, next(apis), number, {"X-Forwarded-For": _address()} if headers else {})

    with ThreadPoolExecutor(callers) as pool:
        calling = [pool.submit(call) for _ in range(callers)]
        try:
            yield load
        finally:
            stopped.set()
    for one in calling:
        one.result()


def _sign_up(load: Load, api: Api, number: int, headers: dict[str, str]) -> None:
    began = time.monotonic()
    try:
        answer = api.sign_up(fields(number, f"person-{number}"), headers=headers)
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        with load.lock:
            load.broken += 1
        time.sleep(0.05)  # no worker listens for a moment; an app waits too
        return
    body = _body(answer)
    with load.lock:
        load.slowest = max(load.slowest, time.monotonic() - began)
        load.answers[f"{answer.status_code} {body.get('code', body.get('outcome', ''))}"] += 1
        if answer.status_code == 201:
            load.acknowledged.append(Acknowledgement(number, body["id"], body["token"]))
        elif not _is_allowed(answer, body):
            load.unexpected.append(f"{answer.status_code} {dict(answer.headers)} {answer.text[:500]}")


def _body(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _is_allowed(answer: requests.Response, body: dict[str, Any]) -> bool:
    return (
        answer.status_code == 503
        and list(body) == ["errors", "code"]
        and answer.headers["Content-Type"] == "application/json"
        and int(answer.headers.get("Retry-After", 0)) >= 1
    )


def _address() -> str:
    return str(ip_address(secrets.token_bytes(4)))
