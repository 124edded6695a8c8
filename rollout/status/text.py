"""The figures for a terminal: eighty columns, plain ASCII but for clients' names, which are the ledger's."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from rollout.status.facts import facts
from rollout.status.percent import percent
from rollout.status.status import Client, Status
from rollout.status.verdict import verdict
from rollout.status.versions import OLD_NAME
from rollout.status.words import pace, refused

COLUMNS = 80
TITLE = 16
NAME = 28


def lines(status: Status) -> Iterator[str]:
    """Give the answer first, then why."""
    yield str(verdict(status))
    if status.recorded is None:
        yield "The ledger begins to fill with the first call of either version."
        return
    yield ""
    for fact in facts(status):
        yield from _hanging(fact.title, str(fact))
    yield from _hanging("Trend", pace(status))
    yield from _hanging("Refused", refused(status))
    yield ""
    yield from _table(status.clients)


def _hanging(title: str, sentence: str) -> Iterator[str]:
    # A number and its sign stay together; the mark between them is none that a client's name may hold.
    lines = wrap(sentence.replace(" %", "\0%"), COLUMNS - TITLE, break_on_hyphens=False)
    for heading, line in zip([title, *[""] * len(lines)], lines, strict=False):
        yield f"{heading:<{TITLE}}{line}".replace("\0%", " %")


def _table(clients: Sequence[Client]) -> Iterator[str]:
    if not clients:
        yield f"No client has called {OLD_NAME} in the last 13 weeks."
        return
    yield f"{'':<{NAME}}{OLD_NAME + ' in % of all calls':>31}{'% of its':>9}{'last call':>12}"
    yield _row("client", "12 weeks ago", "4 weeks ago", "now", "own now", f"of {OLD_NAME}")
    for client in clients:
        yield _row(
            client.name if len(client.name) <= NAME else f"{client.name[: NAME - 2]}..",
            _number(client.parts[0]),
            _number(client.parts[-5]),
            _number(client.parts[-1]),
            _number(client.calls[-1].share),
            str(client.last_day),
        )


def _row(name: str, quarter: str, month: str, now: str, own: str, last: str) -> str:
    return f"{name:<{NAME}}{quarter:>13}{month:>12}{now:>6}{own:>9}{last:>12}".rstrip()


def _number(share: float | None) -> str:
    return percent(share).removesuffix(" %")
