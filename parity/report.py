"""The outcome of a run as lines, as JSON, and as an HTML page."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from django.template.loader import render_to_string
from django.utils import timezone

from parity.comparison import Outcome, Result
from parity.requests import NEW, OLD
from shared.contract.bodies import rfc3339

FORMAT = 1
"""Version of the JSON; incremented when a key is removed or changes its meaning."""

MAX_LINES = 20
"""The most results that are printed."""


@dataclass(frozen=True, slots=True)
class About:
    """The deployment that was checked, and how."""

    url: str
    sandbox: str | None
    cases: int
    notes: Sequence[str]


def verdict(outcome: Outcome) -> str:
    """Return the outcome as one sentence."""
    different, failed = outcome.counts["different"], outcome.counts["failed"]
    if not outcome.compared:
        return "Nothing was compared."
    differing = f"{different} of {outcome.compared} requests are answered differently" if different else ""
    unanswered = f"{failed} could not be compared" if failed else ""
    if differing or unanswered:
        return ", ".join(one for one in (differing, unanswered) if one) + "."
    if others := sum(outcome.counts.values()) - outcome.compared:
        return f"{outcome.compared} of {outcome.compared + others} requests were compared, and are answered alike."
    return "The versions answer alike."


def lines(outcome: Outcome, about: About) -> Iterator[str]:
    """Yield the lines for a terminal."""
    yield f"{OLD} and {NEW} at {about.url}, {_kind(about)}"
    for result in outcome.reported[:MAX_LINES]:
        yield ""
        yield f"#{result.number}  {result.shown}  ({result.source})"
        yield f"    no answer: {result.reason}" if result.reason else f"    answered {_statuses(result)}"
        for finding in result.findings:
            yield f"    {finding.part:7} {finding.place}".rstrip()
            yield f"        {OLD}  {finding.old}"
            yield f"        {NEW}  {finding.new}"
    if len(outcome.reported) > MAX_LINES:
        yield ""
        yield f"… and {len(outcome.reported) - MAX_LINES} more; --report and --json have all of them"
    if len(outcome.reported) > 1 and outcome.places():
        yield ""
        yield "Where they differ, and in how many requests:"
        yield from (f"  {number:5}  {place}" for place, number in outcome.places())
    yield ""
    yield f"{about.cases} requests: {_counted(outcome)}"
    yield from (f"  {number} not sent: {reason}" for reason, number in outcome.skipped.most_common())
    yield from (f"  {note}" for note in about.notes)
    yield verdict(outcome)


def as_json(outcome: Outcome, about: About) -> str:
    """Return the outcome as one JSON object on one line."""
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
            "results": [asdict(result) for result in outcome.reported],
        }
    )


def page(outcome: Outcome, about: About) -> str:
    """Return the outcome as an HTML page that loads nothing."""
    return render_to_string(
        "parity/report.html",
        {
            "about": about,
            "kind": _kind(about),
            "old": OLD,
            "new": NEW,
            "verdict": verdict(outcome),
            "good": bool(outcome.compared) and not outcome.reported,
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
    if about.sandbox:
        return f"with synthetic users of {about.sandbox}"
    return "only requests that change nothing (no --sandbox)"


def _counted(outcome: Outcome) -> str:
    return ", ".join(f"{number} {name}" for name, number in _figures(outcome))


def _statuses(result: Result) -> str:
    return " and ".join(map(str, result.statuses))
