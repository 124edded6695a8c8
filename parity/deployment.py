"""A running deployment, spoken to as a client does, without following where it points."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError

from parity.requests import Request
from shared.contract import wire
from shared.contract.differences import Answer
from shared.http.redaction import kind

AGENT = "tandem-parity/1"
"""The User-Agent of every request: a ledger must not count a replayed request as a call of the recorded client."""
LONGEST_WAIT = 120
"""Seconds that a 429 is waited for."""
MOST_WAITS = 5
_AGAIN = frozenset({"GET", "HEAD", "OPTIONS"})


class UnansweredError(Exception):
    """No answer came, or none that is HTTP; the message says why and repeats nothing that was sent."""


class Deployment:
    """One deployment, by its address: `https://api.example.com`, or with the path that it is mounted below."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        waiting: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take its address.

        :param waiting: waits for some seconds, where a limit asks for it.
        :raises ValueError: for what is no http or https address, or holds credentials.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is no address such as http://127.0.0.1:8000.")
        if "@" in parts.netloc:
            raise ValueError("An address holds no user and no password.")
        self.url = url.rstrip("/")
        self.host = parts.hostname
        self.base = parts.path.rstrip("/") + "/"
        self.timeout = timeout
        self._waiting = waiting
        self._pool = urllib3.connection_from_url(self.url, timeout=timeout, retries=False)

    def prefix(self, version: str) -> str:
        """Give the prefix of a version (`api/v2/`) as it stands in the answers."""
        return self.base + version

    def send(self, version: str, request: Request) -> Answer:
        """Send a request to a version and give the answer as it came.

        One that a limit has refused is sent again when its time is over: it has done nothing yet.

        :raises UnansweredError: there was none.
        """
        answer = self._send(version, request)
        for _ in range(MOST_WAITS):
            wait = _wait_of(answer)
            if wait is None or wait > LONGEST_WAIT:
                break
            self._waiting(wait)
            answer = self._send(version, request)
        return answer

    def _send(self, version: str, request: Request) -> Answer:
        try:
            return self._exchange(version, request)
        except UnansweredError as error:
            # A server may have closed a kept connection at this very moment.
            if request.method in _AGAIN and isinstance(error.__cause__, ProtocolError):
                return self._exchange(version, request)
            raise

    def _exchange(self, version: str, request: Request) -> Answer:
        headers = urllib3.HTTPHeaderDict({"User-Agent": AGENT})
        for name, value in request.headers:
            headers.add(name, value)
        body: Any = request.body
        if body and len(body) > wire.MAX_BYTES:
            # It is refused before all of it has been read, and what is left of it ends the connection.
            headers["Connection"] = "close"
        if request.chunked and request.body:
            middle = len(request.body) // 2
            body = [part for part in (request.body[:middle], request.body[middle:]) if part]
        prefix = self.prefix(version)
        try:
            response = self._pool.urlopen(
                request.method,
                prefix + request.target,
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                assert_same_host=False,
                decode_content=False,
                chunked=request.chunked,
            )
            return Answer(prefix, response.status, tuple(response.headers.items()), response.data)
        except (HTTPError, OSError, ValueError) as error:
            raise UnansweredError(_why(error, self.timeout)) from error


def json_of(answer: Answer) -> Any:
    """Give what an answer holds; None for what is no JSON."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _wait_of(answer: Answer) -> float | None:
    """Give how long a limit of ours asks to wait; None for any other answer."""
    body = json_of(answer) if answer.status == 429 else None
    if not isinstance(body, dict) or body.get("code") != "throttled":
        return None
    said: Mapping[str, str] = {name.lower(): value for name, value in answer.headers}
    wait = said.get("retry-after", "")
    return float(wait) if wait.isdecimal() else None


def _why(error: Exception, timeout: float) -> str:
    reason = error.reason if isinstance(error, MaxRetryError) else error
    if isinstance(reason, NewConnectionError):
        return "nobody listens there"
    if isinstance(reason, exceptions.TimeoutError):
        return f"no answer within {timeout:g} s"
    return f"no answer ({kind(reason or error)})"
