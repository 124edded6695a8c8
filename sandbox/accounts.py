"""A persona's account at a provider, and the personas whose account is not as it should be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sandbox.personas import Persona


class _Absent:
    """The value of a field that the provider leaves out."""


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Account:
    """What a provider knows; `id` is any JSON value, since some personas' are."""

    id: object
    username: str
    name: str
    first_name: str
    last_name: str
    email: str | None
    email_verified: bool = True

    @property
    def text_id(self) -> object:
        """The id as a provider writes it that has ids in strings."""
        return str(self.id) if type(self.id) is int else self.id


def _named(change: Callable[[str], str]) -> Callable[[Account], Account]:
    def renamed(account: Account) -> Account:
        return replace(
            account,
            username=change(account.username),
            name=change(account.name),
            first_name=change(account.first_name),
            last_name=change(account.last_name),
        )

    return renamed


def _identified(new_id: Callable[[object], object]) -> Callable[[Account], Account]:
    return lambda account: replace(account, id=new_id(account.id))


ALTERATIONS: Mapping[str, Callable[[Account], Account]] = {
    "no-email": lambda account: replace(account, email=None),
    "unverified-email": lambda account: replace(account, email_verified=False),
    "long-name": _named(lambda name: (name * 1000)[:1000]),
    "nul-name": _named(lambda name: f"{name[:2]}\x00{name[2:]}\x1b"),
    "no-id": _identified(lambda _: ABSENT),
    "empty-id": _identified(lambda _: ""),
    "false-id": _identified(lambda _: False),
    "true-id": _identified(lambda _: True),
    "nan-id": _identified(lambda _: float("nan")),
    "list-id": _identified(lambda _: []),
    "object-id": _identified(lambda _: {}),
    "long-id": _identified(lambda _: "9" * 300),
    "nul-id": _identified(lambda own: f"{own}\x00"),
}


def account_of(persona: Persona, own_id: int | str) -> Account:
    """The persona's account, under the id that the provider gave it."""
    account = Account(
        id=own_id,
        username=persona.name,
        name=f"{persona.first_name} {persona.last_name}",
        first_name=persona.first_name,
        last_name=persona.last_name,
        email=persona.email,
    )
    alter = ALTERATIONS.get(persona.name)
    return alter(account) if alter else account


def present(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields without the absent ones."""
    return {name: value for name, value in fields.items() if value is not ABSENT}
