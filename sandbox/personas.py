"""Who can sign in, and what happens when they do.

An ordinary persona is a person. A scripted one is a person too, with an identity of its own, at whose
sign-in the provider does what the description says. Numbers never change: provider ids are made of them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Persona:
    """One row of the table."""

    number: int
    name: str
    title: str
    description: str
    first_name: str
    last_name: str
    ordinary: bool

    @property
    def email(self) -> str:
        """The address that every provider knows this persona by."""
        return f"{self.name}@example.com"


def _person(number: int, name: str, title: str, description: str) -> Persona:
    first_name, _, last_name = title.partition(" ")
    return Persona(number, name, title, description, first_name, last_name, ordinary=True)


def _scripted(number: int, name: str, description: str) -> Persona:
    title = name.replace("-", " ").capitalize()
    return Persona(number, name, title, description, title, "Synthetic", ordinary=False)


PERSONAS = (
    _person(11, "ripley", "Ellen Ripley", "Signs in everywhere."),
    _person(12, "dallas", "Arthur Dallas", "Signs in everywhere."),
    _person(13, "lambert", "Joan Lambert", "Signs in everywhere."),
    _person(14, "parker", "Dennis Parker", "Signs in everywhere."),
    _person(15, "ash", "Hyperdyne Ash", "Signs in everywhere; hides the address from apps at Apple."),
    _person(16, "zoe", "Zoë Łukasiewicz-山田", "Signs in everywhere, with a name beyond ASCII."),
    _scripted(101, "no-email", "The provider gives no e-mail address."),
    _scripted(102, "long-name", "Every name is 1,000 characters long."),
    _scripted(103, "nul-name", "Every name holds a NUL and a control character."),
    _scripted(104, "unverified-email", "The address is unverified, where the provider says such a thing."),
    _scripted(105, "foreign", "The tokens were issued to somebody else's app."),
    _scripted(106, "expired", "The tokens have expired."),
    _scripted(107, "revoked", "The person has taken the app's permission back; id_tokens stay good."),
    _scripted(108, "slow", "Answers after 3 seconds."),
    _scripted(109, "drip", "Answers one byte a second, headers too."),
    _scripted(110, "hang", "Accepts the request and stays silent."),
    _scripted(111, "error-500", "Answers 500."),
    _scripted(112, "error-503", "Answers 503 with Retry-After: 7."),
    _scripted(113, "rate-limited", "Answers 429 with Retry-After: 30."),
    _scripted(114, "html", "Answers 200 with a page for people."),
    _scripted(115, "empty", "Answers 200 with an empty body."),
    _scripted(116, "null", "Answers 200 with null."),
    _scripted(117, "list", "Answers 200 with a list."),
    _scripted(118, "bad-utf8", "Answers 200 with JSON that is not UTF-8."),
    _scripted(119, "deep-json", "Answers 200 with lists nested 100,000 levels deep."),
    _scripted(120, "endless", "Answers 200 with a body that goes on for 200 MB and never ends."),
    _scripted(121, "gzip-bomb", "Answers 200 with a small body that inflates to 200 MB of valid JSON."),
    _scripted(122, "redirect", "Answers 302 to /canary, which counts its visits at /canary/visits."),
    _scripted(123, "reset", "Resets the connection."),
    _scripted(124, "error-object", "Answers 200 with the provider's error object."),
    _scripted(125, "no-id", "The profile has no id."),
    _scripted(126, "false-id", "The profile's id is false."),
    _scripted(127, "list-id", "The profile's id is an empty list."),
    _scripted(128, "object-id", "The profile's id is an empty object."),
    _scripted(129, "long-id", "The profile's id is 300 characters long."),
    _scripted(130, "nul-id", "The profile's id holds a NUL."),
    _scripted(
        131, "mismatch", "The audience check names this persona, the profile Ellen Ripley, where both name a user."
    ),
    _scripted(132, "check-down", "Only the audience check answers 500."),
    _scripted(133, "check-nonsense", "Only the audience check answers JSON that names no application."),
    _scripted(134, "unregistered", "Facebook, X, Instagram and GitHub refuse the service's own registration."),
    _scripted(135, "wrong-issuer", "The id_token names another issuer."),
    _scripted(136, "wrong-party", "The id_token is for this app, but its azp is somebody else's."),
    _scripted(137, "wrong-nonce", "The id_token holds another nonce than the one asked for."),
    _scripted(138, "future", "The id_token was issued an hour from now."),
    _scripted(139, "unsigned", "The id_token has the algorithm none and no signature."),
    _scripted(140, "public-key", "The id_token is signed with HS256 and the public key as the secret."),
    _scripted(141, "wrong-key", "The id_token names the provider's key and is signed with another."),
    _scripted(142, "unknown-key", "The id_token names a key that the provider does not publish."),
    _scripted(143, "empty-id", "The profile's id is an empty string."),
    _scripted(144, "true-id", "The profile's id is true."),
    _scripted(145, "nan-id", "The profile's id is NaN, which is not JSON."),
)

_BY_NAME = {persona.name: persona for persona in PERSONAS}
_GUEST = re.compile(r"guest-([1-9][0-9]{9})")
"""People without end, for programs that need somebody new each time; their number is their name."""


def find(name: object) -> Persona | None:
    """The persona of this name, if there is one."""
    if not isinstance(name, str):
        return None
    guest = _GUEST.fullmatch(name)
    return _guest(int(guest[1])) if guest else _BY_NAME.get(name)


def _guest(number: int) -> Persona:
    return _person(number, f"guest-{number}", f"Guest {number}", "Signs in everywhere, for the first time.")


RIPLEY = _BY_NAME["ripley"]


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
