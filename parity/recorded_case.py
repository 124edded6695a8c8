"""A case from a recording: the request as recorded, with synthetic users in place of the recorded ones."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from parity import redaction
from parity.comparison import Case
from parity.contract_case import NEEDS_TOKEN
from parity.recordings import RecordedRequest
from parity.requests import CHANGES, SAFE_METHODS, Request, obstacle, own_endpoint
from parity.synthetic_users import NO_ROW, Pair, SyntheticUsers, UserPair
from shared.contract import authorization
from shared.contract.authorization import PresentedToken
from shared.contract.declarations import SIGN_UP
from shared.contract.differences import Answer
from shared.contract.errors import InvalidCredentials
from shared.contract.resources import Access
from shared.contract.sign_up import ACCESS_TOKEN, ACCESS_TOKEN_SECRET, ID_TOKEN

PERSONA_OF = {
    "token_rejected": "expired",
    "token_audience_mismatch": "foreign",
    "provider_bad_response": "html",
    "provider_unavailable": "error-503",
    "provider_timeout": "hang",
}
"""The persona of the sandbox whose sign-up fails with a recorded error code."""
REMOVED = ""
"""The credential that a recorder removed; browsers do so by default."""
_TOKEN_FIELDS = (ACCESS_TOKEN, ACCESS_TOKEN_SECRET, ID_TOKEN)
_PATH = re.compile(r"(?P<resource>user|social_account|token)/(?P<id>[0-9]+|[0-9A-Fa-f-]{36})(?P<end>/?)")
_URI = re.compile(r"/(?P<resource>user|social_account|token)/(?P<id>[^/]+)/\Z")


@dataclass(slots=True)
class Counterparts:
    """One version's tokens, usernames and ids, by those of the recording."""

    tokens: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def learn(self, recorded: Any, answered: Any) -> None:
        """Store the values at the same places of the recorded answer and of this version's answer."""
        for old, new in _objects(recorded, answered):
            uri = _URI.search(str(old.get("resource_uri", "")))
            if uri is not None and "id" in new:
                self.ids[uri["resource"], uri["id"]] = str(new["id"])
            if isinstance(old.get("token"), str) and isinstance(new.get("token"), str):
                self.tokens[old["token"]] = new["token"]
            if isinstance(old.get("username"), str) and isinstance(new.get("username"), str):
                self.names[old["username"]] = new["username"]


@dataclass(slots=True)
class Replay:
    """The counterparts of both versions, and the synthetic users that stand for the recorded ones.

    Attributes:
        user_pairs: By the recorded token, or REMOVED.
        accounts: By the provider and a digest of the provider token, or the recorded user's id.
    """

    sides: tuple[Counterparts, Counterparts] = field(default_factory=lambda: (Counterparts(), Counterparts()))
    user_pairs: dict[str, UserPair] = field(default_factory=dict)
    accounts: dict[tuple[str, str], Pair] = field(default_factory=dict)

    def sign_up_holder(self, token: str, username: str | None, users: SyntheticUsers) -> None:
        """Sign up users for the holder of a recorded token that was issued before the recording began."""
        if token in self.sides[0].tokens:
            return
        pair = self.user_pairs[token] = users.sign_up_pair()
        for side, user in zip(self.sides, pair.users, strict=True):
            side.tokens[token] = user.token
            if username is not None:
                side.names.setdefault(username, user.username)

    def path(self, path: str, side: int, token: str | None, *, missing: bool) -> str:
        """Return a path with this version's id in place of the recorded one.

        :param token: the recorded access token of the call.
        :param missing: the recorded answer was 404.
        """
        match = _PATH.fullmatch(path)
        if match is None or token is None:
            return path
        key = match["resource"], match["id"]
        found = self.sides[side].ids.get(key)
        if found is None:
            found = NO_ROW if missing else self._own_id(key, side, token)
            self.sides[side].ids[key] = found
        return f"{match['resource']}/{found}{match['end']}"

    def _own_id(self, key: tuple[str, str], side: int, token: str) -> str:
        """Return one of the caller's ids that has no recorded counterpart yet: the recording does not say which."""
        pair = self.user_pairs.get(token)
        if pair is None:
            return NO_ROW
        user = pair.users[side]
        own = {"user": (user.id,), "token": (user.token_id,)}.get(key[0], user.accounts)
        taken = {found for (resource, _), found in self.sides[side].ids.items() if resource == key[0]}
        return next((one for one in own if one not in taken), NO_ROW)


@dataclass
class RecordedCase(Case):
    """One recorded request; `target` is its path and query below the prefix.

    `replay` is shared by the cases of a run.
    """

    file: str
    recorded: RecordedRequest
    target: str
    replay: Replay
    number: int = 0
    source: str = field(init=False)
    _pair: Pair | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.source = f"{self.file}, {self.recorded.place}"
        self.obstacle = self.recorded.incomplete
        self._fields = _object_of(self.recorded.body)
        self._answered = _object_of(self.recorded.answer.body if self.recorded.answer else None)

    @property
    def shown(self) -> str:
        """Method and path."""
        return f"{self.recorded.method} {redaction.shown_target(self.target)}"

    @property
    def status(self) -> int | None:
        """The recorded status."""
        return self.recorded.answer.status if self.recorded.answer else None

    def without_users(self, token: str | None) -> Request | str:
        """Return the request without its credential; if it only reads, with the operator's."""
        request = self._redacted(dict.fromkeys((one.name for one in _TOKEN_FIELDS), "xxxxxxxx"))
        if self._credential() is None:
            return obstacle(request) or request
        if request.method in SAFE_METHODS:
            if token is None:
                return obstacle(request) or NEEDS_TOKEN
            request = replace(request, headers=(*request.headers, ("Authorization", f"Bearer {token}")))
            return obstacle(request) or request
        endpoint = own_endpoint(request.path)
        if endpoint is not None and request.method in endpoint.methods:
            return CHANGES
        return obstacle(request) or request

    def prepare(self, users: SyntheticUsers) -> None:
        """Sign up the caller, and find the accounts of a sign-up."""
        presented = self._presented()
        if presented is not None and self.status != 401:
            self.replay.sign_up_holder(presented.token, presented.username, users)
        if self._is_sign_up(users) and self._persona() is None:
            self._pair = self._accounts(users, signed_in=presented is not None)

    def request(self, users: SyntheticUsers, side: int) -> Request:
        """Return the request with this version's values in place of the recorded ones."""
        request = self._redacted(self._tokens(users, side))
        credential, presented = self._credential(), self._presented()
        path = self.replay.path(request.path, side, presented.token if presented else None, missing=self.status == 404)
        request = replace(request, target=path + request.target[len(request.path) :])
        if credential is None:
            return request
        header = ("Authorization", self._authorization(credential, presented, side))
        return replace(request, headers=(*request.headers, header))

    def learn(self, answers: tuple[Answer, Answer]) -> None:
        """Store the tokens and ids at the places of the recorded ones."""
        for side, answer in zip(self.replay.sides, answers, strict=True):
            side.learn(self._answered, _object_of(answer.body))

    def _redacted(self, tokens: dict[str, str]) -> Request:
        path, mark, query = self.target.partition("?")
        path = redaction.safe_path(path)
        body = None if self.recorded.body is None else redaction.safe_body(self.recorded.body, tokens)
        chunked = "chunked" in (self.recorded.header("Transfer-Encoding") or "").lower()
        headers = redaction.safe_headers(self.recorded.headers)
        target = path + mark + redaction.safe_query(query) if mark else path
        return Request(self.recorded.method, target, headers, body, chunked)

    def _credential(self) -> str | None:
        """Return the recorded Authorization, or REMOVED if the answer shows that there was one."""
        header = self.recorded.header("Authorization")
        if header is not None:
            return header
        endpoint = own_endpoint(self.target.partition("?")[0])
        operation = endpoint.operation(self.recorded.method) if endpoint else None
        needed = operation is not None and operation.access is Access.REQUIRED
        return REMOVED if needed and self.status in {200, 204, 404, 409} else None

    def _presented(self) -> PresentedToken | None:
        credential = self._credential()
        if credential is None:
            return None
        if credential == REMOVED and self.recorded.header("Authorization") is None:
            return PresentedToken(REMOVED, None)
        try:
            return authorization.parse(credential)
        except InvalidCredentials:
            return None

    def _authorization(self, credential: str, presented: PresentedToken | None, side: int) -> str:
        own = self.replay.sides[side]
        if presented is None or presented.token not in own.tokens:
            return redaction.safe_authorization(credential)
        token = own.tokens[presented.token]
        if presented.username is None:
            return f"{credential.partition(' ')[0] or 'Bearer'} {token}"
        return f"ApiKey {own.names.get(presented.username, redaction.placeholder(presented.username))}:{token}"

    def _is_sign_up(self, users: SyntheticUsers) -> bool:
        at_sign_up = own_endpoint(self.target.partition("?")[0]) is SIGN_UP and self.recorded.method == "POST"
        return at_sign_up and self._fields.get("provider") in users.providers

    def _persona(self) -> str | None:
        return PERSONA_OF.get(str(self._answered.get("code"))) if self.status != 201 else None

    def _accounts(self, users: SyntheticUsers, *, signed_in: bool) -> Pair:
        """Return the accounts for the recorded provider token: the same for the same token or recorded user."""
        provider = str(self._fields["provider"])
        by_token = provider, _digest(str(self._fields.get("id_token") or self._fields.get("access_token")))
        by_user = provider, f"user {self._answered.get('id')}"
        known = self.replay.accounts.get(by_token)
        if known is None and self.status == 201 and self._answered.get("outcome") != "linked":
            known = self.replay.accounts.get(by_user)
        pair = known or users.accounts.pair()
        self.replay.accounts[by_token] = pair
        if self.status == 201:
            self.replay.accounts[by_user] = pair
        if known is None and not signed_in and self._answered.get("outcome") == "signed_in":
            users.sign_up_once(pair, provider)
        return pair

    def _tokens(self, users: SyntheticUsers, side: int) -> dict[str, str]:
        """Return the provider tokens to send; in place of a malformed one, a placeholder that is malformed too."""
        recorded = {
            one.name: self._fields[one.name] for one in _TOKEN_FIELDS if isinstance(self._fields.get(one.name), str)
        }
        placeholders = {name: redaction.placeholder(value) for name, value in recorded.items()}
        if not self._is_sign_up(users):
            return placeholders
        issued = self._issued(users, side)
        valid: dict[str, bool] = {
            one.name: one.fault(recorded[one.name]) is None for one in _TOKEN_FIELDS if one.name in recorded
        }
        return {name: issued.get(name, text) if valid[name] else text for name, text in placeholders.items()}

    def _issued(self, users: SyntheticUsers, side: int) -> dict[str, Any]:
        provider, nonce = str(self._fields["provider"]), self._fields.get("nonce")
        nonce = nonce if isinstance(nonce, str) and "id_token" in self._fields else None
        persona = self._persona()
        if persona is not None:
            return users.accounts.tokens(provider, persona, nonce)
        assert self._pair is not None  # noqa: S101 - `prepare` has set it
        return users.accounts.pair_tokens(provider, self._pair, side, nonce)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _object_of(body: bytes | None) -> dict[str, Any]:
    """Return the JSON object in a body; an empty one if there is none."""
    try:
        value = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _objects(old: Any, new: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the objects at the same places of two answers: the answer itself, or the elements of a list."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield old, new
        yield from _objects(old.get("objects"), new.get("objects"))
    elif isinstance(old, list) and isinstance(new, list):
        for one, other in zip(old, new, strict=False):
            yield from _objects(one, other)
