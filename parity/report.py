"""The outcome of a run as lines, as JSON, and as an HTML page."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils import timezone

from parity.comparison import Outcome, Result
from parity.resource_report import as_data
from shared.contract.bodies import rfc3339

FORMAT = 1
"""Version of the JSON; incremented when a key is removed or changes its meaning."""

MAX_LINES = 20
"""The most results that are printed."""


@dataclass(frozen=True, slots=True)
class About:
    """The deployment that was checked, and how; `cases` is the number of all requests."""

    url: str
    versions: tuple[str, str]
    sandbox: str | None
    cases: int
    notes: Sequence[str]


def verdict(outcome: Outcome) -> str:
    """Return the outcome as one or two sentences."""
    resources = ", ".join(f"{number} {name}" for name, number in _verdicts(outcome))
    parts = [_own_verdict(outcome)] if outcome.compared or outcome.reported or not resources else []
    return " ".join([*parts, f"Resources of the host project: {resources}."] if resources else parts)


def _verdicts(outcome: Outcome) -> list[tuple[str, int]]:
    return sorted(Counter(one.verdict for one in outcome.resources).items())


def _own_verdict(outcome: Outcome) -> str:
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
    old, new = about.versions
    yield f"{old} and {new} at {about.url}, {_kind(about)}"
    for result in outcome.reported[:MAX_LINES]:
        yield ""
        yield f"#{result.number}  {result.shown}  ({result.source})"
        yield f"    no answer: {result.reason}" if result.reason else f"    answered {_statuses(result)}"
        for finding in result.findings:
            yield f"    {finding.part:7} {finding.place}".rstrip()
            yield f"        {old}  {finding.old}"
            yield f"        {new}  {finding.new}"
    if len(outcome.reported) > MAX_LINES:
        yield ""
        yield f"… and {len(outcome.reported) - MAX_LINES} more; --report and --json have all of them"
    if len(outcome.reported) > 1 and outcome.places():
        yield ""
        yield "Where they differ, and in how many requests:"
        yield from (f"  {number:5}  {place}" for place, number in outcome.places())
    for resource in outcome.resources:
        yield ""
        yield from _resource_lines(as_data(resource), about.versions)
    yield ""
    own = ", of these to Tandem's own resources" if outcome.resources and outcome.counts else ""
    yield f"{about.cases} requests{own}: {_counted(outcome)}".removesuffix(": ")
    yield from (f"  {number} not sent: {reason}" for reason, number in outcome.skipped.most_common())
    yield from (f"  {note}" for note in about.notes)
    yield verdict(outcome)


def _resource_lines(data: dict[str, Any], versions: tuple[str, str]) -> Iterator[str]:
    yield f"{data['old']} = {data['new']}: {data['verdict']}"
    yield f"    {data['compared']} requests compared: {_resource_counts(data)}"
    for one in data["differences"][:MAX_LINES]:
        yield f"    {one['part']:7} {one['place']}".rstrip()
        yield f"        in {one['requests']} requests, the first: #{one['number']}  {one['shown']}  ({one['source']})"
        yield f"        {versions[0]}  {one['old']}"
        yield f"        {versions[1]}  {one['new']}"
    if len(data["differences"]) > MAX_LINES:
        yield f"    … and {len(data['differences']) - MAX_LINES} more places"
    for name, text in _resource_notes(data):
        yield f"    {name}: {text}"


def _resource_counts(data: dict[str, Any]) -> str:
    return (
        f"{data['identical']} identical, {data['same_values']} with the same values in other bytes or headers, "
        f"{data['different']} different"
    )


def _resource_notes(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the verdict covers and what it does not, by name."""
    covered = data["covered"]
    noise = {f"{one['part']} {one['place']}": one["requests"] for one in data["noise"]}
    yield from (
        (name, ", ".join(f"{key} ({number})" for key, number in counts.items()))
        for name, counts in (
            ("noise, left out", noise),
            ("methods", covered["methods"]),
            ("paths", covered["paths"]),
            ("parameters", covered["parameters"]),
            ("statuses", covered["statuses"]),
            ("NOT COMPARED", data["not_compared"]),
        )
        if counts
    )
    if covered["more_paths"]:
        yield "more paths", str(covered["more_paths"])
    if covered["other_status_than_recorded"]:
        yield "another status than in the recording", f"{covered['other_status_than_recorded']} requests"


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
            "resources": [as_data(one) for one in outcome.resources],
            "results": [asdict(result) for result in outcome.reported],
        }
    )


def page(outcome: Outcome, about: About) -> str:
    """Return the outcome as an HTML page that loads nothing."""
    # An engine of its own: the host project's may lack Django's templates, or not look into apps.
    template = Engine(dirs=[str(Path(__file__).parent / "templates")]).get_template("parity/report.html")
    return template.render(
        Context(
            {
                "about": about,
                "kind": _kind(about),
                "old": about.versions[0],
                "new": about.versions[1],
                "verdict": verdict(outcome),
                "good": outcome.is_alike and (outcome.compared or any(one.compared for one in outcome.resources)),
                "figures": _figures(outcome) + [(f"resources: {name}", number) for name, number in _verdicts(outcome)],
                "resources": [
                    {**data, "counts": _resource_counts(data), "notes": list(_resource_notes(data))}
                    for data in map(as_data, outcome.resources)
                ],
                "different": outcome.of("different"),
                "failed": outcome.of("failed"),
                "skipped": outcome.skipped.most_common(),
                "statuses": sorted(outcome.statuses.items()),
                "places": outcome.places(),
                "made": rfc3339(timezone.now()),
            }
        )
    )


def _figures(outcome: Outcome) -> list[tuple[str, int]]:
    skipped, failed, retired = (outcome.counts[name] for name in ("skipped", "failed", "retired"))
    always = [("compared", outcome.compared), ("different", outcome.counts["different"])]
    own = always if outcome.counts or not outcome.resources else []
    return own + [
        (name, n) for name, n in (("no answer", failed), ("switched off", retired), ("not sent", skipped)) if n
    ]


def _kind(about: About) -> str:
    if about.sandbox:
        return f"with synthetic users of {about.sandbox}"
    return "only requests that change nothing (no --sandbox)"


def _counted(outcome: Outcome) -> str:
    return ", ".join(f"{number} {name}" for name, number in _figures(outcome))


def _statuses(result: Result) -> str:
    return " and ".join(map(str, result.statuses))
