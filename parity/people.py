"""Who speaks in a run: a user of each version's own, made by signing up guests of the sandbox."""

import json
from dataclasses import dataclass
from typing import Any

from parity.deployment import Deployment, UnansweredError, json_of
from parity.guests import Guests, Pair
from parity.requests import Request, SignUp
from shared.contract.differences import Answer
from shared.contract.endpoints import PROVIDERS, SIGN_UP, SOCIAL_ACCOUNTS, TOKENS

NOBODYS = "999999999"
"""An id that no row has."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the deployment, as one version knows it."""

    token: str
    username: str
    user: str
    accounts: tuple[str, ...]
    token_id: str

    def account(self, number: int) -> str:
        """Give the id of one of the linked accounts; nobody's where there are fewer."""
        return self.accounts[number] if number < len(self.accounts) else NOBODYS


@dataclass(frozen=True, slots=True)
class Twins:
    """One person for each version, guests of one pair."""

    pair: Pair
    people: tuple[Person, Person]


class People:
    """Signs people up, on each version its own."""

    def __init__(self, deployment: Deployment, versions: tuple[str, str], guests: Guests) -> None:
        """Take where, the versions' prefixes (the older one first), and who."""
        self._deployment = deployment
        self._versions = versions
        self.guests = guests
        self.providers: tuple[str, ...] = ()

    def open(self) -> None:
        """Find the providers that the deployment has enabled and the sandbox plays.

        :raises UnansweredError: there are none.
        """
        self.guests.open()
        listed = self._ask(1, Request("GET", PROVIDERS.uri("") + "?limit=100"), 200)
        enabled = [one["name"] for one in listed["objects"]]
        self.providers = tuple(name for name in enabled if name in self.guests.providers)
        if not self.providers:
            raise UnansweredError("The deployment has enabled no provider that the sandbox plays.")

    def twins(self) -> Twins:
        """Sign two guests up, one on each version, with as many linked accounts as two.

        :raises UnansweredError: somebody could not be signed up.
        """
        pair = self.guests.pair()
        return Twins(pair, (self._person(pair, 0), self._person(pair, 1)))

    def introduce(self, pair: Pair, provider: str) -> None:
        """Sign two guests up who were known before a recording began.

        :raises UnansweredError: somebody could not be signed up.
        """
        for side in (0, 1):
            self._sign_up(pair, side, provider)

    def body(self, sign_up: SignUp, pair: Pair, side: int) -> bytes:
        """Give the body of a sign-up: of one of a pair, or of a persona of the sandbox."""
        nonce = sign_up.fields.get("nonce") if sign_up.by_id_token else None
        if sign_up.who in {"self", "other", "new"}:
            issued = self.guests.pair_tokens(sign_up.provider, pair, side, nonce)
        else:
            issued = self.guests.tokens(sign_up.provider, sign_up.who, nonce)
        if sign_up.by_id_token:
            issued = {name: value for name, value in issued.items() if name == "id_token"}
        elif "access_token" in issued:
            issued.pop("id_token", None)
        return json.dumps({"provider": sign_up.provider, **issued, **sign_up.fields}).encode()

    def alike(self, answer: Answer) -> Answer:
        """Give an answer of the older version's as it would be if its guests were the newer one's."""
        body = self.guests.alike(answer.body)
        headers = tuple(
            (name, str(len(body)))
            if name.lower() == "content-length" and value == str(len(answer.body))
            else (name, value)
            for name, value in answer.headers
        )
        return Answer(answer.prefix, answer.status, headers, body)

    def _person(self, pair: Pair, side: int) -> Person:
        first, *more = self.providers[:2]
        made = self._sign_up(pair, side, first)
        token = str(made["token"])
        for provider in more:
            self._sign_up(pair, side, provider, token)
        accounts, tokens = (self._list(side, path, token) for path in (SOCIAL_ACCOUNTS.uri(""), TOKENS.uri("")))
        return Person(
            token=token,
            username=str(made["username"]),
            user=str(made["id"]),
            accounts=tuple(str(one["id"]) for one in accounts),
            token_id=next((str(one["id"]) for one in tokens if one.get("current")), NOBODYS),
        )

    def _sign_up(self, pair: Pair, side: int, provider: str, token: str | None = None) -> dict[str, Any]:
        body = self.body(SignUp(provider, "self"), pair, side)
        headers = (("Content-Type", "application/json"), *_credential(token))
        return self._ask(side, Request("POST", SIGN_UP.uri(""), headers, body), 201)

    def _list(self, side: int, path: str, token: str) -> list[dict[str, Any]]:
        listed = self._ask(side, Request("GET", path + "?limit=100", _credential(token)), 200)["objects"]
        return [one for one in listed if isinstance(one, dict)]

    def _ask(self, side: int, request: Request, status: int) -> dict[str, Any]:
        version = self._versions[side]
        answer = self._deployment.send(version, request)
        said = json_of(answer)
        if answer.status != status or not isinstance(said, dict):
            code = said.get("code", "") if isinstance(said, dict) else ""
            what = f"{request.method} {request.path} of {version} answers {answer.status} {code}".rstrip()
            raise UnansweredError(f"No people could be made for it: {what}.")
        return said


def _credential(token: str | None) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {token}"),) if token else ()
