"""A case of the contract's own: a step filled in for each version with the values of that version's users."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from parity.comparison import Case
from parity.contract import Step
from parity.redaction import shown_target
from parity.requests import CHANGES, SAFE_METHODS, Request, obstacle
from parity.synthetic_users import Pair, SyntheticUsers, UserPair
from shared.contract.differences import Answer

NEEDS_USERS = "it needs users of the sandbox (--sandbox)"
NEEDS_TOKEN = "it needs a credential (--token)"  # noqa: S105 - a sentence
MAX_SIGN_INS = 25
"""Sign-ins of one user: beyond TOKENS_PER_USER the oldest token is revoked, which is the one that the cases use."""


@dataclass
class CurrentUsers:
    """The users of the current case; the next case may keep them."""

    callers: UserPair | None = None
    others: UserPair | None = None
    sign_ins: int = 0
    in_story: bool = False

    def discard(self) -> None:
        """Discard the callers, so that the next case signs up new ones."""
        self.callers, self.sign_ins = None, 0


@dataclass
class ContractCase(Case):
    """One step; `current` is shared by the cases of a run."""

    step: Step
    current: CurrentUsers
    number: int = 0
    source: str = field(init=False)
    _new: Pair | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.source = f"contract, {self.step.chapter}"

    @property
    def shown(self) -> str:
        """Method and path, with placeholders for ids."""
        return f"{self.step.request.method} {shown_target(self.step.request.target)}"

    def without_users(self, token: str | None) -> Request | str:
        """Return the request if it needs no user, or only the holder of the operator's credential."""
        request, placeholders = self.step.request, self.step.request.placeholders()
        if self.step.sign_up is not None or placeholders - {"token"}:
            return NEEDS_USERS
        if "token" in placeholders and token is None:
            return NEEDS_TOKEN
        if "token" in placeholders and request.method not in SAFE_METHODS:
            # Never send this with a real token: the contract refuses it, but a bug would change real data.
            return CHANGES
        return obstacle(request) or request.filled({"token": token or ""})

    def prepare(self, users: SyntheticUsers) -> None:
        """Sign up the users that the case needs, unless there are some already."""
        if self.step.new_users or (self.current.in_story and not self.step.story):
            self.current.discard()
        self.current.in_story = self.step.story
        if self.step.sign_up is None and not self.step.request.placeholders():
            return
        if self.current.callers is None:
            self.current.callers = users.sign_up_pair()
        if self.current.others is None:
            self.current.others = users.sign_up_pair()

    def request(self, users: SyntheticUsers, side: int) -> Request:
        """Return the request with the values of one version's users."""
        request, callers, others = self.step.request, self.current.callers, self.current.others
        if callers is None or others is None:
            return request
        caller, other = callers.users[side], others.users[side]
        placeholders = request.placeholders()
        values = {
            "token": caller.token,
            "username": caller.username,
            "user": caller.id,
            "account": caller.account(0),
            "second_account": caller.account(1),
            "token_id": caller.token_id,
            "other_user": other.id,
            "other_account": other.account(0),
        }
        if "known" in placeholders:
            issued = users.accounts.pair_tokens(users.providers[0], callers.accounts, side)
            values["known"] = issued.get("access_token", issued.get("id_token", ""))
        if self.step.sign_up is not None:
            pair = self._pair(self.step.sign_up.who, users, callers, others)
            request = replace(request, body=users.body(self.step.sign_up, pair, side))
        return request.filled(values)

    def learn(self, answers: tuple[Answer, Answer]) -> None:
        """Discard the users if the case has changed them."""
        if self.step.story:
            return
        request = self.step.request
        if any(answer.status == 204 for answer in answers) and request.method == "DELETE":
            self.current.discard()
        elif any(answer.status == 201 for answer in answers):
            self.current.sign_ins += 1
            if request.header("Authorization") or self.current.sign_ins >= MAX_SIGN_INS:
                self.current.discard()

    def _pair(self, who: str, users: SyntheticUsers, callers: UserPair, others: UserPair) -> Pair:
        if who == "new":
            self._new = self._new or users.accounts.pair()
            return self._new
        return others.accounts if who == "other" else callers.accounts


def cases(steps: Iterable[Step]) -> Iterator[ContractCase]:
    """Yield the steps as cases that share their users."""
    current = CurrentUsers()
    for step in steps:
        yield ContractCase(step, current)
