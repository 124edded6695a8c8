"""What the service has stored, compared with what it has acknowledged."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import psycopg

from benchmarks.soak.people import Person


@dataclass
class Stored:
    """The rows of the database that matter."""

    users: set[int] = field(default_factory=set)
    associations: Counter[tuple[int, str]] = field(default_factory=Counter)
    """By user and provider."""
    tokens: dict[str, int] = field(default_factory=dict)
    """The user of each access token, by the digest of the token."""
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """The ledger's calls, by version, resource and outcome."""


def read(database_url: str) -> Stored:
    """Read the database."""
    with psycopg.connect(database_url) as session:
        users = {row[0] for row in session.execute("SELECT id FROM auth_user")}
        pairs = session.execute("SELECT user_id, provider FROM social_auth_usersocialauth").fetchall()
        tokens = session.execute("SELECT digest, user_id FROM social_accesstoken").fetchall()
        calls = session.execute("SELECT version, resource, outcome, calls FROM rollout_dailycalls").fetchall()
    counted = Counter[tuple[str, str, str]]()
    for version, resource, outcome, count in calls:
        counted[version, resource, outcome] += count
    return Stored(users, Counter((user, provider) for user, provider in pairs), dict(tokens), counted)


def contradictions(people: Sequence[Person], stored: Stored) -> Iterator[str]:
    """Yield every difference between what was acknowledged and what is stored."""
    acknowledged = {person.user for person in people}
    for user in sorted(acknowledged - stored.users):
        yield f"user {user} was acknowledged and is lost"
    for user in sorted(stored.users - acknowledged):
        yield f"user {user} exists and belongs to no identity that was used: a duplicate"
    expected = Counter((person.user, one.provider) for person in people for one in person.identities)
    for user, provider in sorted((expected - stored.associations).elements()):
        yield f"the association of user {user} with {provider} is lost"
    for user, provider in sorted((stored.associations - expected).elements()):
        yield f"the association of user {user} with {provider} was never acknowledged, or was disconnected"
    for person in people:
        for token in person.tokens:
            if stored.tokens.get(_digest(token)) != person.user:
                yield f"an access token of user {person.user} is lost"
        for token in person.revoked:
            if _digest(token) in stored.tokens:
                yield f"a revoked access token of user {person.user} is still stored"


def uncounted(sent: Counter[tuple[str, str, str]], stored: Counter[tuple[str, str, str]]) -> dict[str, tuple[int, int]]:
    """Return by version how many calls the ledger lacks, and how many it has too many."""
    versions = sorted({key[0] for key in (*sent, *stored)})
    return {
        version: (
            sum(count for key, count in (sent - stored).items() if key[0] == version),
            sum(count for key, count in (stored - sent).items() if key[0] == version),
        )
        for version in versions
    }


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
