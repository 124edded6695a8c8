"""A client of both versions: it sends a request and records the exchange."""

import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from benchmarks.soak.expected import BROKEN
from benchmarks.soak.records import Exchange, Record

CLIENT = "Soak/1.0"
"""The app build that most calls name."""
TIMEOUT = 60
_WITHOUT_BODY = {410: "version_retired", 503: "service_unavailable"}
"""The codes of errors of HEAD."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, or none."""

    result: str
    body: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether the request may have been carried out although it was not acknowledged."""
        return self.result == BROKEN or self.result.startswith("5")


class Client:
    """Sends requests on one kept-alive connection, to the versions in turn."""

    def __init__(self, url: str, prefixes: Sequence[str], record: Record) -> None:
        self.url = url
        self._record = record
        self._session = requests.Session()
        self._session.trust_env = False
        self._turns = itertools.cycle(prefixes)
        self.prefixes = prefixes

    def send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        address: str,
        token: str | None = None,
        authorization: str | None = None,
        fields: Mapping[str, Any] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        prefix: str | None = None,
    ) -> Answer:
        """Send a request to one version, the next one by default; record and return its answer.

        :param path: relative to the version's prefix.
        :param fields: the body, which is sent as JSON; or give `data`.
        """
        prefix = prefix or next(self._turns)
        sent = {"X-Client": CLIENT, "X-Forwarded-For": address, "Content-Type": "application/json"}
        if authorization or token:
            sent["Authorization"] = authorization or f"Bearer {token}"
        sent |= headers or {}
        body = json.dumps(fields).encode() if fields is not None else data
        began = time.monotonic()
        try:
            response = self._session.request(
                method, f"{self.url}/{prefix}{path}", headers=sent, data=body, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            answer, detail = Answer(BROKEN), type(error).__name__
        else:
            answer, detail = _read(response)
        self._record.add(
            Exchange(operation, version(prefix), _resource(path), began, time.monotonic(), answer.result, detail)
        )
        return answer


def version(prefix: str) -> str:
    """Return the version of a prefix: `v1` of `api/v1/`."""
    return prefix.strip("/").rpartition("/")[2]


def _resource(path: str) -> str:
    """Return the resource as the ledger names it."""
    first = path.partition("?")[0].partition("/")[0]
    return "unknown" if first == "nothing" else first or "root"


def _read(response: requests.Response) -> tuple[Answer, str]:
    try:
        body = response.json() if response.content else {}
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    outcome = (
        body.get("code") or body.get("outcome") or ("ok" if response.ok else _WITHOUT_BODY.get(response.status_code))
    )
    # The text of an error has no secret (docs/contract.md, section 3); other bodies may have a token.
    detail = f"request {response.headers.get('X-Request-ID')}: {body.get('errors', '')}"
    return Answer(f"{response.status_code} {outcome}", body, response.text), detail
