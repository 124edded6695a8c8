"""The report of a run, in Markdown."""

from collections.abc import Callable, Iterator

from benchmarks.report import costs, others
from benchmarks.report.goals import goals
from benchmarks.report.markdown import figure, table
from benchmarks.results import Results


def report(results: Results) -> str:
    """Give all tables for which something was measured."""
    about = "".join(f"- {name}: {value}\n" for name, value in results.about.items())
    said = "Medians, with the least and the most of all rounds in brackets. Only ratios mean anything elsewhere.\n"
    return "\n".join(["# What a sign-in costs\n", said, about, *_sections(results)])


def _sections(results: Results) -> Iterator[str]:
    sections: dict[str, Callable[[Results], Iterator[str]]] = {
        "At a glance": costs.overview,
        "A returning user signs in": costs.sign_in,
        "Behind a provider that takes its time": costs.latencies,
        "A new user signs up": costs.sign_up,
        "Exact counts": others.counts,
        "Among a million people": others.crowds,
        "Tandem alone": others.alone,
        "Goals": _goals,
        "Failures": _failures,
    }
    for title, parts in sections.items():
        if found := list(parts(results)):
            yield f"## {title}\n"
            yield from found


def _failures(results: Results) -> Iterator[str]:
    for failure in results.failures:
        yield f"- {failure}\n"


def _goals(results: Results) -> Iterator[str]:
    rows = [
        (
            goal.what,
            f"{'≥' if goal.at_least else '≤'} {figure(goal.aim, goal.unit)}",
            figure(goal.measured),
            f"**{goal.verdict}**" if goal.verdict == "missed" else goal.verdict,
        )
        for goal in goals(results)
    ]
    if rows:
        yield table(("", "aim", "measured", ""), rows)
