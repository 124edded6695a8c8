"""The mixed traffic: people who sign up, sign in, link, read, disconnect and sign out, and invalid requests."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from benchmarks.soak.client import Answer, Client
from benchmarks.soak.people import Identity, Names, People, Person
from benchmarks.soak.provider import CREDENTIALS, Sandbox
from benchmarks.soak.records import Record

PROVIDERS = tuple(CREDENTIALS)
FAILING = ("facebook", "github")
"""The providers at which personas of the sandbox make calls fail."""
SLOW_PERSONA = "slow"
"""The only one of these personas who becomes a user."""
_REQUESTS = 1.25
"""Requests of an operation, on average."""
_MOST_TOKENS = 20
"""Access tokens of a person, far below TOKENS_PER_USER, so that the service deletes none by itself."""
_INVALID_FROM = "198.51.100.7"
_GARBAGE = "x" * 43
_FAULTS = (
    *(SLOW_PERSONA, "hang", "error-500", "error-503", "rate-limited", "reset", "html", "empty"),
    *("expired", "revoked", "foreign"),
)


@dataclass(slots=True)
class Caller:
    """A caller with people of its own, so that it knows what each of them may expect."""

    client: Client
    sandbox: Sandbox
    names: Names
    record: Record
    choice: random.Random
    people: People = field(default_factory=People)

    def run(self, per_second: float, stopped: threading.Event) -> None:
        """Send requests at this mean rate until the event is set."""
        names, weights = list(_WEIGHTS), list(_WEIGHTS.values())
        due = time.monotonic()
        while not stopped.is_set():
            [operation] = self.choice.choices(names, weights)
            try:
                operation(self)
            except Exception as error:  # noqa: BLE001 - an answer without what it must have: the run has failed and goes on
                self.record.fault(f"{operation.__name__}: {type(error).__name__}: {error}")
            # A caller that waited for a slow answer does not catch up: the rate is a bound, not a goal.
            due = max(due + self.choice.expovariate(per_second / _REQUESTS), time.monotonic())
            stopped.wait(due - time.monotonic())

    def sign_up(self) -> None:
        """Sign up a new person."""
        persona, address = self.names.new()
        identity = Identity(self.choice.choice(PROVIDERS), persona)
        fields = self.sandbox.fields(identity.provider, persona)
        answer = self.client.send("sign up", "POST", "social_sign_up/", address=address, fields=fields)
        self._welcome(identity, address, [answer])

    def sign_up_twice_at_once(self) -> None:
        """Sign up a new person with each version at the same time."""
        persona, address = self.names.new()
        identity = Identity(self.choice.choice(PROVIDERS), persona)
        several = [self.sandbox.fields(identity.provider, persona) for _ in self.client.prefixes]

        def send(prefix: str) -> Answer:
            client = Client(self.client.url, self.client.prefixes, self.record)
            fields = several[self.client.prefixes.index(prefix)]
            return client.send(
                "sign up twice at once", "POST", "social_sign_up/", address=address, fields=fields, prefix=prefix
            )

        with ThreadPoolExecutor(len(several)) as pool:
            self._welcome(identity, address, list(pool.map(send, self.client.prefixes)))

    def sign_in(self) -> None:
        """Sign in somebody who is known, with any of the identities and credentials."""
        person = self._person()
        if person is None:
            return
        if len(person.tokens) >= _MOST_TOKENS:
            self._sign_out_everywhere(person)
            return
        identity = self.choice.choice(person.identities)
        fields = self.sandbox.fields(identity.provider, identity.persona)
        answer = self.client.send("sign in", "POST", "social_sign_up/", address=person.address, fields=fields)
        if answer.result.startswith("201"):
            self._compare_user(person, answer)
            person.tokens.append(answer.body["token"])

    def link(self) -> None:
        """Link a new identity, or one that is linked already, or another person's."""
        person = self._person()
        if person is None or not person.tokens:
            return
        kind = self.choice.choice(("link", "link", "link again", "link another's"))
        if kind == "link again":
            identity = self.choice.choice(person.identities)
        elif kind == "link another's":
            other = self._person()
            if other is None or other is person:
                return
            identity = self.choice.choice(other.identities)
        else:
            free = sorted(set(PROVIDERS) - {one.provider for one in person.identities})
            if not free or person.is_unsettled:
                return
            identity = Identity(self.choice.choice(free), self.names.new()[0])
        fields = self.sandbox.fields(identity.provider, identity.persona)
        answer = self.client.send(
            kind, "POST", "social_sign_up/", address=person.address, token=person.tokens[-1], fields=fields
        )
        if kind != "link":
            return
        if answer.result == "201 linked":
            self._compare_user(person, answer)
            person.identities.append(identity)
        elif answer.is_missing:
            person.is_unsettled = True
            self.people.unsettled.append(identity)

    def disconnect(self) -> None:
        """Disconnect an identity, or fail to disconnect the last one."""
        person = self._person()
        if person is None or person.is_unsettled or not person.tokens:
            return
        token = person.tokens[-1]
        listed = self.client.send("read", "GET", "social_account/?limit=100", address=person.address, token=token)
        if listed.result != "200 ok":
            return
        self._compare_accounts(person, listed)
        row = self.choice.choice(listed.body["objects"])
        is_last = len(person.identities) == 1
        answer = self.client.send(
            "disconnect the last" if is_last else "disconnect",
            "DELETE",
            f"social_account/{row['id']}/",
            address=person.address,
            token=token,
        )
        # One account at each provider at most: the link of another one is never tried.
        if is_last or not (answer.result == "204 ok" or answer.is_missing):
            return
        identity = next(one for one in person.identities if one.provider == row["provider"])
        person.identities.remove(identity)
        if answer.is_missing:
            person.is_unsettled = True
            self.people.unsettled.append(identity)

    def read(self) -> None:
        """Read a resource with each version, and compare the answers."""
        person = self._person()
        if person is None or not person.tokens:
            return
        token = self.choice.choice(person.tokens)
        path = self.choice.choice((f"user/{person.user}/", "user/", "social_account/?limit=100", "token/?limit=100"))
        authorization = f"ApiKey {person.username}:{token}" if self.choice.random() < 0.3 else None
        answers = [
            self.client.send(
                "read", "GET", path, address=person.address, token=token, authorization=authorization, prefix=prefix
            )
            for prefix in self.client.prefixes
        ]
        texts = {
            answer.text.replace(prefix, "")
            for answer, prefix in zip(answers, self.client.prefixes, strict=True)
            if answer.result == "200 ok"
        }
        if len(texts) > 1:
            self.record.fault(f"the versions differ at {path.partition('?')[0]}")

    def look(self) -> None:
        """Send HEAD and OPTIONS, or read what is public."""
        method, operation = self.choice.choice((("HEAD", "head"), ("OPTIONS", "options"), ("GET", "public")))
        path = self.choice.choice(("", "provider/"))
        # A name of its own each time: the ledger must not keep all of them.
        made_up = {"X-Client": f"MadeUp/{self.choice.randrange(10**6)}"}
        self.client.send(operation, method, path, address=_INVALID_FROM, headers=made_up)

    def sign_out(self) -> None:
        """Revoke one access token, and call with one that is revoked."""
        person = self._person()
        if person is None:
            return
        if person.revoked:
            self.client.send(
                "read with revoked token", "GET", "user/", address=person.address, token=person.revoked[-1]
            )
        if len(person.tokens) < 2:
            return
        if self.choice.random() < 0.2:
            self._sign_out_everywhere(person)
            return
        token = person.tokens.pop(0)
        answer = self.client.send("sign out", "DELETE", "token/current/", address=person.address, token=token)
        if answer.result == "204 ok":
            person.revoked.append(token)
        elif not answer.is_missing:
            person.tokens.append(token)

    def meet_failing_provider(self) -> None:
        """Sign up at a provider that is slow, fails or refuses the token."""
        name = self.choice.choice(_FAULTS)
        provider = self.choice.choice(FAILING)
        fields = self.sandbox.fields(provider, name, "access_token")
        address = f"203.0.113.{self.choice.randrange(1, 255)}"
        self.client.send(f"provider: {name}", "POST", "social_sign_up/", address=address, fields=fields)

    def send_invalid(self) -> None:
        """Send an invalid request."""
        operation, method, path, more = self.choice.choice(_INVALID)
        self.client.send(operation, method, path, address=_INVALID_FROM, **more)

    def _person(self) -> Person | None:
        return self.choice.choice(self.people.known) if self.people.known else None

    def _sign_out_everywhere(self, person: Person) -> None:
        tokens, person.tokens = person.tokens, []
        answer = self.client.send("sign out everywhere", "DELETE", "token/", address=person.address, token=tokens[-1])
        if answer.result == "204 ok":
            person.revoked = [*person.revoked, *tokens][-_MOST_TOKENS:]
        elif not answer.is_missing:
            person.tokens = tokens

    def _welcome(self, identity: Identity, address: str, answers: list[Answer]) -> None:
        """Note what the answers to the sign-ups of one new identity acknowledge."""
        succeeded = [answer for answer in answers if answer.result.startswith("201")]
        if not succeeded:
            self.people.unsettled.append(identity)
            return
        users = {answer.body["id"] for answer in succeeded}
        created = sum(answer.result == "201 created" for answer in succeeded)
        if len(users) != 1 or created > 1 or (created == 0 and len(succeeded) == len(answers)):
            self.record.fault(f"{len(users)} users and {created} times `created` for one new identity")
        first = succeeded[0].body
        tokens = [answer.body["token"] for answer in succeeded]
        self.people.known.append(Person(first["id"], first["username"], address, [identity], tokens))

    def _compare_user(self, person: Person, answer: Answer) -> None:
        if (answer.body["id"], answer.body["username"]) != (person.user, person.username):
            self.record.fault(f"user {person.user} was answered as user {answer.body['id']}")

    def _compare_accounts(self, person: Person, answer: Answer) -> None:
        listed = sorted(row["provider"] for row in answer.body["objects"])
        if listed != sorted(identity.provider for identity in person.identities):
            self.record.fault(f"user {person.user} has other identities than were acknowledged")


_WEIGHTS: dict[Callable[[Caller], None], float] = {
    Caller.sign_up: 12,
    Caller.sign_up_twice_at_once: 2,
    Caller.sign_in: 26,
    Caller.link: 8,
    Caller.disconnect: 4,
    Caller.read: 16,
    Caller.look: 6,
    Caller.sign_out: 8,
    Caller.meet_failing_provider: 6,
    Caller.send_invalid: 12,
}

_SIGN_UP = ("POST", "social_sign_up/")
_INVALID: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("invalid: malformed", *_SIGN_UP, {"data": b'{"provider":'}),
    ("invalid: no provider", *_SIGN_UP, {"fields": {"access_token": _GARBAGE}}),
    ("invalid: unknown provider", *_SIGN_UP, {"fields": {"provider": "nobody", "access_token": _GARBAGE}}),
    ("invalid: provider token", *_SIGN_UP, {"fields": {"provider": "github", "access_token": _GARBAGE}}),
    ("invalid: media type", *_SIGN_UP, {"data": b"a=b", "headers": {"Content-Type": "text/plain"}}),
    ("invalid: size", *_SIGN_UP, {"data": b" " * 70_000}),
    ("invalid: access token", "GET", "user/", {"token": _GARBAGE}),
    ("invalid: no access token", "GET", "user/", {}),
    ("invalid: key in the URL", "GET", "user/?api_key=" + _GARBAGE, {}),
    ("invalid: path", "GET", "nothing/", {}),
    ("invalid: method", "PUT", "user/", {"data": b"{}"}),
    ("invalid: host", "GET", "provider/", {"headers": {"Host": "elsewhere.example.com"}}),
)
