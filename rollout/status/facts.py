"""The figures in words, for the command and the dashboard alike."""

from dataclasses import dataclass

from rollout.status.percent import percent
from rollout.status.projection import Outlook, Projection
from rollout.status.status import Status
from rollout.status.trend import WEEKS
from rollout.status.versions import NEW_NAME, OLD_NAME

NAMED = 3
"""So many clients are named in a sentence."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure and the rest of its sentence; `good` is None where it is neither good nor bad."""

    title: str
    figure: str
    rest: str
    good: bool | None = None

    def __str__(self) -> str:
        """Give the sentence."""
        return f"{self.figure} {self.rest}"


def facts(status: Status) -> list[Fact]:
    """Give what decides: the share, the users, the end that is projected and the one that is planned."""
    return [_share(status), _users(status), _end(status.projection), _sunset(status)]


def _share(status: Status) -> Fact:
    now = status.totals[-1].share
    was = [
        f"{percent(status.totals[index].share)} {back} weeks ago"
        for index, back in ((-5, 4), (0, 12))
        if status.totals[index].total
    ]
    before = f" ({', '.join(was)})" if was else ""
    return Fact(
        f"Share of {OLD_NAME}",
        "an unknown part" if now is None else percent(now),
        f"of the calls of the last 7 days {'is' if now is None else 'are'} {OLD_NAME}'s{before}. "
        f"Low enough: {100 * status.criteria.share:g} %.",
        None if now is None else now <= status.criteria.share,
    )


def _users(status: Status) -> Fact:
    found, most = status.users, status.criteria.users
    limit = f" (few enough: {most:,})" if most else ""
    return Fact(
        "Users left",
        f"{found.depend:,}",
        f"called {OLD_NAME} alone in the last {status.criteria.days} days and depend on it{limit}. "
        f"{found.moving:,} called both and are moving. {found.new:,} in all called {NEW_NAME}.",
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
    return Fact(title, str(projection.day), f"if it goes on as in the last {WEEKS} weeks; {spread}.")


def _sunset(status: Status) -> Fact:
    title, planned, projection = "Planned sunset", status.sunset, status.projection
    if planned is None:
        return Fact(title, "none", "is planned.")
    if status.plan.sunset_at is not None and status.plan.sunset_at <= status.now:
        return Fact(title, str(planned), f"is past: every call of {OLD_NAME} is refused.")
    if projection.outlook is Outlook.BELOW:
        return Fact(title, str(planned), "can be met: the share is low enough already.", good=True)
    left = projection.share_on(planned, status.today)
    if left is None or projection.outlook is Outlook.TOO_FEW_WEEKS:
        return Fact(title, str(planned), "may be met or not: there is no trend yet.")
    if projection.day is not None and projection.day <= planned:
        surely = projection.latest is not None and projection.latest <= planned
        return Fact(
            title, str(planned), f"is met by the projection{'' if surely else ', though not surely'}.", good=True
        )
    return Fact(title, str(planned), f"is missed: {percent(left)} of the calls would be refused that day.", good=False)


def _stuck(projection: Projection) -> str:
    names = [_short(name) for name in projection.stuck[:NAMED]]
    more = len(projection.stuck) - len(names)
    whose = ", ".join(names) + (f" and {more} more" if more else "")
    if len(projection.stuck) == 1:
        return f"{whose} does not fall; it alone has {percent(projection.left)} of all calls."
    return f"{whose} do not fall; they alone have {percent(projection.left)} of all calls."


def _short(name: str, width: int = 40) -> str:
    return name if len(name) <= width else f"{name[: width - 2]}.."
