"""The cases of a run: the contract's own and those of recorded traffic, as the operator has chosen."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parity import contract, contract_case
from parity.comparison import Case
from parity.recorded_case import RecordedCase, Replay
from parity.recordings import RecordedRequest, below, read_archive, read_json_lines
from parity.requests import OLD
from parity.synthetic_users import SyntheticUsers


@dataclass(frozen=True, slots=True)
class Recorded:
    """The requests of the older version, each with the name of its file, and the number of other requests."""

    requests: Sequence[tuple[str, RecordedRequest]]
    others: int


@dataclass(frozen=True, slots=True)
class Sources:
    """The operator's choice of sources and of their cases."""

    contract: bool
    archives: Sequence[Path]
    logs: Sequence[Path]
    only: re.Pattern[str]
    limit: int | None

    def read(self) -> Recorded:
        """Read all files.

        :raises UnreadableError: a file cannot be read, or is no recording.
        """
        found: list[tuple[str, RecordedRequest]] = []
        others = 0

        def wanted(url: str) -> bool:
            nonlocal others
            is_old = below(OLD, url) is not None
            others += not is_old
            return is_old

        for path in self.archives:
            found += [(path.name, one) for one in read_archive(path, wanted)]
        for path in self.logs:
            found += [(path.name, one) for one in read_json_lines(path, wanted)]
        return Recorded(found, others)

    def cases(self, recorded: Recorded, users: SyntheticUsers | None) -> tuple[Sequence[Case], Sequence[str]]:
        """Return the chosen cases, numbered, and notes for the report."""
        found: list[Case] = []
        notes: list[str] = []
        if self.contract:
            found += contract_case.cases(contract.steps(users.providers if users else ()))
        replay = Replay()
        found += [RecordedCase(file, request, replay) for file, request in recorded.requests]
        if recorded.others:
            notes.append(f"{recorded.others} recorded requests are not below /{OLD} and were skipped")
        chosen = [case for case in found if self.only.search(f"{case.shown} ({case.source})")][: self.limit]
        if len(chosen) < len(found):
            notes.append(f"{len(found) - len(chosen)} requests are left out by --only or --limit")
        for number, case in enumerate(chosen, start=1):
            case.number = number
        return chosen, notes
