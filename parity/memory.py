"""What a recording calls things, and what each version has in their place: tokens, names of users, ids of rows."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from parity.guests import Pair
from parity.people import NOBODYS, People, Twins

_PATH = re.compile(r"(?P<resource>user|social_account|token)/(?P<id>[0-9]+|[0-9A-Fa-f-]{36})(?P<end>/?)")
_URI = re.compile(r"/(?P<resource>user|social_account|token)/(?P<id>[^/]+)/\Z")


@dataclass(slots=True)
class Side:
    """One version's own, by what the recording has."""

    tokens: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def learn(self, recorded: Any, found: Any) -> None:
        """Take from two answers to one request, the recorded and this version's, what stands at the same places."""
        for old, new in _rows(recorded, found):
            kind = _URI.search(str(old.get("resource_uri", "")))
            if kind is not None and "id" in new:
                self.ids[kind["resource"], kind["id"]] = str(new["id"])
            if isinstance(old.get("token"), str) and isinstance(new.get("token"), str):
                self.tokens[old["token"]] = new["token"]
            if isinstance(old.get("username"), str) and isinstance(new.get("username"), str):
                self.names[old["username"]] = new["username"]


@dataclass(slots=True)
class Memory:
    """Both versions' own, and the guests who play the people of the recording."""

    sides: tuple[Side, Side] = field(default_factory=lambda: (Side(), Side()))
    twins: dict[str, Twins] = field(default_factory=dict)
    """By a recorded token, or nothing where the recorder has taken it away."""
    guests: dict[tuple[str, str], Pair] = field(default_factory=dict)
    """By provider and a digest of the token, or the recorded user's id."""

    def twins_of(self, token: str, username: str | None, people: People) -> None:
        """Let a recorded token, that was issued before the recording began, have people to stand for."""
        if token in self.sides[0].tokens:
            return
        twins = self.twins[token] = people.twins()
        for side, person in zip(self.sides, twins.people, strict=True):
            side.tokens[token] = person.token
            if username is not None:
                side.names.setdefault(username, person.username)

    def path(self, path: str, side: int, token: str | None, *, missing: bool) -> str:
        """Give a path with the id that this version has in place of the recorded one.

        :param token: the recorded credential of the call.
        :param missing: the recorded answer was 404.
        """
        match = _PATH.fullmatch(path)
        if match is None or token is None:
            return path
        key = match["resource"], match["id"]
        found = self.sides[side].ids.get(key)
        if found is None:
            found = NOBODYS if missing else self._own(key, side, token)
            self.sides[side].ids[key] = found
        return f"{match['resource']}/{found}{match['end']}"

    def _own(self, key: tuple[str, str], side: int, token: str) -> str:
        """Give one of the caller's own, not yet taken for another: the recording does not say which it was."""
        twins = self.twins.get(token)
        if twins is None:
            return NOBODYS
        person = twins.people[side]
        own = {"user": (person.user,), "token": (person.token_id,)}.get(key[0], person.accounts)
        taken = {found for (resource, _), found in self.sides[side].ids.items() if resource == key[0]}
        return next((one for one in own if one not in taken), NOBODYS)


def digest(token: str) -> str:
    """Give what a token is remembered by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def object_of(body: bytes | None) -> dict[str, Any]:
    """Give the object in a body; an empty one where there is none."""
    try:
        value = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _rows(old: Any, new: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield old, new
        yield from _rows(old.get("objects"), new.get("objects"))
    elif isinstance(old, list) and isinstance(new, list):
        for one, other in zip(old, new, strict=False):
            yield from _rows(one, other)
