"""A running deployment: send requests to it as a client does, and check that it can be compared."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError

from parity.requests import SAFE_METHODS, Request
from shared.contract import wire
from shared.contract.declarations import SIGN_UP, registry
from shared.contract.differences import Answer
from shared.contract.resources import Endpoint
from shared.http.redaction import exception_name

AGENT = "tandem-parity/1"
"""The User-Agent of every request: a ledger must not count a replayed request as a call of the recorded client."""
LONGEST_WAIT = 120
"""The longest `Retry-After` of a 429, in seconds, after which a request is sent again."""
MAX_WAITS = 5
MAX_PROBES = 5
"""How often a path is probed that answers 410: a brownout may refuse a share of the requests."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class UnansweredError(Exception):
    """There was no answer, or no HTTP answer; the message says why and repeats nothing that was sent."""


class UsageError(Exception):
    """The options do not fit the deployment or each other; the message says how."""


class Deployment:
    """A deployment by its URL: `https://api.example.com`, or with the path below which it is mounted.

    Redirects are answers like any other and are not followed.
    """

    def __init__(
        self,
        url: str,
        versions: tuple[str, str],
        *,
        timeout: float,
        waiting: Callable[[float], None] = time.sleep,
    ) -> None:
        """Check and store the URL.

        :param versions: the prefixes of both versions, the older one first: `api/v1/`.
        :param waiting: waits the given number of seconds; called for a 429.
        :raises ValueError: the URL is not http or https, or holds credentials.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is no address such as http://127.0.0.1:8000.")
        if "@" in parts.netloc:
            raise ValueError("An address holds no user and no password.")
        self.url = url.rstrip("/")
        self.versions = versions
        self.host = parts.hostname
        self.base = parts.path.rstrip("/") + "/"
        self.timeout = timeout
        self._waiting = waiting
        self._pool = urllib3.connection_from_url(self.url, timeout=timeout, retries=False)

    def prefix(self, version: str) -> str:
        """Return the prefix of a version (`api/v2/`) as paths in the answers begin with it."""
        return self.base + version

    def send(self, version: str, request: Request) -> Answer:
        """Send a request to a version and return the answer unchanged.

        A request refused by a rate limit has had no effect; it is sent again after the time in `Retry-After`.

        :raises UnansweredError: there was no answer.
        """
        answer = self._send(version, request)
        for _ in range(MAX_WAITS):
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
            # The server may have closed an idle connection just as the request was sent.
            if request.method in SAFE_METHODS and isinstance(error.__cause__, ProtocolError):
                return self._exchange(version, request)
            raise

    def _exchange(self, version: str, request: Request) -> Answer:
        headers = urllib3.HTTPHeaderDict({"User-Agent": AGENT})
        for name, value in request.headers:
            headers.add(name, value)
        body: Any = request.body
        if body and len(body) > wire.MAX_BYTES:
            # The service refuses it before reading all of it, and the rest breaks the connection.
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
    """Return the JSON body of an answer, or None if it is not JSON."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def host_resources(deployment: Deployment) -> frozenset[str]:
    """Return the names of declared resources that the host project's own code answers; `""` is the root.

    A host project may keep its own API root, or the old code of a resource.

    :raises UsageError: the deployment does not serve the contract's sign-up on both versions.
    :raises UnansweredError: it does not answer.
    """
    found = set()
    for version in deployment.versions:
        for endpoint in (one for one in registry.endpoints if not one.has_id):
            answer = _probe(deployment, version, endpoint)
            if answer.status == 410:
                raise UsageError(f"{version} is switched off at {deployment.url}: it answers 410 to everything.")
            if answer.status == 204 and ("allow", endpoint.allow) in _lowered(answer):
                continue
            if endpoint is SIGN_UP:
                raise UsageError(
                    f"There is no {version} at {deployment.url}: OPTIONS {endpoint.uri(version)} answers "
                    f"{answer.status}, and not 204 with Allow: {endpoint.allow}."
                )
            found.add(endpoint.resource)
    return frozenset(found)


def _probe(deployment: Deployment, version: str, endpoint: Endpoint) -> Answer:
    """Return the answer to OPTIONS.

    The contract answers it with 204 before authentication. By default the frameworks answer it with 200.
    """
    try:
        answers = (deployment.send(version, Request("OPTIONS", endpoint.uri(""))) for _ in range(MAX_PROBES))
        return next((one for one in answers if one.status != 410), Answer("", 410, (), b""))
    except UnansweredError as error:
        raise UnansweredError(f"{deployment.url}: {error}.") from error


def _lowered(answer: Answer) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in answer.headers]


def is_local(url: str) -> bool:
    """Return True if an address is one of this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.hostname in _LOOPBACK and "@" not in parts.netloc


def check_addresses(url: str, sandbox: str) -> None:
    """Check that a deployment whose data will change, and its sandbox, are on this machine.

    A deployment accepts tokens of the sandbox only while all its allowed hosts are this machine's. Another address is
    a mistake that would send sign-ups to a service for real users.

    :raises UsageError: one of the two is elsewhere.
    """
    for name, address in (("--url", url), ("--sandbox", sandbox)):
        if not is_local(address):
            raise UsageError(f"With --sandbox, {name} is on this machine: http://127.0.0.1:… or http://localhost:…")


def _wait_of(answer: Answer) -> float | None:
    """Return the seconds to wait after a 429 of the contract, or None for any other answer."""
    body = json_of(answer) if answer.status == 429 else None
    if not isinstance(body, dict) or body.get("code") != "throttled":
        return None
    wait = dict(_lowered(answer)).get("retry-after", "")
    return float(wait) if wait.isdecimal() else None


def _why(error: Exception, timeout: float) -> str:
    reason = error.reason if isinstance(error, MaxRetryError) else error
    if isinstance(reason, NewConnectionError):
        return "nobody listens there"
    if isinstance(reason, exceptions.TimeoutError):
        return f"no answer within {timeout:g} s"
    return f"no answer ({exception_name(reason or error)})"
