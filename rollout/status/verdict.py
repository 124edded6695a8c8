"""Can v1 be switched off? One of four answers, and why."""

from dataclasses import dataclass
from enum import StrEnum

from rollout.status.percent import percent
from rollout.status.projection import Outlook
from rollout.status.status import Status
from rollout.status.versions import OLD_NAME


class Answer(StrEnum):
    """The four answers; only one of them is yes."""

    YES = "yes"
    NOT_YET = "not_yet"
    NO = "no"
    UNKNOWN = "unknown"


BEGINNINGS = {Answer.YES: "Yes", Answer.NOT_YET: "Not yet", Answer.NO: "No", Answer.UNKNOWN: "Not known"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer, and why in one sentence."""

    answer: Answer
    why: str

    def __str__(self) -> str:
        """Give both as one line."""
        return f"{BEGINNINGS[self.answer]}: {self.why}"


def verdict(status: Status) -> Verdict:
    """Answer; what is not known is no yes."""
    share = status.totals[-1].share
    depend = status.users.depend
    if status.recorded is None:
        return Verdict(Answer.UNKNOWN, "no calls are recorded yet.")
    if share is None:
        last = status.recorded.last
        return Verdict(Answer.UNKNOWN, f"no calls were recorded in the last 7 days; {last} was the last.")
    calls = f"{OLD_NAME} has {percent(share)} of the calls"
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
