"""What explains the figures, in sentences."""

from math import log

from rollout.status.status import Status
from rollout.status.trend import HALVED_IN, LEAST
from rollout.status.versions import NEW_NAME, OLD_NAME


def pace(status: Status) -> str:
    """Say whether v1 falls, and how fast."""
    line = status.projection.line
    if status.totals[-1].share == 0:
        return f"{OLD_NAME} is not called any more."
    if line is None:
        return f"not known: it takes {LEAST} weeks with calls."
    weeks = f"by the line through the last {len(line.points)} weeks"
    if line.slope >= 0:
        return f"{OLD_NAME} does not fall, {weeks}."
    halved = log(2) / -line.slope
    if halved > HALVED_IN:
        return f"{OLD_NAME} hardly falls: it would take more than a year to halve against {NEW_NAME}, {weeks}."
    pace = f"{7 * halved:.0f} days" if halved < 2 else f"{halved:.0f} weeks"
    return f"{OLD_NAME} halves against {NEW_NAME} every {pace}, {weeks}."


def refused(status: Status) -> str:
    """Say how many of v1's calls got 410."""
    week = status.totals[-1]
    if not week.old:
        return f"none: {OLD_NAME} was not called in the last 7 days."
    if not week.refused:
        return f"none of {OLD_NAME}'s {week.old:,} calls of the last 7 days got 410."
    return (
        f"{week.refused:,} of {OLD_NAME}'s {week.old:,} calls of the last 7 days got 410; they count as {OLD_NAME}'s."
    )
