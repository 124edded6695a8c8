"""Any sequence of calls by several users gives equal results on every API, each predicted by a model."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.contract.differences import Answer
from social.conf import conf
from social.models import AccessToken
from social.tokens import digest_of
from tests.differential import hostile, identities
from tests.differential.agreement import check_equal, check_in_the_contract
from tests.differential.budget import budget
from tests.differential.database_states import DatabaseState
from tests.differential.in_process import Service
from tests.differential.messages import Header, Message, Summary
from tests.differential.model import TOKENS_PER_USER, Model
from tests.providers import Providers, json_answer

PREFIXES: Final = tuple("/" + prefix for prefix in settings.APIS.values())
JSON: Final = ("Content-Type", b"application/json")
IDENTITIES: Final = tuple(
    (provider, token, str(profile[{"google-oauth2": "sub"}.get(provider, "id")]))
    for provider, token, profile in identities.KNOWN
    if token not in {"fb-no-id", "gh-false", "go-unverified", "go-foreign"}
)
DISABLED: Final = "instagram"
"""A provider that the operator disables and enables."""

numbers = st.integers(1, 9)
schemes = st.sampled_from(["Bearer", "Token", "ApiKey"])


class ServiceMachine(RuleBasedStateMachine):
    """Sign up, sign in, link, list, read, disconnect, revoke and sign out, with changes by an operator between them."""

    service: Service
    empty: DatabaseState
    providers: Providers
    summary: Summary

    def __init__(self) -> None:
        super().__init__()
        self.states = [DatabaseState(like=self.empty) for _ in PREFIXES]
        self.values: list[list[str]] = [[""] for _ in PREFIXES]
        """The tokens of each API's state, by number."""
        self.model = Model()
        self.enabled = frozenset(conf.providers)
        self.summary.examples += 1

    def teardown(self) -> None:
        for state in self.states:
            state.close()

    @initialize(identity=st.sampled_from(IDENTITIES))
    def first_sign_up(self, identity: tuple[str, str, str]) -> None:
        """Begin with a user: most rules need one, and random choice would create one late."""
        self._sign_up(identity, None, "Bearer", "/", chunked=False)

    @rule(identity=st.sampled_from(IDENTITIES), slash=st.sampled_from(["/", "", "/?limit=x"]), chunked=st.booleans())
    def sign_up_or_in(self, identity: tuple[str, str, str], slash: str, chunked: bool) -> None:
        """Sign up or in without credentials."""
        self._sign_up(identity, None, "Bearer", slash, chunked)

    @precondition(lambda self: self.model.last_token)
    @rule(identity=st.sampled_from(IDENTITIES), token=numbers, scheme=schemes)
    def link(self, identity: tuple[str, str, str], token: int, scheme: str) -> None:
        """Sign up with an access token, which may no longer be valid."""
        self._sign_up(identity, self._token_number(token), scheme, "/", chunked=False)

    @rule(identity=st.sampled_from(IDENTITIES), status=st.sampled_from([400, 403, 429, 500, 200]))
    def fail(self, identity: tuple[str, str, str], status: int) -> None:
        """Sign up while the provider fails: nothing changes."""
        step = {"google-oauth2": "google-tokeninfo", "instagram": "instagram-exchange"}.get(identity[0], identity[0])
        self.providers.answers(step, json_answer(status, []))
        try:
            answers = self._step(self._sign_up_message(identity, "/", chunked=False))
        finally:
            self.providers.scripted.clear()
        assert answers[0].status >= 400

    @precondition(lambda self: self.model.last_token)
    @rule(
        what=st.sampled_from(["user", "social_account", "token"]),
        limit=st.integers(0, 3),
        offset=st.integers(0, 3),
        token=numbers,
        scheme=schemes,
    )
    def list_own(self, what: str, limit: int, offset: int, token: int, scheme: str) -> None:
        """List the actor's own rows, in the order of their ids."""
        number = self._token_number(token)
        actor = self.model.actor_of(number)
        message = Message("GET", f"{what}/?limit={limit}&offset={offset}")
        answers = self._step(message, number, scheme)
        if actor is None:
            self._expect(answers, 401, "invalid_credentials")
            return
        own = sorted(self._own(what, actor))
        for answer in answers:
            body = json.loads(answer.body)
            assert body["meta"]["total_count"] == len(own), message
            assert [one["id"] for one in body["objects"]] == own[offset : offset + (limit or 100)], message

    @precondition(lambda self: self.model.last_token)
    @rule(what=st.sampled_from(["user", "social_account", "token"]), id=numbers, token=numbers, scheme=schemes)
    def read(self, what: str, id: int, token: int, scheme: str) -> None:
        """Read a row: the actor's own, or 404."""
        number = self._token_number(token)
        actor = self.model.actor_of(number)
        id = self._likely_id(what, id, actor)
        answers = self._step(Message("GET", f"{what}/{id}/"), number, scheme)
        if actor is None:
            self._expect(answers, 401, "invalid_credentials")
        elif id in self._own(what, actor):
            self._expect(answers, 200)
        else:
            self._expect(answers, 404, "not_found")

    @precondition(lambda self: self.model.last_token)
    @rule(id=numbers, token=numbers, scheme=schemes)
    def disconnect(self, id: int, token: int, scheme: str) -> None:
        """Disconnect the actor's own association, unless it is the last login method."""
        number = self._token_number(token)
        actor = self.model.actor_of(number)
        id = self._likely_id("social_account", id, actor)
        expected = self.model.disconnect(id, actor, self.enabled) if actor else (401, "invalid_credentials")
        self._expect(self._step(Message("DELETE", f"social_account/{id}/"), number, scheme), *expected)

    @precondition(lambda self: self.model.last_token)
    @rule(id=numbers, token=numbers, scheme=schemes)
    def revoke(self, id: int, token: int, scheme: str) -> None:
        """Revoke one of the actor's own tokens, which may be the one of the call."""
        number = self._token_number(token)
        actor = self.model.actor_of(number)
        id = self._likely_id("token", id, actor)
        message = Message("DELETE", f"token/{id}/")
        expected = self.model.revoke(id, actor) if actor else (401, "invalid_credentials")
        self._expect(self._step(message, number, scheme), *expected)

    @precondition(lambda self: self.model.last_token)
    @rule(token=numbers, scheme=schemes)
    def sign_out(self, token: int, scheme: str) -> None:
        """Revoke the token of the call."""
        number = self._token_number(token)
        actor = self.model.actor_of(number)
        expected = self.model.revoke(number, actor) if actor else (401, "invalid_credentials")
        self._expect(self._step(Message("DELETE", "token/current/"), number, scheme), *expected)

    @precondition(lambda self: self.model.last_token)
    @rule(token=numbers, scheme=schemes)
    def sign_out_everywhere(self, token: int, scheme: str) -> None:
        """Revoke all tokens of the actor."""
        number = self._token_number(token)
        actor = self.model.actor_of(number)
        expected = self.model.revoke_all(actor) if actor else (401, "invalid_credentials")
        self._expect(self._step(Message("DELETE", "token/"), number, scheme), *expected)

    @precondition(lambda self: self.model.last_token)
    @rule(message=hostile.messages(identities.known_fields()), token=numbers)
    def read_anything(self, message: Message, token: int) -> None:
        """Send any request without a write."""
        if message.method.upper() not in {"POST", "DELETE"}:
            self._step(message, self._token_number(token))

    @precondition(lambda self: self.model.last_user)
    @rule(user=numbers, password=st.booleans(), active=st.sampled_from([True, True, False]))
    def change_user(self, user: int, password: bool, active: bool) -> None:
        """Let the operator change whether a user is active and has a password."""
        number = 1 + user % self.model.last_user
        self.model.users[number].active, self.model.users[number].password = active, password
        stored = "pbkdf2_sha256$1$x$x" if password else "!" + "x" * 40
        for state in self.states:
            with state.entered():
                User.objects.filter(pk=number).update(is_active=active, password=stored)

    @precondition(lambda self: self.model.tokens)
    @rule(token=numbers)
    def let_expire(self, token: int) -> None:
        """Let a token expire."""
        live = sorted(self.model.tokens)
        number = live[token % len(live)]
        self.model.expire(number)
        for state, values in zip(self.states, self.values, strict=True):
            with state.entered():
                found = AccessToken.objects.filter(digest=digest_of(values[number]))
                assert found.update(expires_at=timezone.now()) == 1

    @rule()
    def switch_a_provider(self) -> None:
        """Let the operator disable a provider, or enable it again."""
        self.enabled ^= {DISABLED}

    @invariant()
    def states_are_equal(self) -> None:
        """Check that the states are equal row by row, and as the model expects."""
        first, *others = [state.rows() for state in self.states]
        for rows in others:
            assert rows == first
        assert {row["id"] for row in first["auth_user"]} == self.model.users.keys()
        expected = [(id, *expected) for id, expected in sorted(self.model.associations.items())]
        associations = first["social_auth_usersocialauth"]
        assert [(row["id"], row["provider"], row["uid"], row["user_id"]) for row in associations] == expected
        live = self.model.tokens | self.model.expired
        assert {row["id"]: row["user_id"] for row in first["social_accesstoken"]} == live
        assert not first["social_auth_partial"]

    def _sign_up(
        self, identity: tuple[str, str, str], token: int | None, scheme: str, slash: str, chunked: bool
    ) -> None:
        message = self._sign_up_message(identity, slash, chunked=chunked)
        if identity[0] in self.enabled or (token is not None and self.model.actor_of(token) is None):
            expected = self.model.sign_up(identity[0], identity[2], token)
        else:
            expected = 400, "unknown_provider"
        self._expect(self._step(message, token, scheme), *expected)
        for values in self.values:
            assert len(values) == 1 + self.model.last_token, "an anonymous call gives a token, no other one does"

    def _sign_up_message(self, identity: tuple[str, str, str], slash: str, *, chunked: bool) -> Message:
        provider, token, _ = identity
        fields = {"provider": provider, "access_token": token, "access_token_secret": "secret-of-" + token}
        return Message("POST", "social_sign_up" + slash, (JSON,), json.dumps(fields).encode(), chunked)

    def _step(self, message: Message, token: int | None = None, scheme: str = "Bearer") -> list[Answer]:
        """Send one request to each API, on its own state."""
        answers = []
        self.providers.calls.reset()
        for prefix, state, values in zip(PREFIXES, self.states, self.values, strict=True):
            with state.entered(), override_settings(SOCIAL_PROVIDERS=sorted(self.enabled)):
                who = () if token is None else (self._credential(values[token], scheme),)
                answers.append(self.service.send(prefix, message.with_headers(*who)))
            check_in_the_contract(message, answers[-1])
            self._keep_token(answers[-1], values)
        check_equal(message, answers)
        self.summary.count(answers[0].status)
        return answers

    def _credential(self, value: str, scheme: str) -> Header:
        if scheme == "ApiKey":
            row = AccessToken.objects.select_related("user").filter(digest=digest_of(value)).first()
            value = f"{row.user.get_username() if row else 'nobody'}:{value}"
        return "Authorization", f"{scheme} {value}".encode()

    def _keep_token(self, answer: Answer, values: list[str]) -> None:
        if answer.status == 201 and (value := json.loads(answer.body)["token"]):
            values.append(value)

    def _token_number(self, token: int) -> int:
        """Return the number of a token: mostly a valid one, else any that was ever issued."""
        good = [number for number in sorted(self.model.tokens) if self.model.actor_of(number)]
        return good[token % len(good)] if good and token % 4 else 1 + token % self.model.last_token

    def _likely_id(self, what: str, id: int, actor: int | None) -> int:
        """Return an id: mostly one of the actor's own, else any."""
        own = sorted(self._own(what, actor)) if actor else []
        return own[id % len(own)] if own and id % 3 else id

    def _own(self, what: str, actor: int) -> set[int]:
        if what == "user":
            return {actor}
        if what == "token":
            return {number for number, user in self.model.tokens.items() if user == actor}
        return {id for id, (_, _, user) in self.model.associations.items() if user == actor}

    def _expect(self, answers: list[Answer], status: int, what: str = "") -> None:
        for answer in answers:
            assert answer.status == status, answer
            if what:
                body: dict[str, Any] = json.loads(answer.body)
                assert what in {body.get("code"), body.get("outcome")}, answer


@pytest.fixture
def machine(service: Service, empty: DatabaseState, providers: Providers) -> Iterator[type[ServiceMachine]]:
    """The state machine with its service, first state and providers."""
    identities.add_identities(providers)

    class Running(ServiceMachine):
        pass

    Running.service, Running.empty, Running.providers, Running.summary = service, empty, providers, Summary()
    with override_settings(TOKENS_PER_USER=TOKENS_PER_USER):
        yield Running


def test_any_sequence_of_calls_is_the_same_on_every_api(machine: type[ServiceMachine]) -> None:
    """Status, headers, bytes and rows of each step are equal and as the model predicts."""
    run_state_machine_as_test(machine, settings=budget(30, steps=30))
    summary = machine.summary
    assert {200, 201, 204, 400, 401, 404, 409} <= summary.statuses.keys(), summary
