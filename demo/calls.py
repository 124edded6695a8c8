"""A step of the story over HTTP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import requests

from demo.steps import Step, Token
from shared.contract.differences import Answer

TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; `path` is below the version's prefix."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


class Provider:
    """The sandbox, asked for tokens as a script asks it."""

    def __init__(self, sandbox: str, session: requests.Session) -> None:
        self._sandbox = sandbox
        self._session = session

    def body(self, asked: Token | bytes | None) -> bytes | None:
        """Give the body of a step; a sign-up holds the tokens that the provider gives."""
        if not isinstance(asked, Token):
            return asked
        answer = self._session.post(
            f"{self._sandbox}/{asked.provider}/token", json={"persona": asked.persona}, timeout=TIMEOUT
        )
        answer.raise_for_status()
        issued = answer.json()
        if "access_token" in issued:
            issued.pop("id_token", None)
        return json.dumps({"provider": asked.provider, **issued}).encode()


@dataclass(slots=True)
class Client:
    """A client of one version on one service, with what it remembers."""

    service: str
    prefix: str
    session: requests.Session
    memory: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The version, in short: `v1`."""
        return self.prefix.rstrip("/").rpartition("/")[2]

    def request(self, step: Step, body: bytes | None) -> Request:
        """Make a step's request out of what was remembered."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if step.authorization:
            text = step.authorization
            for name, value in self.memory.items():
                text = text.replace("{" + name + "}", value)
            headers["Authorization"] = text
        return Request(step.method, step.path, headers, body)

    def send(self, request: Request) -> Answer:
        """Send a request and give the answer as it came."""
        response = self.session.request(
            request.method,
            f"{self.service}{self.prefix}{request.path}",
            headers=dict(request.headers),
            data=request.body,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        return Answer(self.prefix, response.status_code, tuple(response.raw.headers.items()), response.content)

    def remember(self, step: Step, answer: Answer) -> None:
        """Keep an answer's token under the step's name, and the user's name beside it."""
        body = content(answer.body)
        if step.remember and isinstance(body, dict) and body.get("token"):
            self.memory |= {step.remember: body["token"], f"{step.remember}.username": body["username"]}


def unexpected(step: Step, answer: Answer) -> list[str]:
    """Say what in an answer is not what the story tells."""
    wrong: list[str] = []
    if answer.status != step.status:
        wrong.append(f"status {answer.status} {phrase(answer.status)} instead of {step.status}")
    body = content(answer.body)
    given = body if isinstance(body, dict) else {}
    wrong += [
        f"{name} is {given.get(name)!r} instead of {value!r}"
        for name, value in step.expected.items()
        if name not in given or given[name] != value
    ]
    names = {name.lower() for name, _ in answer.headers}
    return wrong + [f"there is no {name}" for name in step.headers if name.lower() not in names]


def content(body: bytes) -> Any:
    """Give a body as a value; as text where it is no JSON, None where there is none."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def phrase(status: int) -> str:
    """Give the words of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
