"""Synthetic users: pairs of unused sandbox accounts, of which one is signed up on each version."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from parity.deployment import Deployment, UnansweredError, json_of
from parity.requests import Request, SignUp
from shared.contract.declarations import PROVIDERS, SIGN_UP, SOCIAL_ACCOUNTS, TOKENS
from shared.contract.differences import Answer
from shared.http.redaction import exception_name

NO_ROW = "999999999"
"""An id that no row has."""

Pair = tuple[str, str]
"""Numbers of two accounts of the sandbox, the older version's and the newer one's, alike except for the number."""


class SandboxAccounts:
    """Accounts of the sandbox that no user is linked to yet, and the values in which those of a pair differ."""

    def __init__(self, sandbox: str, *, timeout: float) -> None:
        """Store the sandbox's URL.

        :param timeout: seconds to wait for an answer.
        """
        self._sandbox = sandbox.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        # The sandbox is on this machine: proxies and passwords of the environment are not meant for it.
        self._session.trust_env = False
        self._next = 10**9 + secrets.randbelow(8 * 10**9)
        self._counterparts: dict[int, dict[bytes, bytes]] = {}
        self._known_ids: set[tuple[str, Pair]] = set()
        self.providers: frozenset[str] = frozenset()

    def connect(self) -> None:
        """Read which providers the sandbox has.

        :raises UnansweredError: there is no sandbox.
        """
        listed = self._ask("GET", "/personas").get("providers")
        self.providers = frozenset(one["name"] for one in listed) if isinstance(listed, list) else frozenset()

    def pair(self) -> Pair:
        """Return two accounts that were not used before."""
        numbers = str(self._next), str(self._next + 1)
        self._next += 2
        self._add_counterpart(*numbers)
        return numbers

    def tokens(self, provider: str, persona: str, nonce: str | None = None) -> dict[str, Any]:
        """Return the tokens that a provider issues for a persona."""
        asked = {"persona": persona} if nonce is None else {"persona": persona, "nonce": nonce}
        return self._ask("POST", f"/{provider}/token", asked)

    def pair_tokens(self, provider: str, pair: Pair, side: int, nonce: str | None = None) -> dict[str, Any]:
        """Return the tokens of one account of a pair; from then on `with_newer_ids` replaces its id there."""
        if (provider, pair) not in self._known_ids:
            ids = [str(self._ask("GET", f"/{provider}/account?persona=guest-{number}").get("id")) for number in pair]
            self._add_counterpart(*ids)
            self._known_ids.add((provider, pair))
        return self.tokens(provider, f"guest-{pair[side]}", nonce)

    def with_newer_ids(self, body: bytes) -> bytes:
        """Return a body of the older version with numbers and ids of its accounts replaced by their counterparts."""
        # The longest first: some ids contain the number.
        for length in sorted(self._counterparts, reverse=True):
            for old, new in self._counterparts[length].items():
                if old in body:
                    body = body.replace(old, new)
        return body

    def _add_counterpart(self, old: str, new: str) -> None:
        self._counterparts.setdefault(len(old), {})[old.encode()] = new.encode()

    def _ask(self, method: str, path: str, json: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            answer = self._session.request(
                method, self._sandbox + path, json=json, timeout=self._timeout, allow_redirects=False
            )
            body = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError) as error:
            raise UnansweredError(
                f"The sandbox at {self._sandbox} does not answer ({exception_name(error)})."
            ) from None
        if not isinstance(body, dict):
            raise UnansweredError(f"What answers at {self._sandbox} is no sandbox (status {answer.status_code}).")
        return body


@dataclass(frozen=True, slots=True)
class User:
    """A user of the deployment, with the token that one version issued."""

    token: str
    username: str
    id: str
    accounts: tuple[str, ...]
    token_id: str

    def account(self, number: int) -> str:
        """Return the id of one of the linked accounts, or NO_ROW if there are fewer."""
        return self.accounts[number] if number < len(self.accounts) else NO_ROW


@dataclass(frozen=True, slots=True)
class UserPair:
    """One user for each version, made of the two accounts of a pair."""

    accounts: Pair
    users: tuple[User, User]


class SyntheticUsers:
    """Signs synthetic users up: a pair of users for each person, one on each version."""

    def __init__(self, deployment: Deployment, accounts: SandboxAccounts) -> None:
        """Set the deployment on which to sign up users, and the accounts to use."""
        self._deployment = deployment
        self.accounts = accounts
        self.providers: tuple[str, ...] = ()

    @classmethod
    def connect(cls, deployment: Deployment, sandbox: str, *, timeout: float) -> "SyntheticUsers":
        """Return the synthetic users of a deployment and its sandbox, after a first pair was signed up.

        :param timeout: seconds to wait for an answer of the sandbox.
        :raises UnansweredError: the deployment does not use this sandbox.
        """
        users = cls(deployment, SandboxAccounts(sandbox, timeout=timeout))
        users._find_providers()
        users.sign_up_pair()
        return users

    def sign_up_pair(self) -> UserPair:
        """Sign two users up, one on each version, with accounts of up to two providers linked.

        :raises UnansweredError: a sign-up failed.
        """
        pair = self.accounts.pair()
        return UserPair(pair, (self._user(pair, 0), self._user(pair, 1)))

    def sign_up_once(self, pair: Pair, provider: str) -> None:
        """Sign the accounts of a pair up, each on its version, as users that are known before a recording begins.

        :raises UnansweredError: a sign-up failed.
        """
        for side in (0, 1):
            self._sign_up(pair, side, provider)

    def body(self, sign_up: SignUp, pair: Pair, side: int) -> bytes:
        """Return the body of a sign-up by one account of a pair, or by a persona of the sandbox."""
        nonce = sign_up.fields.get("nonce") if sign_up.by_id_token else None
        if sign_up.who in {"self", "other", "new"}:
            issued = self.accounts.pair_tokens(sign_up.provider, pair, side, nonce)
        else:
            issued = self.accounts.tokens(sign_up.provider, sign_up.who, nonce)
        if sign_up.by_id_token:
            issued = {name: value for name, value in issued.items() if name == "id_token"}
        elif "access_token" in issued:
            issued.pop("id_token", None)
        return json.dumps({"provider": sign_up.provider, **issued, **sign_up.fields}).encode()

    def with_newer_ids(self, answer: Answer) -> Answer:
        """Return an answer of the older version as if its accounts were the newer version's."""
        body = self.accounts.with_newer_ids(answer.body)
        headers = tuple(
            (name, str(len(body)))
            if name.lower() == "content-length" and value == str(len(answer.body))
            else (name, value)
            for name, value in answer.headers
        )
        return Answer(answer.prefix, answer.status, headers, body)

    def _find_providers(self) -> None:
        """Find the providers that the deployment has enabled and the sandbox has."""
        self.accounts.connect()
        listed = self._ask(1, Request("GET", PROVIDERS.uri("") + "?limit=100"), 200)
        enabled = [one["name"] for one in listed["objects"]]
        self.providers = tuple(name for name in enabled if name in self.accounts.providers)
        if not self.providers:
            raise UnansweredError("The deployment has enabled no provider of the sandbox.")

    def _user(self, pair: Pair, side: int) -> User:
        first, *more = self.providers[:2]
        body = self._sign_up(pair, side, first)
        token = str(body["token"])
        for provider in more:
            self._sign_up(pair, side, provider, token)
        accounts, tokens = (self._list(side, path, token) for path in (SOCIAL_ACCOUNTS.uri(""), TOKENS.uri("")))
        return User(
            token=token,
            username=str(body["username"]),
            id=str(body["id"]),
            accounts=tuple(str(one["id"]) for one in accounts),
            token_id=next((str(one["id"]) for one in tokens if one.get("current")), NO_ROW),
        )

    def _sign_up(self, pair: Pair, side: int, provider: str, token: str | None = None) -> dict[str, Any]:
        body = self.body(SignUp(provider, "self"), pair, side)
        headers = (("Content-Type", "application/json"), *_authorization(token))
        return self._ask(side, Request("POST", SIGN_UP.uri(""), headers, body), 201)

    def _list(self, side: int, path: str, token: str) -> list[dict[str, Any]]:
        listed = self._ask(side, Request("GET", path + "?limit=100", _authorization(token)), 200)["objects"]
        return [one for one in listed if isinstance(one, dict)]

    def _ask(self, side: int, request: Request, status: int) -> dict[str, Any]:
        version = self._deployment.versions[side]
        answer = self._deployment.send(version, request)
        body = json_of(answer)
        if answer.status != status or not isinstance(body, dict):
            code = body.get("code", "") if isinstance(body, dict) else ""
            failed = f"{request.method} {request.path} of {version} answers {answer.status} {code}".rstrip()
            raise UnansweredError(f"The synthetic users could not be signed up: {failed}.")
        return body


def _authorization(token: str | None) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {token}"),) if token else ()
