"""What came of the cases: alike, different, not sent, without an answer."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from parity.masking import shown_value
from shared.contract.differences import Difference

Verdict = Literal["alike", "different", "skipped", "failed", "retired"]

_INDEX = re.compile(r"\[[0-9]+\]")
ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the answers differ and must not: the part, the place in it, both values as they are shown."""

    part: str
    place: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case; `reason` says why it was not sent, or that it had no answer."""

    number: int
    source: str
    shown: str
    verdict: Verdict
    reason: str = ""
    statuses: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Outcome:
    """A whole run; what was alike is counted only."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    told: list[Result] = field(default_factory=list)
    """The different and the failed, in their order."""

    def take(self, result: Result) -> None:
        """Count a result."""
        self.counts[result.verdict] += 1
        if result.verdict == "skipped":
            self.skipped[result.reason] += 1
        elif result.verdict in {"alike", "different"}:
            self.statuses[result.statuses[0]] += 1
        if result.verdict in {"different", "failed"}:
            self.told.append(result)

    @property
    def compared(self) -> int:
        """How many requests had two answers."""
        return self.counts["alike"] + self.counts["different"]

    def places(self) -> list[tuple[str, int]]:
        """Say where answers differ, and in how many requests, the most frequent first."""
        found = Counter(
            place
            for result in self.told
            for place in {f"{one.part} {_INDEX.sub('[*]', one.place)}".rstrip() for one in result.findings}
        )
        return sorted(found.items(), key=lambda one: (-one[1], one[0]))

    def of(self, verdict: Verdict) -> list[Result]:
        """Give those that came to this."""
        return [result for result in self.told if result.verdict == verdict]


def findings_of(difference: Difference) -> list[Finding]:
    """Show a difference; of two objects with other keys, the keys."""
    if difference.part != "body":
        name = difference.place
        return [Finding(difference.part, name, *(_header(one, name) for one in (difference.old, difference.new)))]
    place, old, new = difference.place, difference.old, difference.new
    if isinstance(old, dict) and isinstance(new, dict):
        if set(old) != set(new):
            return [
                Finding("body", json_path(f"{place}.{key}".lstrip(".")), _at(old, key), _at(new, key))
                for key in [*old, *(one for one in new if one not in old)]
                if (key in old) != (key in new)
            ]
        return [Finding("body", f"{json_path(place)} (order of keys)", ", ".join(old), ", ".join(new))]
    if isinstance(old, list) and isinstance(new, list):
        return [Finding("body", json_path(place), f"{len(old)} elements", f"{len(new)} elements")]
    name = place.rpartition(".")[2]
    return [Finding("body", json_path(place), shown_value(old, name), shown_value(new, name))]


def json_path(place: str) -> str:
    """Write a dotted path as JSONPath does (RFC 9535): `$.objects[0].id`."""
    parts = [part for part in place.split(".") if part]
    return "$" + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts)


def _header(value: Any, name: str) -> str:
    return ABSENT if value is None else str(value) if isinstance(value, int) else shown_value(value, name)


def _at(value: dict[str, Any], key: str) -> str:
    return shown_value(value[key], key) if key in value else ABSENT
