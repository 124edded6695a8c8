"""Many callers who sign up over all versions without a pause, and what was promised to them."""

import itertools
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

import requests
from django.conf import settings

from tests.e2e.client import Api
from tests.e2e.databases import Database
from tests.e2e.synthetic_github import fields

PREFIXES = list(settings.APIS.values())
AT_ONCE = 4
"""How many callers sign one and the same person up, at about the same moment."""


@dataclass(frozen=True)
class Promise:
    """A 201: whom it told that they are in, and by what."""

    number: int
    user: int
    token: str


@dataclass
class Load:
    """What the callers have seen so far."""

    service: str
    promises: list[Promise] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    """How often what was answered: a status and a code."""
    odd: list[str] = field(default_factory=list)
    """Answers that are none of the contract."""
    broken: int = 0
    """Calls without an answer: the process that had taken them was killed."""
    slowest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def promised_since(self, moment: float) -> int:
        """Wait for the next promise after this moment, and give how many there are."""
        before, until = len(self.promises), moment + 60
        while len(self.promises) == before:
            assert time.monotonic() < until, f"nobody gets in any more: {self.answers}"
            time.sleep(0.01)
        return len(self.promises)

    def lost(self, database: Database) -> list[Promise]:
        """Give the promises that the database knows nothing of: no user, no association, or no token."""
        users = {user for (user,) in database.rows("SELECT id FROM auth_user")}
        rows = database.rows("SELECT uid, user_id FROM social_auth_usersocialauth WHERE provider = 'github'")
        owners = {int(uid): user for uid, user in rows}
        tokens = dict(database.rows("SELECT digest, user_id FROM social_accesstoken"))
        return [
            one
            for one in self.promises
            if one.user not in users
            or owners.get(one.number) != one.user
            or tokens.get(sha256(one.token.encode()).hexdigest()) != one.user
        ]

    def refused(self, promises: Sequence[Promise]) -> list[Promise]:
        """Give the promises whose token does not open the door, asked of the versions in turn."""

        def is_good(place: int) -> bool:
            api = Api(self.service, PREFIXES[place % len(PREFIXES)], promises[place].token)
            answer = api.get(f"user/{promises[place].user}/")
            return answer.status_code == 200

        with ThreadPoolExecutor(8) as callers:
            return [
                one for one, good in zip(promises, callers.map(is_good, range(len(promises))), strict=True) if not good
            ]


@contextmanager
def under_load(service: str, first: int, *, callers: int = 8, headers: bool = False) -> Iterator[Load]:
    """Let so many callers sign up new people, `AT_ONCE` the same one, until the end of the block.

    :param first: the id of the first person; tests on one database choose different ones.
    :param headers: each call says that it comes from an address of its own, as a proxy would.
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
        time.sleep(0.05)  # nobody listens for a moment; an app waits, too
        return
    body = _body(answer)
    with load.lock:
        load.slowest = max(load.slowest, time.monotonic() - began)
        load.answers[f"{answer.status_code} {body.get('code', body.get('outcome', ''))}"] += 1
        if answer.status_code == 201:
            load.promises.append(Promise(number, body["id"], body["token"]))
        elif not _is_of_the_contract(answer, body):
            load.odd.append(f"{answer.status_code} {dict(answer.headers)} {answer.text[:500]}")


def _body(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _is_of_the_contract(answer: requests.Response, body: dict[str, Any]) -> bool:
    return (
        answer.status_code == 503
        and list(body) == ["errors", "code"]
        and answer.headers["Content-Type"] == "application/json"
        and int(answer.headers.get("Retry-After", 0)) >= 1
    )


def _address() -> str:
    return str(ip_address(secrets.token_bytes(4)))
