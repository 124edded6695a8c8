"""People of the sandbox whom nobody has met, in pairs: one for each version, alike but for a number."""

import secrets
from collections.abc import Mapping
from typing import Any

import requests

from parity.deployment import UnansweredError
from shared.http.redaction import kind

Pair = tuple[str, str]
"""The numbers of two guests, of the older version's and of the newer one's."""


class Guests:
    """The sandbox as a script uses it, and what two guests of a pair are called where they differ."""

    def __init__(self, sandbox: str, *, timeout: float) -> None:
        """Take the sandbox's address."""
        self._sandbox = sandbox.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        # What the environment says of proxies and passwords is for the world, not for this machine.
        self._session.trust_env = False
        self._next = 10**9 + secrets.randbelow(8 * 10**9)
        self._alike: dict[int, dict[bytes, bytes]] = {}
        self._introduced: set[tuple[str, Pair]] = set()
        self.providers: frozenset[str] = frozenset()

    def open(self) -> None:
        """See that it is there, and which providers it plays.

        :raises UnansweredError: it is no sandbox.
        """
        listed = self._ask("GET", "/personas").get("providers")
        self.providers = frozenset(one["name"] for one in listed) if isinstance(listed, list) else frozenset()

    def pair(self) -> Pair:
        """Give two people whom nobody has met."""
        numbers = str(self._next), str(self._next + 1)
        self._next += 2
        self._call_alike(*numbers)
        return numbers

    def tokens(self, provider: str, persona: str, nonce: str | None = None) -> dict[str, Any]:
        """Give what a provider hands out when a persona lets the application in."""
        asked = {"persona": persona} if nonce is None else {"persona": persona, "nonce": nonce}
        return self._ask("POST", f"/{provider}/token", asked)

    def pair_tokens(self, provider: str, pair: Pair, side: int, nonce: str | None = None) -> dict[str, Any]:
        """Give the tokens of one of a pair; from then on the ids of both at that provider are alike."""
        if (provider, pair) not in self._introduced:
            ids = [str(self._ask("GET", f"/{provider}/account?persona=guest-{number}").get("id")) for number in pair]
            self._call_alike(*ids)
            self._introduced.add((provider, pair))
        return self.tokens(provider, f"guest-{pair[side]}", nonce)

    def alike(self, body: bytes) -> bytes:
        """Give a body of the older version's with its guests' numbers and ids as the newer one's have them."""
        # The longest first: some ids have the number in them.
        for length in sorted(self._alike, reverse=True):
            for old, new in self._alike[length].items():
                if old in body:
                    body = body.replace(old, new)
        return body

    def _call_alike(self, old: str, new: str) -> None:
        self._alike.setdefault(len(old), {})[old.encode()] = new.encode()

    def _ask(self, method: str, path: str, json: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            answer = self._session.request(
                method, self._sandbox + path, json=json, timeout=self._timeout, allow_redirects=False
            )
            said = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError) as error:
            raise UnansweredError(f"The sandbox at {self._sandbox} does not answer ({kind(error)}).") from None
        if not isinstance(said, dict):
            raise UnansweredError(f"What answers at {self._sandbox} is no sandbox (status {answer.status_code}).")
        return said
