"""Send each case to both versions, compare the answers, and count the results."""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from parity.deployment import Deployment, UnansweredError
from parity.redaction import shown_value
from parity.requests import VERSIONS, Request
from parity.synthetic_users import SyntheticUsers
from shared.contract.differences import LIFE_CYCLE, Answer, Difference, compare

Verdict = Literal["alike", "different", "skipped", "failed", "retired"]

ABSENT = "(absent)"
_INDEX = re.compile(r"\[[0-9]+\]")


class Case(ABC):
    """One request of a run, built for each version separately.

    Attributes:
        number: Its number in the run, from 1.
        source: Where it comes from: `contract, lists` or `traffic.har, entry 12`.
        obstacle: Why it cannot be sent to any deployment; empty for most cases.
    """

    number: int = 0
    source: str
    obstacle: str = ""

    @property
    @abstractmethod
    def shown(self) -> str:
        """The method and the path as they may be printed: without anything that could be a secret."""

    @abstractmethod
    def without_users(self, token: str | None) -> Request | str:
        """Return the request, the same for both versions, for a deployment without a sandbox; or why it is not sent.

        :param token: a credential of the operator, for reading.
        """

    @abstractmethod
    def prepare(self, users: SyntheticUsers) -> None:
        """Sign up the users that the case needs.

        :raises UnansweredError: a sign-up failed.
        """

    @abstractmethod
    def request(self, users: SyntheticUsers, side: int) -> Request:
        """Return the request to one version, by that version's users.

        :param side: 0 for the older version, 1 for the newer one.
        """

    @abstractmethod
    def learn(self, answers: tuple[Answer, Answer]) -> None:
        """Keep the values of both answers that later cases need."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in which the answers differ but must not, with both values as they may be printed."""

    part: str
    place: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one case; `reason` says why it was not sent, or why there is no answer."""

    number: int
    source: str
    shown: str
    verdict: Verdict
    reason: str = ""
    statuses: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Outcome:
    """The results of a run; those that are alike are only counted."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    reported: list[Result] = field(default_factory=list)
    """Results that are different or failed, in their order."""

    def add(self, result: Result) -> None:
        """Count a result."""
        self.counts[result.verdict] += 1
        if result.verdict == "skipped":
            self.skipped[result.reason] += 1
        elif result.verdict in {"alike", "different"}:
            self.statuses[result.statuses[0]] += 1
        if result.verdict in {"different", "failed"}:
            self.reported.append(result)

    @property
    def compared(self) -> int:
        """The number of requests that both versions answered."""
        return self.counts["alike"] + self.counts["different"]

    def places(self) -> list[tuple[str, int]]:
        """Return the places in which answers differ, and in how many requests, the most frequent first."""
        found = Counter(
            place
            for result in self.reported
            for place in {f"{one.part} {_INDEX.sub('[*]', one.place)}".rstrip() for one in result.findings}
        )
        return sorted(found.items(), key=lambda one: (-one[1], one[0]))

    def of(self, verdict: Verdict) -> list[Result]:
        """Return the reported results with this verdict."""
        return [result for result in self.reported if result.verdict == verdict]


def run(
    cases: Iterable[Case],
    deployment: Deployment,
    users: SyntheticUsers | None,
    *,
    token: str | None = None,
    ignored: frozenset[str] = frozenset(),
) -> Iterator[Result]:
    """Send the cases in their order, the older version first, and yield their results.

    :param users: None if there is no sandbox; then only requests that change nothing are sent.
    :param token: a credential for reading, used if there is no sandbox.
    :param ignored: names of response headers, in lower case, that a proxy adds.
    """
    for case in cases:
        try:
            yield _result(case, deployment, users, token, ignored)
        except UnansweredError as error:
            yield Result(case.number, case.source, case.shown, "failed", str(error))


def _result(
    case: Case, deployment: Deployment, users: SyntheticUsers | None, token: str | None, ignored: frozenset[str]
) -> Result:
    if case.obstacle:
        return Result(case.number, case.source, case.shown, "skipped", case.obstacle)
    if users is None:
        request = case.without_users(token)
        if isinstance(request, str):
            return Result(case.number, case.source, case.shown, "skipped", request)
        return _compared(case, _both(deployment, (request, request)), ignored)
    case.prepare(users)
    answers = _both(deployment, (case.request(users, 0), case.request(users, 1)))
    case.learn(answers)
    return _compared(case, (users.with_newer_ids(answers[0]), answers[1]), ignored)


def _both(deployment: Deployment, requests: tuple[Request, Request]) -> tuple[Answer, Answer]:
    """Send to both versions even if the first fails: the state of both has to stay the same."""
    found: list[Answer] = []
    failures: list[str] = []
    for version, request in zip(VERSIONS, requests, strict=True):
        try:
            found.append(deployment.send(version, request))
        except UnansweredError as error:
            failures.append(f"{version}: {error}")
    if failures:
        raise UnansweredError("; ".join(failures))
    return found[0], found[1]


def _compared(case: Case, answers: tuple[Answer, Answer], ignored: frozenset[str]) -> Result:
    comparison = compare(*answers)
    outside = [one for one in comparison.outside if one.part != "header" or one.place not in ignored]
    findings = tuple(finding for difference in outside for finding in findings_of(difference))
    verdict: Verdict = "different" if findings else "alike"
    if any(one.part == "status" and LIFE_CYCLE in one.reasons for one in comparison.differences):
        verdict = "retired"
    statuses = (answers[0].status, answers[1].status)
    return Result(case.number, case.source, case.shown, verdict, "", statuses, findings)


def findings_of(difference: Difference) -> list[Finding]:
    """Return a difference as it may be printed; for two objects with different keys, one finding for each key."""
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
    """Return a dotted path as JSONPath (RFC 9535): `$.objects[0].id`."""
    parts = [part for part in place.split(".") if part]
    return "$" + "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts)


def _header(value: Any, name: str) -> str:
    return ABSENT if value is None else str(value) if isinstance(value, int) else shown_value(value, name)


def _at(value: dict[str, Any], key: str) -> str:
    return shown_value(value[key], key) if key in value else ABSENT
