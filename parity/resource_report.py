"""What the requests to one resource of the host project have shown: differences, noise, coverage and the verdict."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from parity.json_text import Place, is_within

FIRST_ERROR = 400
MAX_SHAPES = 50
"""The most paths that a report lists for a resource."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The first request in which a place differs, and both values as they may be printed."""

    number: int
    source: str
    shown: str
    old: str
    new: str


@dataclass
class ResourceReport:
    """What the requests to one resource have shown.

    Attributes:
        compared: For each request, the places that differ, and whether everything else is the same to the byte.
        samples: For each place, the first request in which it differs.
        noise: For each place, in how many requests two answers of the same version differ.
        not_compared: Reasons why recorded requests were not compared.
        failed: How many requests had no answer, or were refused by a rate limit.
        otherwise: How many requests had another status than in the recording.
    """

    old: str
    new: str
    compared: list[tuple[frozenset[Place], bool]] = field(default_factory=list)
    samples: dict[Place, Sample] = field(default_factory=dict)
    noise: Counter[Place] = field(default_factory=Counter)
    methods: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    parameters: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    not_compared: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    otherwise: int = 0

    def differing(self) -> dict[Place, int]:
        """Return the places that differ, and in how many requests; the most frequent first.

        A place that is noise in at least as many requests as it differs in otherwise is left out of all of them.
        """
        found = Counter(place for places, _ in self.compared for place in places)
        return {
            place: number
            for place, number in found.most_common()
            if number > sum(times for noisy, times in self.noise.items() if is_within(place, {noisy}))
        }

    def counts(self) -> dict[str, int]:
        """Return how many requests were answered with the same bytes, with the same values, and differently."""
        differing = self.differing()
        found = dict.fromkeys(("identical", "same values", "different"), 0)
        for places, is_laid_out_alike in self.compared:
            parts = {part for part, _ in places & differing.keys()}
            if parts - {"header"}:
                found["different"] += 1
            elif parts or not is_laid_out_alike:
                found["same values"] += 1
            else:
                found["identical"] += 1
        return found

    @property
    def verdict(self) -> str:
        """`ready`, `no success`, `same values`, `different` or `nothing compared`."""
        counts = self.counts()
        if not self.compared:
            return "nothing compared"
        found = next((name for name in ("different", "same values") if counts[name]), None)
        # Two errors that are alike, for example for want of a credential, show nothing about the resource.
        has_success = any(status < FIRST_ERROR for status in self.statuses)
        return found or ("ready" if has_success else "no success")


def as_data(report: ResourceReport) -> dict[str, Any]:
    """Return a report as it is written as JSON, and as the other forms of the report read it."""
    differing = report.differing()
    return {
        "old": report.old,
        "new": report.new,
        "verdict": report.verdict,
        "compared": len(report.compared),
        **{name.replace(" ", "_"): number for name, number in report.counts().items()},
        "differences": [
            {
                "part": place[0],
                "place": place[1],
                "requests": number,
                "number": sample.number,
                "source": sample.source,
                "shown": sample.shown,
                "old": sample.old,
                "new": sample.new,
            }
            for place, number in differing.items()
            for sample in [report.samples[place]]
        ],
        "noise": [
            {"part": part, "place": place, "requests": number} for (part, place), number in report.noise.most_common()
        ],
        "covered": {
            "methods": dict(report.methods),
            "paths": dict(report.paths.most_common(MAX_SHAPES)),
            "more_paths": max(0, len(report.paths) - MAX_SHAPES),
            "parameters": dict(report.parameters.most_common()),
            "statuses": {str(status): number for status, number in sorted(report.statuses.items())},
            "other_status_than_recorded": report.otherwise,
        },
        "not_compared": dict(report.not_compared.most_common()),
        "failed": report.failed,
    }
