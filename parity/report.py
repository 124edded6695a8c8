"""What a run has come to: as lines, as JSON, as a page."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from parity.requests import NEW, OLD
from parity.results import Outcome, Result
from shared.times import rfc3339

FORMAT = 1
"""Of the JSON; a key that goes or means something else is a new number."""

MOST_LINES = 20
"""Requests that are told on the screen."""


@dataclass(frozen=True, slots=True)
class About:
    """What was compared, and with what."""

    url: str
    sandbox: str | None
    cases: int
    notes: Sequence[str]


def verdict(outcome: Outcome) -> str:
    """Say in a sentence what came of it."""
    different, failed = outcome.counts["different"], outcome.counts["failed"]
    if not outcome.compared:
        return "Nothing was compared."
    said = f"{different} of {outcome.compared} requests are answered differently" if different else ""
    unanswered = f"{failed} could not be compared" if failed else ""
    if said or unanswered:
        return ", ".join(one for one in (said, unanswered) if one) + "."
    if others := sum(outcome.counts.values()) - outcome.compared:
        return f"{outcome.compared} of {outcome.compared + others} requests were compared, and are answered alike."
    return "The versions answer alike."


def lines(outcome: Outcome, about: About) -> Iterator[str]:
    """Tell it on a screen."""
    yield f"{OLD} and {NEW} at {about.url}, {_kind(about)}"
    for result in outcome.told[:MOST_LINES]:
        yield ""
        yield f"#{result.number}  {result.shown}  ({result.source})"
        yield f"    no answer: {result.reason}" if result.reason else f"    answered {_statuses(result)}"
        for finding in result.findings:
            yield f"    {finding.part:7} {finding.place}".rstrip()
            yield f"        {OLD}  {finding.old}"
            yield f"        {NEW}  {finding.new}"
    if len(outcome.told) > MOST_LINES:
        yield ""
        yield f"… and {len(outcome.told) - MOST_LINES} more; --report and --json have all of them"
    if len(outcome.told) > 1 and outcome.places():
        yield ""
        yield "Where they differ, and in how many requests:"
        yield from (f"  {number:5}  {place}" for place, number in outcome.places())
    yield ""
    yield f"{about.cases} requests: {_counted(outcome)}"
    yield from (f"  {number} not sent: {reason}" for reason, number in outcome.skipped.most_common())
    yield from (f"  {note}" for note in about.notes)
    yield verdict(outcome)


def as_json(outcome: Outcome, about: About) -> str:
    """Tell it to a program."""
    return json.dumps(
        {
            "format": FORMAT,
            "url": about.url,
            "sandbox": about.sandbox,
            "requests": about.cases,
            "compared": outcome.compared,
            "different": outcome.counts["different"],
            "failed": outcome.counts["failed"],
            "retired": outcome.counts["retired"],
            "skipped": dict(outcome.skipped),
            "notes": list(about.notes),
            "results": [_as_object(result) for result in outcome.told],
        }
    )


def page(outcome: Outcome, about: About) -> str:
    """Tell it on a page that needs nothing but itself."""
    return render_to_string(
        "parity/report.html",
        {
            "about": about,
            "kind": _kind(about),
            "old": OLD,
            "new": NEW,
            "verdict": verdict(outcome),
            "good": bool(outcome.compared) and not outcome.told,
            "counts": {**outcome.counts, "compared": outcome.compared},
            "figures": _figures(outcome),
            "different": outcome.of("different"),
            "failed": outcome.of("failed"),
            "skipped": outcome.skipped.most_common(),
            "statuses": sorted(outcome.statuses.items()),
            "places": outcome.places(),
            "made": rfc3339(timezone.now()),
        },
    )


def _figures(outcome: Outcome) -> list[tuple[str, int]]:
    skipped, failed, retired = (outcome.counts[name] for name in ("skipped", "failed", "retired"))
    always = [("compared", outcome.compared), ("different", outcome.counts["different"])]
    return always + [
        (name, n) for name, n in (("no answer", failed), ("v1 was off", retired), ("not sent", skipped)) if n
    ]


def _kind(about: About) -> str:
    return f"with guests of {about.sandbox}" if about.sandbox else "only with what changes nothing (no --sandbox)"


def _counted(outcome: Outcome) -> str:
    return ", ".join(f"{number} {name}" for name, number in _figures(outcome))


def _statuses(result: Result) -> str:
    return " and ".join(map(str, result.statuses))


def _as_object(result: Result) -> dict[str, Any]:
    return {**asdict(result), "findings": [asdict(finding) for finding in result.findings]}
