"""The demo's walkthrough: send each step to both versions, print the exchange, compare the answers."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from demo.steps import MIGRATION, STEPS, Code, Step, Token
from demo.terminal import BESIDE, Block, Terminal, pretty, short_credentials
from shared.contract.differences import Answer, Comparison, compare

TIMEOUT = 60
HEADERS = ("location", "www-authenticate", "retry-after", "allow", "deprecation", "sunset", "link")
"""The response headers that are printed."""
LINE = 92
"""Characters of a line of JSON at most."""
REDIRECT_URI = "https://app.example.com/callback"
"""The address at which the app of this demo receives codes; nobody calls it."""
_INDENT = "        "


@dataclass(slots=True)
class Tally:
    """Counts of the steps so far: sent, as expected, compared, identical."""

    compared: int = 0
    identical: int = 0
    steps: int = 0
    expected: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `path` is relative to the version's prefix."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


class Provider:
    """The sandbox's providers, which issue tokens and codes."""

    def __init__(self, sandbox: str, session: requests.Session) -> None:
        self._sandbox = sandbox
        self._session = session

    def body(self, content: Token | Code | bytes | None) -> bytes | None:
        """Return the body of a step; a sign-up's contains the tokens or the code that the provider issues."""
        if isinstance(content, Code):
            return json.dumps({"provider": content.provider, **self._code(content)}).encode()
        if not isinstance(content, Token):
            return content
        answer = self._session.post(
            f"{self._sandbox}/{content.provider}/token", json={"persona": content.persona}, timeout=TIMEOUT
        )
        answer.raise_for_status()
        issued = answer.json()
        if "access_token" in issued:
            issued.pop("id_token", None)
        return json.dumps({"provider": content.provider, **issued}).encode()

    def _code(self, wanted: Code) -> dict[str, str]:
        """Return a code and what belongs to it, as an app gets them that sends the person to the consent page."""
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        listed = self._session.get(f"{self._sandbox}/personas", timeout=TIMEOUT).json()["providers"]
        provider = next(one for one in listed if one["name"] == wanted.provider)
        consent = self._session.post(
            f"{self._sandbox}{provider['authorize']}",
            data={
                "response_type": "code",
                "client_id": provider["authorize_client_id"],
                "redirect_uri": REDIRECT_URI,
                "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
                "code_challenge_method": "S256",
                "persona": wanted.persona,
            },
            allow_redirects=False,
            timeout=TIMEOUT,
        )
        [code] = parse_qs(urlsplit(consent.headers["Location"]).query)["code"]
        return {"code": code, "code_verifier": verifier, "redirect_uri": REDIRECT_URI}


@dataclass(slots=True)
class Client:
    """A client of one version on one service; it stores the tokens that it gets."""

    service: str
    prefix: str
    session: requests.Session
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The version: `v1`."""
        return self.prefix.rstrip("/").rpartition("/")[2]

    def request(self, step: Step, body: bytes | None) -> Request:
        """Build a step's request with the stored tokens."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if step.authorization:
            text = step.authorization
            for name, value in self.tokens.items():
                text = text.replace("{" + name + "}", value)
            headers["Authorization"] = text
        return Request(step.method, step.path, headers, body)

    def send(self, request: Request) -> Answer:
        """Send a request and return the answer."""
        response = self.session.request(
            request.method,
            f"{self.service}{self.prefix}{request.path}",
            headers=dict(request.headers),
            data=request.body,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        return Answer(self.prefix, response.status_code, tuple(response.raw.headers.items()), response.content)

    def store_token(self, step: Step, answer: Answer) -> None:
        """Store the token and the username of an answer under the step's name."""
        body = parsed(answer.body)
        if step.store_as and isinstance(body, dict) and body.get("token"):
            self.tokens |= {step.store_as: body["token"], f"{step.store_as}.username": body["username"]}


def walk(sandbox: str, service: str, fresh: Mapping[str, str], terminal: Terminal) -> bool:
    """Send all steps; return True if every answer was as expected.

    :param service: the URL of the service with both versions.
    :param fresh: by prefix of a version, the URL of a service with an empty database for it.
    """
    tally = Tally()
    with requests.Session() as session:
        session.trust_env = False  # a proxy from the shell's environment cannot reach this machine
        provider = Provider(sandbox, session)
        clients = [Client(url, prefix, session) for prefix, url in fresh.items()]
        names = " and ".join(client.name for client in clients)
        _heading(terminal, f"The same requests to {names}", "Each version has its own service with an empty database.")
        if len(clients) > 1:
            terminal.line("The answers must be the same except for what docs/contract.md, section 0 lists;")
            terminal.line("~ marks the lines that differ.")
        for step in STEPS:
            _send(step, clients, provider, terminal, tally)
        if len(clients) > 1:
            _heading(
                terminal,
                "An app migrates to the new version",
                "One service with both versions; it keeps running afterwards.",
            )
            tokens: dict[str, str] = {}
            clients = [Client(service, prefix, session, tokens) for prefix in fresh]
            for step in MIGRATION:
                _send(step, [client for client in clients if step.on in {"", client.name}], provider, terminal, tally)
    return _sum_up(terminal, tally)


def _heading(terminal: Terminal, title: str, *lines: str) -> None:
    terminal.line()
    terminal.line(f"{title} ".ljust(min(terminal.width, 100), "="), "bold")
    for line in lines:
        terminal.line(line)


def _send(step: Step, clients: Sequence[Client], provider: Provider, terminal: Terminal, tally: Tally) -> None:
    tally.steps += 1
    terminal.line()
    terminal.line(f"{tally.steps}. {step.title}", "bold")
    # A code can be exchanged once: each version gets its own.
    bodies = [provider.body(step.body) for _ in clients] if isinstance(step.body, Code) else None
    bodies = bodies or [provider.body(step.body)] * len(clients)
    requested = [client.request(step, body) for client, body in zip(clients, bodies, strict=True)]
    _show_request(terminal, clients, requested[0])
    answers = [client.send(request) for client, request in zip(clients, requested, strict=True)]
    for client, answer in zip(clients, answers, strict=True):
        client.store_token(step, answer)
    terminal.line()
    terminal.beside([_block(client, answer, terminal.width) for client, answer in zip(clients, answers, strict=True)])
    terminal.line()
    wrong = [
        f"{client.name}: {text}"
        for client, answer in zip(clients, answers, strict=True)
        for text in unexpected(step, answer)
    ]
    if len(answers) > 1:
        tally.compared += 1
        comparison = compare(answers[0], answers[1])
        tally.identical += not comparison.outside
        _show_comparison(terminal, comparison, clients)
    elif not wrong:
        terminal.line(f"{_INDENT}{terminal.styled('as expected', 'green')}")
    for text in wrong:
        terminal.line(f"{_INDENT}{terminal.styled('unexpected', 'red', 'bold')}  {text}")
    tally.expected += not wrong


def _show_request(terminal: Terminal, clients: Sequence[Client], request: Request) -> None:
    paths = " and ".join(f"{client.prefix}{request.path}" for client in clients)
    terminal.line(f"{_INDENT}{request.method} {paths}", "yellow")
    for name, value in request.headers.items():
        terminal.line(f"{_INDENT}{name}: {short_credentials(value)}")
    if request.body is not None:
        for line in _body_lines(request.body, LINE):
            terminal.line(f"{_INDENT}{line}")


def _block(client: Client, answer: Answer, width: int) -> Block:
    headers = [f"{name}: {value}" for name, value in answer.headers if name.lower() in HEADERS]
    body = _body_lines(answer.body, LINE if width < BESIDE else width // 2 - 14)
    return Block(client.name, [f"{answer.status} {phrase(answer.status)}", *headers, *body])


def _body_lines(body: bytes, width: int) -> list[str]:
    value = parsed(body)
    if value is None:
        return []
    return value.splitlines() if isinstance(value, str) else pretty(value, width)


def _show_comparison(terminal: Terminal, comparison: Comparison, clients: Sequence[Client]) -> None:
    if not comparison.outside:
        terminal.line(f"{_INDENT}{terminal.styled('identical', 'green', 'bold')}{_allowed(comparison)}")
        return
    terminal.line(f"{_INDENT}{terminal.styled('DIFFERENT', 'red', 'bold')}")
    for difference in comparison.outside:
        terminal.line(f"{_INDENT}{difference.part} {difference.place}".rstrip())
        terminal.line(f"{_INDENT}- {clients[0].name}: {difference.old!r}", "red")
        terminal.line(f"{_INDENT}+ {clients[1].name}: {difference.new!r}", "green")


def _allowed(comparison: Comparison) -> str:
    """Return the allowed differences as text, without the two headers that are new on every answer."""
    by_reason: dict[str, dict[str, None]] = {}
    for difference in comparison.allowed:
        if difference.place not in {"date", "x-request-id"}:
            name = difference.place.rpartition(".")[2]
            by_reason.setdefault(" and ".join(difference.reasons), {})[name] = None
    texts = [f"{reason} ({', '.join(names)})" for reason, names in by_reason.items()]
    return f"  except for: {'; '.join(texts)}" if texts else ""


def _sum_up(terminal: Terminal, tally: Tally) -> bool:
    passed = tally.expected == tally.steps and tally.identical == tally.compared
    terminal.line()
    terminal.line("=" * min(terminal.width, 100), "bold")
    if tally.compared:
        colour = "green" if tally.identical == tally.compared else "red"
        terminal.line(f"{tally.compared} exchanges, {tally.identical} identical", colour, "bold")
    colour = "green" if tally.expected == tally.steps else "red"
    terminal.line(f"{tally.steps} steps, {tally.expected} as expected", colour, "bold")
    return passed


def unexpected(step: Step, answer: Answer) -> list[str]:
    """Return the deviations of an answer from what the step expects."""
    wrong: list[str] = []
    if answer.status != step.status:
        wrong.append(f"status {answer.status} {phrase(answer.status)} instead of {step.status}")
    body = parsed(answer.body)
    fields = body if isinstance(body, dict) else {}
    wrong += [
        f"{name} is {fields.get(name)!r} instead of {value!r}"
        for name, value in step.expected.items()
        if name not in fields or fields[name] != value
    ]
    names = {name.lower() for name, _ in answer.headers}
    return wrong + [f"there is no {name}" for name in step.headers if name.lower() not in names]


def parsed(body: bytes) -> Any:
    """Return a JSON body's value, another body as text, and None for an empty one."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def phrase(status: int) -> str:
    """Return the reason phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
