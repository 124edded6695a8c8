"""The verdicts of a run, and its report."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.soak import checks, stored
from benchmarks.soak.checks import Verdict
from benchmarks.soak.people import Person
from benchmarks.soak.records import Record
from benchmarks.soak.samples import Sampler

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass
class Outcome:
    """What a run has shown."""

    record: Record
    sampler: Sampler
    people: int
    former: str
    """The former release."""
    log: str
    """The output of all servers."""
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every check has passed."""
        return all(verdict.passed for verdict in self.verdicts)


def verdicts(outcome: Outcome, people: Sequence[Person], rows: stored.Stored, seconds: float) -> Iterator[Verdict]:
    """Yield the verdict of each check.

    :param seconds: length of the traffic.
    """
    record, sampler = outcome.record, outcome.sampler
    yield checks.listed("unexpected results", record.unexpected, record.unexpected_count)
    yield checks.listed("contradictions in answers", record.faults)
    yield checks.listed("acknowledged and lost, or duplicate", list(stored.contradictions(people, rows)))
    yield from _of_logs(outcome, people)
    wrong = [f"{path}: {status}, {count} times" for (path, status), count in sampler.readiness.items() if status != 200]
    yield checks.listed("/readyz and /metrics outside of events", wrong)
    differences = stored.uncounted(record.calls, rows.calls)
    yield from checks.ledger(differences, checks.lost_calls(outcome.log), record.doubtful_calls)
    yield checks.complete(sampler.samples, seconds / sampler.every)
    for bound in checks.BOUNDS:
        verdict = checks.flatness(sampler.samples, bound, record.is_disturbed)
        if verdict.passed is not None or seconds >= checks.JUDGED_FROM * 60:
            yield verdict


def _of_logs(outcome: Outcome, people: Sequence[Person]) -> Iterator[Verdict]:
    internal = [f"{int(outcome.sampler.internal_errors)} in /metrics"] if outcome.sampler.internal_errors else []
    tracebacks = outcome.log.count("Traceback")
    internal += [f"{tracebacks} tracebacks in the logs"] if tracebacks else []
    yield checks.listed("internal errors and tracebacks", internal)
    tokens = {token for person in people for token in (*person.tokens, *person.revoked)}
    logged = tokens.intersection(_TOKEN.findall(outcome.log))
    yield checks.listed("access tokens in the logs", [f"{len(logged)} tokens"] if logged else [])


def describe(outcome: Outcome, title: str) -> Iterator[str]:
    """Yield the lines of the report."""
    record = outcome.record
    yield f"# {title}"
    yield ""
    yield f"{sum(record.results.values())} requests, {outcome.people} people; former release: {outcome.former}."
    yield ""
    yield "| check | result | |"
    yield "| --- | --- | --- |"
    for verdict in outcome.verdicts:
        result = {True: "passed", False: "FAILED", None: "not judged"}[verdict.passed]
        yield f"| {verdict.name} | {result} | {verdict.text.replace('|', '/')} |"
    yield ""
    yield from _tables(record)
    yield from record.unexpected
    yield from record.faults


def _tables(record: Record) -> Iterator[str]:
    yield "| seconds | event |"
    yield "| --- | --- |"
    for began, ended, name in sorted(record.events):
        yield f"| {began:.0f} to {ended:.0f} | {name} |"
    yield ""
    versions = sorted({version for _, version, _ in record.results})
    yield f"| operation | result | {' | '.join(versions)} |"
    yield f"| --- | --- |{' --: |' * len(versions)}"
    for operation, result in sorted({(operation, result) for operation, _, result in record.results}):
        counts = " | ".join(str(record.results[operation, version, result]) for version in versions)
        yield f"| {operation} | {result} | {counts} |"
    yield ""


def save_details(outcome: Outcome, target: Path) -> None:
    """Write the events and the verdicts as JSON, for a plot."""
    content = {"events": outcome.record.events, "verdicts": [[v.name, v.passed, v.text] for v in outcome.verdicts]}
    target.write_text(json.dumps(content, indent=1), encoding="utf-8")
