"""After the traffic: find the owners of identities whose sign-up was not acknowledged, and use every access token."""

import time
from collections.abc import Sequence

from benchmarks.soak.client import Answer, Client
from benchmarks.soak.expected import BROKEN
from benchmarks.soak.people import Identity, Person
from benchmarks.soak.provider import Sandbox
from benchmarks.soak.records import Record
from benchmarks.soak.traffic import FAILING, SLOW_PERSONA

_PAUSES = (0, 1, 2, 4)
"""Seconds before each try of a sign-in."""
_ADDRESSES = 250


def settle(
    client: Client, sandbox: Sandbox, people: list[Person], unsettled: Sequence[Identity], record: Record
) -> None:
    """Sign in with each identity whose owner is unknown, and add it to its user.

    Afterwards the users and identities of `people` are exactly those that the service may have.
    """
    by_user = {person.user: person for person in people}
    slow = [Identity(provider, SLOW_PERSONA) for provider in FAILING]
    for number, identity in enumerate([*unsettled, *slow]):
        address = f"192.0.2.{number % _ADDRESSES}"
        answer = _sign_in(client, sandbox, identity, address)
        if not answer.result.startswith("201"):
            record.fault(f"an identity at {identity.provider} cannot sign in: {answer.result}")
            continue
        user, token = answer.body["id"], answer.body["token"]
        if user in by_user:
            by_user[user].identities.append(identity)
            by_user[user].tokens.append(token)
        else:
            by_user[user] = Person(user, answer.body["username"], address, [identity], [token])
            people.append(by_user[user])


def _sign_in(client: Client, sandbox: Sandbox, identity: Identity, address: str) -> Answer:
    """Sign in, and try again while the answer is missing."""
    answer = Answer(BROKEN)
    for pause in _PAUSES:
        time.sleep(pause)
        fields = sandbox.fields(identity.provider, identity.persona)
        answer = client.send("settle", "POST", "social_sign_up/", address=address, fields=fields)
        if not answer.is_missing:
            break
    return answer


def use_tokens(client: Client, people: Sequence[Person], record: Record) -> int:
    """Read everybody's user with the newest access token; return how many were read."""
    read = 0
    for person in people:
        if person.tokens:
            path = f"user/{person.user}/"
            answer = client.send("read", "GET", path, address=person.address, token=person.tokens[-1])
            read += 1
            if answer.body.get("id") != person.user:
                record.fault(f"user {person.user} cannot be read with an acknowledged access token: {answer.result}")
    return read
