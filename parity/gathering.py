"""The cases of a run, from the sources that the operator names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parity import contract, contract_case, examples, har, json_lines
from parity.cases import Case
from parity.memory import Memory
from parity.people import People
from parity.recorded_case import RecordedCase
from parity.recorded_request import RecordedRequest, below, target_of
from parity.requests import OLD

Recorded = list[tuple[str, RecordedRequest]]
"""Requests with the name of the file that each is from."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where cases come from, and which of them are wanted."""

    contract: bool
    archives: Sequence[Path]
    logs: Sequence[Path]
    only: re.Pattern[str]
    limit: int | None

    def read(self) -> tuple[Recorded, int]:
        """Read all files; gives the requests of the older version, and how many others there were.

        :raises UnreadableError: for a file that is not what it should be.
        """
        found: Recorded = []
        others = 0

        def wanted(url: str) -> bool:
            nonlocal others
            mine = below(OLD, _target(url)) is not None
            others += not mine
            return mine

        for path in self.archives:
            found += [(path.name, one) for one in har.read(path, wanted)]
        for path in self.logs:
            found += [(path.name, one) for one in json_lines.read(path, wanted)]
        return found, others


@dataclass(frozen=True, slots=True)
class Gathered:
    """The cases, numbered, and what is to be said of them."""

    cases: Sequence[Case]
    notes: Sequence[str]


def gather(sources: Sources, recorded: tuple[Recorded, int], people: People | None) -> Gathered:
    """Give the cases of a run."""
    requests, others = recorded
    notes: list[str] = []
    found: list[Case] = []
    if sources.contract:
        steps = [*contract.steps(people.providers if people else ()), *examples.steps()]
        found += contract_case.cases(steps)
    memory = Memory()
    found += [RecordedCase(file, request, memory) for file, request in requests]
    if others:
        notes.append(f"{others} recorded requests are not below /{OLD} and were passed over")
    chosen = [case for case in found if sources.only.search(f"{case.shown} ({case.source})")][: sources.limit]
    if len(chosen) < len(found):
        notes.append(f"{len(found) - len(chosen)} requests are left out by --only or --limit")
    for number, case in enumerate(chosen, start=1):
        case.number = number
    return Gathered(chosen, notes)


def _target(url: str) -> str:
    try:
        return target_of(url)
    except ValueError:
        return ""
