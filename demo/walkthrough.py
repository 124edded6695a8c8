"""Telling the story: send each step, show the answers, judge them."""

from collections.abc import Sequence
from dataclasses import dataclass

import requests

from demo.calls import Client, Provider, Request, content, phrase, unexpected
from demo.stage import Stage
from demo.steps import MOVE, STORY, Step
from demo.terminal import BESIDE, Block, Screen, pretty, short_credentials
from shared.contract.differences import Answer, Comparison, compare

HEADERS = ("location", "www-authenticate", "retry-after", "allow", "deprecation", "sunset", "link")
"""The answer's headers that tell a reader something."""
LINE = 92
"""How long a line of JSON may get."""
_MARGIN = "        "


@dataclass(slots=True)
class Tally:
    """What has come of the steps so far."""

    compared: int = 0
    identical: int = 0
    steps: int = 0
    expected: int = 0


def tell(stage: Stage, screen: Screen) -> bool:
    """Tell both parts; say whether every answer was as it should be."""
    tally = Tally()
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the shell leads away from this machine
        provider = Provider(stage.sandbox, session)
        clients = [Client(service, prefix, session) for prefix, service in stage.fresh.items()]
        names = " and ".join(client.name for client in clients)
        _part(screen, f"One story, told to {names}", "Each version has a service of its own, with an empty database.")
        if len(clients) > 1:
            screen.line("Both answers must be the same except for what docs/contract.md, section 0, lists;")
            screen.line("~ marks what differs.")
        for step in STORY:
            _tell(step, clients, provider, screen, tally)
        if len(clients) > 1:
            _part(screen, "An app moves", "One service with both versions, the one that keeps serving.")
            memory: dict[str, str] = {}
            clients = [Client(stage.service, prefix, session, memory) for prefix in stage.fresh]
            for step in MOVE:
                _tell(step, [client for client in clients if step.on in {"", client.name}], provider, screen, tally)
    return _sum_up(screen, tally)


def _part(screen: Screen, title: str, *lines: str) -> None:
    screen.line()
    screen.line(f"{title} ".ljust(min(screen.width, 100), "="), "bold")
    for line in lines:
        screen.line(line)


def _tell(step: Step, clients: Sequence[Client], provider: Provider, screen: Screen, tally: Tally) -> None:
    tally.steps += 1
    screen.line()
    screen.line(f"{tally.steps}. {step.title}", "bold")
    body = provider.body(step.body)
    requested = [client.request(step, body) for client in clients]
    _show_request(screen, clients, requested[0])
    answers = [client.send(request) for client, request in zip(clients, requested, strict=True)]
    for client, answer in zip(clients, answers, strict=True):
        client.remember(step, answer)
    screen.line()
    screen.beside([_block(client, answer, screen.width) for client, answer in zip(clients, answers, strict=True)])
    screen.line()
    wrong = [
        f"{client.name}: {text}"
        for client, answer in zip(clients, answers, strict=True)
        for text in unexpected(step, answer)
    ]
    if len(answers) > 1:
        tally.compared += 1
        comparison = compare(answers[0], answers[1])
        tally.identical += not comparison.outside
        _judge(screen, comparison, clients)
    elif not wrong:
        screen.line(f"{_MARGIN}{screen.styled('as expected', 'green')}")
    for text in wrong:
        screen.line(f"{_MARGIN}{screen.styled('unexpected', 'red', 'bold')}  {text}")
    tally.expected += not wrong


def _show_request(screen: Screen, clients: Sequence[Client], request: Request) -> None:
    paths = " and ".join(f"{client.prefix}{request.path}" for client in clients)
    screen.line(f"{_MARGIN}{request.method} {paths}", "yellow")
    for name, value in request.headers.items():
        screen.line(f"{_MARGIN}{name}: {short_credentials(value)}")
    if request.body is not None:
        for line in _body_lines(request.body, LINE):
            screen.line(f"{_MARGIN}{line}")


def _block(client: Client, answer: Answer, width: int) -> Block:
    told = [f"{name}: {value}" for name, value in answer.headers if name.lower() in HEADERS]
    body = _body_lines(answer.body, LINE if width < BESIDE else width // 2 - 14)
    return Block(client.name, [f"{answer.status} {phrase(answer.status)}", *told, *body])


def _body_lines(body: bytes, width: int) -> list[str]:
    value = content(body)
    if value is None:
        return []
    return value.splitlines() if isinstance(value, str) else pretty(value, width)


def _judge(screen: Screen, comparison: Comparison, clients: Sequence[Client]) -> None:
    if not comparison.outside:
        screen.line(f"{_MARGIN}{screen.styled('identical', 'green', 'bold')}{_allowed(comparison)}")
        return
    screen.line(f"{_MARGIN}{screen.styled('DIFFERENT', 'red', 'bold')}")
    for difference in comparison.outside:
        screen.line(f"{_MARGIN}{difference.part} {difference.place}".rstrip())
        screen.line(f"{_MARGIN}- {clients[0].name}: {difference.old!r}", "red")
        screen.line(f"{_MARGIN}+ {clients[1].name}: {difference.new!r}", "green")


def _allowed(comparison: Comparison) -> str:
    """Say what differs as it may, but for the two headers that are new on every answer."""
    by_reason: dict[str, dict[str, None]] = {}
    for difference in comparison.allowed:
        if difference.place not in {"date", "x-request-id"}:
            name = difference.place.rpartition(".")[2]
            by_reason.setdefault(" and ".join(difference.reasons), {})[name] = None
    told = [f"{reason} ({', '.join(names)})" for reason, names in by_reason.items()]
    return f"  but for: {'; '.join(told)}" if told else ""


def _sum_up(screen: Screen, tally: Tally) -> bool:
    passed = tally.expected == tally.steps and tally.identical == tally.compared
    screen.line()
    screen.line("=" * min(screen.width, 100), "bold")
    if tally.compared:
        colour = "green" if tally.identical == tally.compared else "red"
        screen.line(f"{tally.compared} exchanges, {tally.identical} identical", colour, "bold")
    colour = "green" if tally.expected == tally.steps else "red"
    screen.line(f"{tally.steps} steps, {tally.expected} as expected", colour, "bold")
    return passed
