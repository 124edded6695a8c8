"""Whether v1 can be switched off, and the facts behind the answer, in sentences for the command and the dashboard."""

from dataclasses import dataclass
from enum import StrEnum
from math import log

from rollout.status.counts import new_name, old_name
from rollout.status.projection import MAX_HALF_LIFE, MIN_WEEKS, TREND_WEEKS, Outlook, Projection
from rollout.status.status import Status

MAX_NAMED = 3
"""The most clients named in a sentence."""


class Answer(StrEnum):
    """The possible answers."""

    YES = "yes"
    NOT_YET = "not_yet"
    NO = "no"
    UNKNOWN = "unknown"


BEGINNINGS = {Answer.YES: "Yes", Answer.NOT_YET: "Not yet", Answer.NO: "No", Answer.UNKNOWN: "Not known"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer, and the reason in one sentence."""

    answer: Answer
    why: str

    def __str__(self) -> str:
        """Return both as one line."""
        return f"{BEGINNINGS[self.answer]}: {self.why}"


def verdict(status: Status) -> Verdict:
    """Return the answer; without enough data it is never "yes"."""
    share = status.totals[-1].share
    depend = status.users.depend
    if status.recorded is None:
        return Verdict(Answer.UNKNOWN, "no calls are recorded yet.")
    if share is None:
        last = status.recorded.last
        return Verdict(Answer.UNKNOWN, f"no calls were recorded in the last 7 days; {last} was the last.")
    calls = f"{old_name()} has {percent(share)} of the calls"
    people = f"{depend:,} user{'' if depend == 1 else 's'} depend{'s' if depend == 1 else ''} on it"
    if share > status.criteria.share:
        stuck = status.projection.outlook is Outlook.NO_END
        why = f"{calls}, and no end is in sight" if stuck else f"{calls}, and {people}"
        return Verdict(Answer.NO if stuck else Answer.NOT_YET, why + ".")
    if depend > status.criteria.users:
        return Verdict(Answer.NOT_YET, f"{calls}, but {people}.")
    if status.days_recorded < status.criteria.days:
        days = f"{status.days_recorded} of {status.criteria.days} days"
        return Verdict(Answer.UNKNOWN, f"{calls}, but only {days} are recorded.")
    return Verdict(Answer.YES, f"{calls}, and {people if depend else 'no user depends on it'}.")


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure and the rest of its sentence; `good` is None if it is neither good nor bad."""

    title: str
    figure: str
    rest: str
    good: bool | None = None

    def __str__(self) -> str:
        """Return the sentence."""
        return f"{self.figure} {self.rest}"


def facts(status: Status) -> list[Fact]:
    """Return the facts that decide: the share, the users, the projected end and the planned sunset."""
    return [_share(status), _users(status), _end(status.projection), _sunset(status)]


def pace(status: Status) -> str:
    """Return whether the share of v1 falls, and how fast."""
    line = status.projection.line
    if status.totals[-1].share == 0:
        return f"{old_name()} is not called any more."
    if line is None:
        return f"not known: it takes {MIN_WEEKS} weeks with calls."
    weeks = f"by the line through the last {len(line.points)} weeks"
    if line.slope >= 0:
        return f"{old_name()} does not fall, {weeks}."
    halved = log(2) / -line.slope
    if halved > MAX_HALF_LIFE:
        return f"{old_name()} hardly falls: it would take more than a year to halve against {new_name()}, {weeks}."
    pace = f"{7 * halved:.0f} days" if halved < 2 else f"{halved:.0f} weeks"
    return f"{old_name()} halves against {new_name()} every {pace}, {weeks}."


def refused(status: Status) -> str:
    """Return how many of v1's calls were answered 410, lately and before."""
    *before, week = status.totals
    earlier = sum(calls.refused for calls in before)
    past = f"; {earlier:,} did in the {len(before)} weeks before" if earlier else ""
    name = old_name()
    if not week.old:
        return f"none: {name} was not called in the last 7 days{past}."
    if not week.refused:
        return f"none of {name}'s {week.old:,} calls of the last 7 days got 410{past}."
    return f"{week.refused:,} of {name}'s {week.old:,} calls of the last 7 days got 410{past}. They count as {name}'s."


def without_client(status: Status) -> str:
    """Return how many users of v1 no client has, or an empty string."""
    if not (number := status.users_without_client):
        return ""
    whom, those = ("user", "is") if number == 1 else ("users", "are")
    return f"{number:,} {whom} of {old_name()} {those} in no row: the last call was recorded without its client."


def percent(share: float | None) -> str:
    """Return a share, 0 to 1, in percent; only exact values are shown as 0 % and 100 %."""
    if share is None:
        return "-"
    value = 100 * share
    if 0 < value < 0.05:
        return "<0.1 %"
    if 99.95 <= value < 100:
        return ">99.9 %"
    return f"{value:.1f} %"


def _share(status: Status) -> Fact:
    now = status.totals[-1].share
    was = [
        f"{percent(status.totals[index].share)} {back} weeks ago"
        for index, back in ((-5, 4), (0, 12))
        if status.totals[index].total
    ]
    before = f" ({', '.join(was)})" if was else ""
    return Fact(
        f"Share of {old_name()}",
        "an unknown part" if now is None else percent(now),
        f"of the calls of the last 7 days {'is' if now is None else 'are'} {old_name()}'s{before}. "
        f"Low enough: {100 * status.criteria.share:g} %.",
        None if now is None else now <= status.criteria.share,
    )


def _users(status: Status) -> Fact:
    found, most = status.users, status.criteria.users
    limit = f" (few enough: {most:,})" if most else ""
    return Fact(
        "Users left",
        f"{found.depend:,}",
        f"called {old_name()} alone in the last {status.criteria.days} days and depend on it{limit}. "
        f"{found.moving:,} called both and are moving. {found.new:,} in all called {new_name()}.",
        found.depend <= most,
    )


def _end(projection: Projection) -> Fact:
    title = "Projected end"
    if projection.outlook is Outlook.BELOW:
        return Fact(title, "reached:", "the share is low enough.", good=True)
    if projection.outlook is Outlook.TOO_FEW_WEEKS:
        return Fact(title, "not known", "yet: a trend takes 4 weeks with calls.")
    if projection.outlook is Outlook.NO_END:
        why = _stuck(projection) if projection.stuck else "the share does not fall, or too slowly to tell."
        return Fact(title, "not in sight:", why, good=False)
    if projection.latest is None:
        spread = f"{projection.earliest} at best, but those weeks are so uneven that it may as well be far later"
    else:
        spread = f"by their spread between {projection.earliest} and {projection.latest}"
    return Fact(title, str(projection.day), f"if it goes on as in the last {TREND_WEEKS} weeks; {spread}.")


def _sunset(status: Status) -> Fact:
    title, planned, projection = "Planned sunset", status.sunset, status.projection
    if planned is None:
        return Fact(title, "none", "is planned.")
    if status.plan.sunset_at is not None and status.plan.sunset_at <= status.now:
        return Fact(title, str(planned), f"is past: every call of {old_name()} is refused.")
    when = f"is {_in_days(status)}"
    if projection.outlook is Outlook.BELOW:
        return Fact(title, str(planned), f"{when} and can be met: the share is low enough already.", good=True)
    left = projection.share_on(planned, status.today)
    if left is None or projection.outlook is Outlook.TOO_FEW_WEEKS:
        return Fact(title, str(planned), f"{when} and may be met or not: there is no trend yet.")
    if projection.day is not None and projection.day <= planned:
        surely = projection.latest is not None and projection.latest <= planned
        return Fact(
            title, str(planned), f"{when}. The projection meets it{'' if surely else ', though not surely'}.", good=True
        )
    missed = f"The projection misses it: {percent(left)} of the calls would be refused that day."
    return Fact(title, str(planned), f"{when}. {missed}", good=False)


def _in_days(status: Status) -> str:
    left = status.days_left
    return "today" if left == 0 else "tomorrow" if left == 1 else f"in {left:,} days"


def _stuck(projection: Projection) -> str:
    names = [_short(name) for name in projection.stuck[:MAX_NAMED]]
    more = len(projection.stuck) - len(names)
    whose = ", ".join(names) + (f" and {more} more" if more else "")
    if len(projection.stuck) == 1:
        return f"{whose} does not fall; it alone has {percent(projection.left)} of all calls."
    return f"{whose} do not fall; they alone have {percent(projection.left)} of all calls."


def _short(name: str, width: int = 40) -> str:
    return name if len(name) <= width else f"{name[: width - 2]}.."
