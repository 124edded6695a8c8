"""Send each case to both versions, compare the answers, and count the results."""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from parity.deployment import Deployment, UnansweredError
from parity.redaction import ABSENT, shown_value
from parity.requests import SAFE_METHODS, Request, own_endpoint
from parity.resource_report import ResourceReport
from parity.synthetic_users import SyntheticUsers
from shared.contract.differences import LIFE_CYCLE, Answer, Difference, compare

Verdict = Literal["alike", "different", "skipped", "failed", "retired"]

HOSTS_OWN = "the host project answers there itself"
HOST_WRITE = "it changes something that may be the host project's (--writes)"
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
    """The results of a run; those that are alike are only counted. `resources` are the host project's."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    reported: list[Result] = field(default_factory=list)
    """Results that are different or failed, in their order."""

    resources: list[ResourceReport] = field(default_factory=list)

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

    @property
    def is_alike(self) -> bool:
        """Whether all requests that were sent were answered alike."""
        return not self.reported and not any(
            one.failed or one.verdict in {"same values", "different"} for one in self.resources
        )

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


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may send.

    Attributes:
        hosts: Names of declared resources that the host project's own code answers.
        writes: Names of the host project's resources that requests may change.
        token: A credential of the operator for reading, used if there is no sandbox.
        ignored: Names of response headers, in lower case, that a proxy adds.
    """

    hosts: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    token: str | None = None
    ignored: frozenset[str] = frozenset()

    def obstacle(self, request: Request) -> str:
        """Return why a request must not be sent because of the host project; empty if it may be sent."""
        name = request.path.partition("/")[0]
        if name in self.hosts:
            return HOSTS_OWN
        is_allowed = request.method in SAFE_METHODS or own_endpoint(request.path) or name in self.writes
        return "" if is_allowed else HOST_WRITE


def run(
    cases: Iterable[Case], deployment: Deployment, users: SyntheticUsers | None, limits: Limits
) -> Iterator[Result]:
    """Send the cases in their order, the older version first, and yield their results.

    :param users: None if there is no sandbox; then only requests that change nothing are sent.
    """
    for case in cases:
        try:
            yield _result(case, deployment, users, limits)
        except UnansweredError as error:
            yield Result(case.number, case.source, case.shown, "failed", str(error))


def _result(case: Case, deployment: Deployment, users: SyntheticUsers | None, limits: Limits) -> Result:
    reason, requests = case.obstacle, None
    if not reason and users is None:
        request = case.without_users(limits.token)
        reason, requests = (request, None) if isinstance(request, str) else ("", (request, request))
    elif not reason and users is not None:
        case.prepare(users)
        requests = case.request(users, 0), case.request(users, 1)
    reason = reason or (limits.obstacle(requests[0]) if requests else "")
    if reason or requests is None:
        return Result(case.number, case.source, case.shown, "skipped", reason)
    answers = _both(deployment, requests)
    if users is not None:
        case.learn(answers)
        answers = users.with_newer_ids(answers[0]), answers[1]
    return _compared(case, answers, limits.ignored)


def _both(deployment: Deployment, requests: tuple[Request, Request]) -> tuple[Answer, Answer]:
    """Send to both versions even if the first fails: the state of both has to stay the same."""
    found: list[Answer] = []
    failures: list[str] = []
    for version, request in zip(deployment.versions, requests, strict=True):
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
    return str(ABSENT) if value is None else str(value) if isinstance(value, int) else shown_value(value, name)


def _at(value: dict[str, Any], key: str) -> str:
    return shown_value(value[key], key) if key in value else str(ABSENT)
