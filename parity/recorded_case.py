"""A case from a recording: the request as it was, with guests of the sandbox in place of its people."""

from dataclasses import dataclass, field, replace
from typing import Any

from parity import safety, stand_ins
from parity.cases import Case
from parity.contract_case import NEEDS_TOKEN
from parity.guests import Pair
from parity.masking import shown_target
from parity.memory import Memory, digest, object_of
from parity.people import People
from parity.recorded_request import RecordedRequest
from parity.requests import OLD, Request
from shared.contract import authorization
from shared.contract.authorization import PresentedToken
from shared.contract.differences import Answer
from shared.contract.endpoints import SIGN_UP, Access, endpoint_at
from shared.contract.errors import InvalidCredentials
from shared.contract.sign_up import ACCESS_TOKEN, ACCESS_TOKEN_SECRET, ID_TOKEN

PERSONA_OF = {
    "token_rejected": "expired",
    "token_audience_mismatch": "foreign",
    "provider_bad_response": "html",
    "provider_unavailable": "error-503",
    "provider_timeout": "hang",
}
"""Who has the same come of it, where the recorded sign-up failed."""
_TOKEN_FIELDS = (ACCESS_TOKEN, ACCESS_TOKEN_SECRET, ID_TOKEN)
UNNAMED = ""
"""The credential that a recorder has taken out: browsers do, unless told otherwise."""


@dataclass
class RecordedCase(Case):
    """One recorded request; `memory` is shared by those of a run."""

    file: str
    recorded: RecordedRequest
    memory: Memory
    number: int = 0
    source: str = field(init=False)
    _pair: Pair | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.source = f"{self.file}, {self.recorded.place}"
        self.obstacle = self.recorded.incomplete
        self._target = self.recorded.below(OLD) or ""
        self._said = object_of(self.recorded.body)
        self._answered = object_of(self.recorded.answer.body if self.recorded.answer else None)

    @property
    def shown(self) -> str:
        """Method and path."""
        return f"{self.recorded.method} {shown_target(self._target)}"

    @property
    def status(self) -> int | None:
        """What was answered at that time."""
        return self.recorded.answer.status if self.recorded.answer else None

    def alone(self, token: str | None) -> Request | str:
        """Give it without the recorded credential, for which the operator's stands where it only reads."""
        request = self._plain(dict.fromkeys((one.name for one in _TOKEN_FIELDS), "xxxxxxxx"))
        if self._credential() is None:
            return safety.obstacle(request) or request
        if request.method in safety.READING:
            if token is None:
                return safety.obstacle(request) or NEEDS_TOKEN
            request = replace(request, headers=(*request.headers, ("Authorization", f"Bearer {token}")))
            return safety.obstacle(request) or request
        endpoint = endpoint_at(request.path)
        if endpoint is not None and request.method in endpoint.methods:
            return safety.CHANGES
        return safety.obstacle(request) or request

    def prepare(self, people: People) -> None:
        """Have the caller there, and the person whom a sign-up is about."""
        presented = self._presented()
        if presented is not None and self.status != 401:
            self.memory.twins_of(presented.token, presented.username, people)
        if self._is_sign_up(people) and self._persona() is None:
            self._pair = self._guests(people, signed_in=presented is not None)

    def request(self, people: People, side: int) -> Request:
        """Give it with what this version has in place of what was recorded."""
        request = self._plain(self._tokens(people, side))
        credential, presented = self._credential(), self._presented()
        path = self.memory.path(request.path, side, presented.token if presented else None, missing=self.status == 404)
        request = replace(request, target=path + request.target[len(request.path) :])
        if credential is None:
            return request
        header = ("Authorization", self._authorization(credential, presented, side))
        return replace(request, headers=(*request.headers, header))

    def learn(self, answers: tuple[Answer, Answer]) -> None:
        """Take the tokens and ids that stand where the recorded ones stood."""
        for side, answer in zip(self.memory.sides, answers, strict=True):
            side.learn(self._answered, object_of(answer.body))

    def _plain(self, tokens: dict[str, str]) -> Request:
        path, mark, query = self._target.partition("?")
        path = stand_ins.path(path)
        body = None if self.recorded.body is None else stand_ins.body(self.recorded.body, tokens)
        chunked = "chunked" in (self.recorded.header("Transfer-Encoding") or "").lower()
        headers = stand_ins.headers(self.recorded.headers)
        target = path + mark + stand_ins.query(query) if mark else path
        return Request(self.recorded.method, target, headers, body, chunked)

    def _credential(self) -> str | None:
        """Give the recorded Authorization; an empty one where the answer shows that there was one."""
        header = self.recorded.header("Authorization")
        if header is not None:
            return header
        endpoint = endpoint_at(self._target.partition("?")[0])
        needed = endpoint is not None and endpoint.access is Access.REQUIRED and self.recorded.method != "OPTIONS"
        return UNNAMED if needed and self.status in {200, 204, 404, 409} else None

    def _presented(self) -> PresentedToken | None:
        credential = self._credential()
        if credential is None:
            return None
        if credential == UNNAMED and self.recorded.header("Authorization") is None:
            return PresentedToken(UNNAMED, None)
        try:
            return authorization.parse(credential)
        except InvalidCredentials:
            return None

    def _authorization(self, credential: str, presented: PresentedToken | None, side: int) -> str:
        own = self.memory.sides[side]
        if presented is None or presented.token not in own.tokens:
            return stand_ins.authorization(credential)
        token = own.tokens[presented.token]
        if presented.username is None:
            return f"{credential.partition(' ')[0] or 'Bearer'} {token}"
        return f"ApiKey {own.names.get(presented.username, stand_ins.stand_in(presented.username))}:{token}"

    def _is_sign_up(self, people: People) -> bool:
        at_sign_up = endpoint_at(self._target.partition("?")[0]) is SIGN_UP and self.recorded.method == "POST"
        return at_sign_up and self._said.get("provider") in people.providers

    def _persona(self) -> str | None:
        return PERSONA_OF.get(str(self._answered.get("code"))) if self.status != 201 else None

    def _guests(self, people: People, *, signed_in: bool) -> Pair:
        """Give whom the recorded token was of: the same two for the same token, or for the same recorded user."""
        provider = str(self._said["provider"])
        by_token = provider, digest(str(self._said.get("id_token") or self._said.get("access_token")))
        by_user = provider, f"user {self._answered.get('id')}"
        known = self.memory.guests.get(by_token)
        if known is None and self.status == 201 and self._answered.get("outcome") != "linked":
            known = self.memory.guests.get(by_user)
        pair = known or people.guests.pair()
        self.memory.guests[by_token] = pair
        if self.status == 201:
            self.memory.guests[by_user] = pair
        if known is None and not signed_in and self._answered.get("outcome") == "signed_in":
            people.introduce(pair, provider)
        return pair

    def _tokens(self, people: People, side: int) -> dict[str, str]:
        """Give what stands in place of the provider's tokens; a fault of the recorded ones stays one."""
        given = {one.name: self._said[one.name] for one in _TOKEN_FIELDS if isinstance(self._said.get(one.name), str)}
        found = {name: stand_ins.stand_in(value) for name, value in given.items()}
        if not self._is_sign_up(people):
            return found
        issued = self._issued(people, side)
        sound: dict[str, Any] = {
            one.name: one.fault(given[one.name]) is None for one in _TOKEN_FIELDS if one.name in given
        }
        return {name: issued.get(name, found[name]) if sound[name] else found[name] for name in found}

    def _issued(self, people: People, side: int) -> dict[str, Any]:
        provider, nonce = str(self._said["provider"]), self._said.get("nonce")
        nonce = nonce if isinstance(nonce, str) and "id_token" in self._said else None
        persona = self._persona()
        if persona is not None:
            return people.guests.tokens(provider, persona, nonce)
        assert self._pair is not None  # noqa: S101 - `prepare` has found it
        return people.guests.pair_tokens(provider, self._pair, side, nonce)
