"""What every provider does alike; a provider's own file holds only what is its own."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from sandbox import tokens
from sandbox.faults import Call, Occasion, misbehaviour_of
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import RIPLEY, Account, Persona, account_of
from sandbox.tokens import Grant


class Reason(Enum):
    """Why a provider refuses a token."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNREGISTERED = "unregistered"


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path of a provider, and what answers there; groups of the path are arguments."""

    method: str
    path: str
    answer: Callable[..., Answer]


class Provider(ABC):
    """A provider as social-core calls it.

    Attributes:
        name: social-core's name of it.
        hosts: Its origins, and the path below `/<name>` that each is reached at.
        issuer: The issuer of its id_tokens, where it gives them.
        sees_registration: The calls in which the service presents its own registration.
        checks_user: Whether its audience check names the user.
        refusals: Its answers to a token that is no good.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    hosts: ClassVar[Mapping[str, str]]
    issuer: ClassVar[str | None] = None
    gives_access_token: ClassVar[bool] = True
    gives_token_secret: ClassVar[bool] = False
    sees_registration: ClassVar[frozenset[Call]] = frozenset()
    checks_user: ClassVar[bool] = False
    refusals: ClassVar[Mapping[Call, Mapping[Reason, Reply]]]

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """What it serves."""

    @abstractmethod
    def own_id(self, number: int) -> int | str:
        """The id it gives to the persona of this number."""

    @abstractmethod
    def error(self, status: int, message: str) -> Reply:
        """Its way to report whatever else goes wrong."""

    def claims(self, account: Account) -> Mapping[str, object]:
        """What its id_tokens say of an account."""
        return {"sub": account.id}

    def respond(self, request: Request) -> Answer:
        """Answer one of its calls."""
        for route in self.routes():
            match = re.fullmatch(route.path, request.path)
            if match and route.method == request.method:
                return route.answer(request, *match.groups())
        return json_reply({"error": "The sandbox has nothing at this path."}, 404)

    def attend(self, request: Request, call: Call, token: str | None, honest: Callable[[Grant], Reply]) -> Answer:
        """Answer for the holder of a token, unless it is no good or its persona misbehaves."""
        grant = tokens.read(token or "", self.name)
        if grant is None:
            return self.refusals[call][Reason.UNKNOWN]
        misbehaviour = misbehaviour_of(grant.persona.name, call)
        if misbehaviour is None:
            return self._honest(grant, call, honest)
        return misbehaviour(Occasion(lambda: self._honest(grant, call, honest), self.error, request.server))

    def account(self, persona: Persona) -> Account:
        """The persona's account here."""
        return account_of(persona, self.own_id(persona.number))

    def profiled(self, grant: Grant) -> Account:
        """The account that the profile shows to the holder of a token."""
        mismatched = self.checks_user and grant.persona.name == "mismatch"
        return self.account(RIPLEY if mismatched else grant.persona)

    def _honest(self, grant: Grant, call: Call, honest: Callable[[Grant], Reply]) -> Reply:
        reason = self._reason_to_refuse(grant, call)
        return honest(grant) if reason is None else self.refusals[call][reason]

    def _reason_to_refuse(self, grant: Grant, call: Call) -> Reason | None:
        if grant.persona.name == "expired" or grant.expires_in <= 0:
            return Reason.EXPIRED
        if grant.persona.name == "revoked":
            return Reason.REVOKED
        if grant.persona.name == "unregistered" and call in self.sees_registration:
            return Reason.UNREGISTERED
        return None
