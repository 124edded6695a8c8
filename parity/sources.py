"""The cases of a run: the contract's own and those of recorded traffic, as the operator has chosen."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parity import contract, contract_case
from parity.comparison import Case
from parity.observed import ObservedRequest, Pairs
from parity.recorded_case import RecordedCase, Replay
from parity.recordings import RecordedRequest, below, read_archive, read_json_lines
from parity.requests import own_endpoint
from parity.synthetic_users import SyntheticUsers


@dataclass(frozen=True, slots=True)
class Recorded:
    """The requests to the contract's resources, each with the name of its file and its path, and to the host's.

    `others` is the number of requests to other paths and to the newer version.
    """

    own: Sequence[tuple[str, RecordedRequest, str]]
    observed: Sequence[ObservedRequest]
    others: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """The requests of a run, numbered, and notes for the report."""

    cases: Sequence[Case]
    observed: Sequence[ObservedRequest]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sources:
    """The operator's choice of sources and of their requests.

    `old` is the prefix of the older version.
    """

    contract: bool
    archives: Sequence[Path]
    logs: Sequence[Path]
    only: re.Pattern[str]
    limit: int | None
    old: str
    pairs: Pairs

    def read(self) -> Recorded:
        """Read all files.

        :raises UnreadableError: a file cannot be read, or is no recording.
        """
        own: list[tuple[str, RecordedRequest, str]] = []
        observed: list[ObservedRequest] = []
        others = 0

        def wanted(url: str) -> bool:
            nonlocal others
            is_old = below(self.old, url) is not None
            others += not is_old
            return is_old

        files = [(path.name, read_archive(path, wanted)) for path in self.archives]
        files += [(path.name, read_json_lines(path, wanted)) for path in self.logs]
        for file, requests in files:
            for one in requests:
                target = below(self.old, one.url) or ""
                path = target.partition("?")[0]
                if own_endpoint(path) is not None and not self.pairs.is_paired(path):
                    own.append((file, one, target))
                else:
                    name = self.pairs.resource(path)
                    observed.append(ObservedRequest(f"{file}, {one.place}", one, target, name))
        return Recorded(own, observed, others)

    def choose(self, recorded: Recorded, users: SyntheticUsers | None) -> Chosen:
        """Return the chosen requests."""
        cases: list[Case] = []
        notes: list[str] = []
        if self.contract:
            cases += contract_case.cases(contract.steps(users.providers if users else ()))
        replay = Replay()
        cases += [RecordedCase(file, request, target, replay) for file, request, target in recorded.own]
        if recorded.others:
            notes.append(f"{recorded.others} recorded requests are not below /{self.old} and were skipped")
        found: list[Case | ObservedRequest] = [*cases, *recorded.observed]
        chosen = [one for one in found if self.only.search(f"{one.shown} ({one.source})")][: self.limit]
        if len(chosen) < len(found):
            notes.append(f"{len(found) - len(chosen)} requests are left out by --only or --limit")
        for number, one in enumerate(chosen, start=1):
            one.number = number
        return Chosen(
            [one for one in chosen if isinstance(one, Case)],
            [one for one in chosen if isinstance(one, ObservedRequest)],
            notes,
        )
