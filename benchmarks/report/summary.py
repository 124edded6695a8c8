"""Medians, spreads and ratios."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.results import Key, Results


@dataclass(frozen=True, slots=True)
class Summary:
    """What a figure's values come to."""

    median: float
    least: float
    most: float


def summarised(results: Results, key: Key) -> Summary | None:
    """Give the median and the spread of a figure; None where it was not measured."""
    values = results.values.get(key)
    return Summary(statistics.median(values), min(values), max(values)) if values else None


def median(results: Results, key: Key) -> float | None:
    """Give the median of a figure; None where it was not measured."""
    found = summarised(results, key)
    return found.median if found else None


def ratio(results: Results, above: Key, below: Key) -> float | None:
    """Give the ratio of two medians; None where one was not measured or there is nothing to divide by."""
    first, second = median(results, above), median(results, below)
    return first / second if first is not None and second else None


def percentile(values: Sequence[float], percent: float) -> float:
    """Give the least value that so many per cent of all do not exceed (the nearest rank).

    :raises ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(math.ceil(len(values) * percent / 100), 1) - 1]
