"""The base class of the providers."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from sandbox import tokens
from sandbox.faults import Call, FaultContext, fault_for
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import RIPLEY, Account, Persona, account_of
from sandbox.tokens import Grant

if TYPE_CHECKING:
    from sandbox.providers.oauth2 import OAuth2Provider


class Reason(Enum):
    """The reason why a provider refuses a token."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNREGISTERED = "unregistered"


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path of a provider, with its view; groups of the path are arguments."""

    method: str
    path: str
    view: Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class ErrorFormat:
    """How an API reports errors: its answers to invalid tokens, and a reply with a status and a message."""

    refusals: Mapping[Reason, Reply]
    error: Callable[[int, str], Reply]


class Provider(ABC):
    """A provider with the endpoints that the service calls.

    Attributes:
        name: Its name in social-core.
        hosts: By origin, the path below `/<name>` that stands for it.
        issuer: The issuer of its id_tokens, if it issues them.
        sees_registration: The calls in which the service authenticates as an application.
        checks_user: Whether its audience check names the user.
        refusals: Its answers to invalid tokens.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    hosts: ClassVar[Mapping[str, str]]
    issuer: ClassVar[str | None] = None
    issues_access_token: ClassVar[bool] = True
    issues_token_secret: ClassVar[bool] = False
    sees_registration: ClassVar[frozenset[Call]] = frozenset()
    checks_user: ClassVar[bool] = False
    refusals: ClassVar[Mapping[Call, Mapping[Reason, Reply]]]

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """Return its routes."""

    @abstractmethod
    def user_id(self, number: int) -> int | str:
        """Return the user id of the persona with this number."""

    @abstractmethod
    def error(self, status: int, message: str) -> Reply:
        """Return a reply in its error format."""

    @property
    @abstractmethod
    def oauth2(self) -> "OAuth2Provider":
        """Return the provider whose authorization and token endpoints stand for this one's."""

    def claims(self, account: Account) -> Mapping[str, object]:
        """Return the claims of its id_tokens about an account."""
        return {"sub": account.id}

    def respond(self, request: Request) -> Answer:
        """Return the answer to a request."""
        for route in (*self.routes(), self.oauth2.token_route()):
            match = re.fullmatch(route.path, request.path)
            if match and route.method == request.method:
                return route.view(request, *match.groups())
        return json_reply({"error": "The sandbox has nothing at this path."}, 404)

    def answer_for_token(
        self,
        request: Request,
        call: Call,
        token: str | None,
        normal: Callable[[Grant], Reply],
        errors: ErrorFormat | None = None,
    ) -> Answer:
        """Return the reply for a token's grant, a refusal if the token is invalid, or the fault of its persona.

        Args:
            request: The request.
            call: Its purpose.
            token: The token in the request.
            normal: Returns the reply for a valid token.
            errors: The format of errors, if it is not the provider's usual one.
        """
        errors = errors or ErrorFormat(self.refusals[call], self.error)
        grant = tokens.read(token or "", self.name)
        if grant is None:
            return errors.refusals[Reason.UNKNOWN]

        def reply() -> Reply:
            reason = self._reason_to_refuse(grant, call)
            return normal(grant) if reason is None else errors.refusals[reason]

        fault = fault_for(grant.persona.name, call)
        return reply() if fault is None else fault(FaultContext(reply, errors.error, request.server))

    def account(self, persona: Persona) -> Account:
        """Return the persona's account at this provider."""
        return account_of(persona, self.user_id(persona.number))

    def profile_account(self, grant: Grant) -> Account:
        """Return the account in the profile, which is another than the grant's for the persona `mismatch`."""
        mismatched = self.checks_user and grant.persona.name == "mismatch"
        return self.account(RIPLEY if mismatched else grant.persona)

    def _reason_to_refuse(self, grant: Grant, call: Call) -> Reason | None:
        if grant.persona.name == "expired" or grant.expires_in <= 0:
            return Reason.EXPIRED
        if grant.persona.name == "revoked":
            return Reason.REVOKED
        if grant.persona.name == "unregistered" and call in self.sees_registration:
            return Reason.UNREGISTERED
        return None
