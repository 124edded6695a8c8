"""Each case to both versions, the older one first, and the answers held against each other."""

from collections.abc import Iterable, Iterator

from parity.cases import Case
from parity.deployment import Deployment, UnansweredError
from parity.people import People
from parity.requests import VERSIONS, Request
from parity.results import Result, Verdict, findings_of
from shared.contract.differences import LIFE_CYCLE, Answer, compare


def run(
    cases: Iterable[Case],
    deployment: Deployment,
    people: People | None,
    *,
    token: str | None = None,
    ignored: frozenset[str] = frozenset(),
) -> Iterator[Result]:
    """Send the cases in their order and give what came of each.

    :param people: who signs up whom; None where there is no sandbox, and only what changes nothing is sent.
    :param token: a credential for reading, there.
    :param ignored: names of headers, in lower case, that somebody between puts on answers.
    """
    for case in cases:
        try:
            yield _result(case, deployment, people, token, ignored)
        except UnansweredError as error:
            yield Result(case.number, case.source, case.shown, "failed", str(error))


def _result(
    case: Case, deployment: Deployment, people: People | None, token: str | None, ignored: frozenset[str]
) -> Result:
    if case.obstacle:
        return Result(case.number, case.source, case.shown, "skipped", case.obstacle)
    if people is None:
        alone = case.alone(token)
        if isinstance(alone, str):
            return Result(case.number, case.source, case.shown, "skipped", alone)
        answers = _both(deployment, (alone, alone))
        return _compared(case, answers, ignored)
    case.prepare(people)
    answers = _both(deployment, (case.request(people, 0), case.request(people, 1)))
    case.learn(answers)
    return _compared(case, (people.alike(answers[0]), answers[1]), ignored)


def _both(deployment: Deployment, requests: tuple[Request, Request]) -> tuple[Answer, Answer]:
    """Send to both whatever comes of the first: what has happened to one has to happen to the other."""
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
