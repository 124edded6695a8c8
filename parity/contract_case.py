"""A case of the contract's own, filled in for each version from that version's people."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from parity import safety
from parity.cases import Case
from parity.contract import Step
from parity.masking import shown_target
from parity.people import People, Twins
from parity.requests import Request
from shared.contract.differences import Answer

NEEDS_PEOPLE = "it needs people of the sandbox (--sandbox)"
NEEDS_TOKEN = "it needs a credential (--token)"  # noqa: S105 - a sentence
MOST_SIGN_INS = 25
"""Of one person: beyond TOKENS_PER_USER the oldest token goes, which is the one that the cases call with."""


@dataclass
class Cast:
    """Who plays in the contract's cases at the moment; new ones come when these are spent."""

    twins: Twins | None = None
    others: Twins | None = None
    sign_ins: int = 0
    in_story: bool = False

    def change(self) -> None:
        """Let the next case have new people."""
        self.twins, self.sign_ins = None, 0


@dataclass
class ContractCase(Case):
    """One step, played by a cast that it shares with the others."""

    step: Step
    cast: Cast
    number: int = 0
    source: str = field(init=False)

    def __post_init__(self) -> None:
        self.source = f"contract, {self.step.chapter}"

    @property
    def shown(self) -> str:
        """Method and path, ids by their names."""
        return f"{self.step.request.method} {shown_target(self.step.request.target)}"

    def alone(self, token: str | None) -> Request | str:
        """Give the request where it needs nobody, or nobody but whoever holds the operator's credential."""
        request, names = self.step.request, self.step.request.names()
        if self.step.sign_up is not None or names - {"token"}:
            return NEEDS_PEOPLE
        if "token" in names and token is None:
            return NEEDS_TOKEN
        if "token" in names and request.method not in safety.READING:
            # It is refused by the contract; were it not, nobody's data must be what shows it.
            return safety.CHANGES
        return safety.obstacle(request) or request.filled({"token": token or ""})

    def prepare(self, people: People) -> None:
        """Have people there, if the case is about any."""
        if self.step.new_people or (self.cast.in_story and not self.step.story):
            self.cast.change()
        self.cast.in_story = self.step.story
        if self.step.sign_up is None and not self.step.request.names():
            return
        if self.cast.twins is None:
            self.cast.twins = people.twins()
        if self.cast.others is None:
            self.cast.others = people.twins()

    def request(self, people: People, side: int) -> Request:
        """Fill in one version's people."""
        request, twins, others = self.step.request, self.cast.twins, self.cast.others
        if twins is None or others is None:
            return request
        person, other = twins.people[side], others.people[side]
        values = {
            "token": person.token,
            "username": person.username,
            "user": person.user,
            "account": person.account(0),
            "second_account": person.account(1),
            "token_id": person.token_id,
            "other_user": other.user,
            "other_account": other.account(0),
        }
        if "known" in request.names():
            issued = people.guests.pair_tokens(people.providers[0], twins.pair, side)
            values["known"] = issued.get("access_token", issued.get("id_token", ""))
        if self.step.sign_up is not None:
            request = replace(request, body=people.body(self.step.sign_up, self._pair(people, twins, others), side))
        return request.filled(values)

    def _pair(self, people: People, twins: Twins, others: Twins) -> tuple[str, str]:
        sign_up = self.step.sign_up
        assert sign_up is not None  # noqa: S101 - for the type checker
        if sign_up.who == "new":
            if self._new is None:
                self._new = people.guests.pair()
            return self._new
        return others.pair if sign_up.who == "other" else twins.pair

    _new: tuple[str, str] | None = field(default=None, init=False)

    def learn(self, answers: tuple[Answer, Answer]) -> None:
        """See whether the people are still what they were."""
        if self.step.story:
            return
        request = self.step.request
        if any(answer.status == 204 for answer in answers) and request.method == "DELETE":
            self.cast.change()
        elif any(answer.status == 201 for answer in answers):
            self.cast.sign_ins += 1
            if request.header("Authorization") or self.cast.sign_ins >= MOST_SIGN_INS:
                self.cast.change()


def cases(steps: Iterable[Step]) -> Iterator[ContractCase]:
    """Give the steps as cases that share one cast."""
    cast = Cast()
    for step in steps:
        yield ContractCase(step, cast)
