"""A model of the service that predicts the result of each step: docs/contract.md, sections 2, 4 and 5 in short."""

from dataclasses import dataclass, field

TOKENS_PER_USER = 3


@dataclass
class ModelUser:
    """A user of the model."""

    active: bool = True
    password: bool = False


@dataclass
class Model:
    """The users, associations and tokens that should exist.

    Tokens are numbered in the order of issue; users and associations have the ids of their rows.
    """

    users: dict[int, ModelUser] = field(default_factory=dict)
    associations: dict[int, tuple[str, str, int]] = field(default_factory=dict)
    """Provider, uid and user by association id."""
    tokens: dict[int, int] = field(default_factory=dict)
    """The user of each valid token."""
    identities: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Provider and uid by token: each identity has one credential."""
    expired: dict[int, int] = field(default_factory=dict)
    """The user of each expired token whose row still exists."""
    last_user: int = 0
    last_association: int = 0
    last_token: int = 0

    def actor_of(self, token: int | None) -> int | None:
        """Return the user of a token; None for a token that is not valid."""
        user = self.tokens.get(token or 0)
        return user if user is not None and self.users[user].active else None

    def sign_up(self, provider: str, uid: str, token: int | None) -> tuple[int, str]:
        """Apply a sign-up; return the expected status, and outcome or code."""
        actor = self.actor_of(token)
        if token is not None and actor is None:
            return 401, "invalid_credentials"
        owner = next((user for one, id, user in self.associations.values() if (one, id) == (provider, uid)), None)
        if actor is not None:
            if owner is None:
                self._associate(provider, uid, actor)
                return 201, "linked"
            return (201, "signed_in") if owner == actor else (400, "account_in_use")
        if owner is None:
            self.last_user += 1
            self.users[self.last_user] = ModelUser()
            self._associate(provider, uid, self.last_user)
            self._issue(self.last_user, (provider, uid))
            return 201, "created"
        if not self.users[owner].active:
            return 400, "account_inactive"
        self._issue(owner, (provider, uid))
        return 201, "signed_in"

    def disconnect(self, association: int, actor: int, enabled: frozenset[str]) -> tuple[int, str]:
        """Apply a disconnect; return the expected status and code."""
        if self.owner_of(association) != actor:
            return 404, "not_found"
        others = [
            provider
            for id, (provider, _, user) in self.associations.items()
            if user == actor and id != association and provider in enabled
        ]
        if not others and not self.users[actor].password:
            return 409, "last_login_method"
        del self.associations[association]
        return 204, ""

    def revoke(self, token: int, actor: int) -> tuple[int, str]:
        """Apply a revocation; return the expected status and code."""
        if self.tokens.get(token) != actor:
            return 404, "not_found"
        del self.tokens[token]
        return 204, ""

    def revoke_all(self, actor: int) -> tuple[int, str]:
        """Apply a sign-out everywhere; return the expected status and code."""
        self.tokens = {number: user for number, user in self.tokens.items() if user != actor}
        self.expired = {number: user for number, user in self.expired.items() if user != actor}
        return 204, ""

    def expire(self, token: int) -> None:
        """Apply the expiry of a token."""
        self.expired[token] = self.tokens.pop(token)

    def owner_of(self, association: int) -> int | None:
        """Return the user of an association; None if there is no such association."""
        return self.associations[association][2] if association in self.associations else None

    def _associate(self, provider: str, uid: str, user: int) -> None:
        self.last_association += 1
        self.associations[self.last_association] = (provider, uid, user)

    def _issue(self, user: int, identity: tuple[str, str]) -> None:
        self.last_token += 1
        self.identities[self.last_token] = identity
        self.expired = {number: owner for number, owner in self.expired.items() if owner != user}
        others = [number for number, owner in self.tokens.items() if owner == user]
        # No token is used an hour after its issue, so the oldest is the least recently used.
        others.sort(key=lambda number: (self.identities[number] != identity, number))
        for number in others[: max(0, len(others) + 1 - TOKENS_PER_USER)]:
            del self.tokens[number]
        self.tokens[self.last_token] = user
