"""The personas, and the accounts that they have at the providers.

An ordinary persona signs in without a failure. A scripted persona has an identity of its own as well; at its sign-in
the provider does what the description says. Numbers never change: provider ids are made from them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Persona:
    """A person with an account at every provider."""

    number: int
    name: str
    title: str
    description: str
    first_name: str
    last_name: str
    ordinary: bool

    @property
    def email(self) -> str:
        """Return the address that the persona has at every provider."""
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
    _scripted(101, "no-email", "The provider omits the e-mail address."),
    _scripted(102, "long-name", "Every name is 1,000 characters long."),
    _scripted(103, "nul-name", "Every name contains a NUL and a control character."),
    _scripted(104, "unverified-email", "The address is unverified, at providers that tell."),
    _scripted(105, "foreign", "The tokens were issued to another app."),
    _scripted(106, "expired", "The tokens have expired."),
    _scripted(107, "revoked", "The person has revoked the app's permission; id_tokens stay valid."),
    _scripted(108, "slow", "Answers after 3 seconds."),
    _scripted(109, "drip", "Answers one byte a second, headers too."),
    _scripted(110, "hang", "Accepts the request and sends nothing."),
    _scripted(111, "error-500", "Answers 500."),
    _scripted(112, "error-503", "Answers 503 with Retry-After: 7."),
    _scripted(113, "rate-limited", "Answers 429 with Retry-After: 30."),
    _scripted(114, "html", "Answers 200 with an HTML page."),
    _scripted(115, "empty", "Answers 200 with an empty body."),
    _scripted(116, "null", "Answers 200 with null."),
    _scripted(117, "list", "Answers 200 with a list."),
    _scripted(118, "bad-utf8", "Answers 200 with JSON that is not UTF-8."),
    _scripted(119, "deep-json", "Answers 200 with lists nested 100,000 levels deep."),
    _scripted(120, "endless", "Answers 200 with a body of 200 MB that never ends."),
    _scripted(121, "gzip-bomb", "Answers 200 with a small body that inflates to 200 MB of valid JSON."),
    _scripted(122, "redirect", "Answers 302 to /canary, which counts its visits at /canary/visits."),
    _scripted(123, "reset", "Resets the connection."),
    _scripted(124, "error-object", "Answers 200 with the provider's error object."),
    _scripted(125, "no-id", "The profile has no id."),
    _scripted(126, "false-id", "The profile's id is false."),
    _scripted(127, "list-id", "The profile's id is an empty list."),
    _scripted(128, "object-id", "The profile's id is an empty object."),
    _scripted(129, "long-id", "The profile's id is 300 characters long."),
    _scripted(130, "nul-id", "The profile's id contains a NUL."),
    _scripted(
        131, "mismatch", "The audience check names this persona, the profile Ellen Ripley, where both name a user."
    ),
    _scripted(132, "check-down", "Only the audience check answers 500."),
    _scripted(133, "check-nonsense", "Only the audience check answers JSON that names no application."),
    _scripted(
        134,
        "unregistered",
        "Facebook, X, Instagram, GitHub and every token endpoint refuse the service's own registration.",
    ),
    _scripted(135, "wrong-issuer", "The id_token names another issuer."),
    _scripted(136, "wrong-party", "The id_token is for this app, but its azp is another."),
    _scripted(137, "wrong-nonce", "The id_token contains another nonce than the requested one."),
    _scripted(138, "future", "The id_token was issued an hour from now."),
    _scripted(139, "unsigned", "The id_token has the algorithm none and no signature."),
    _scripted(140, "public-key", "The id_token is signed with HS256 and the public key as the secret."),
    _scripted(141, "wrong-key", "The id_token names the provider's key and is signed with another."),
    _scripted(142, "unknown-key", "The id_token names a key that the provider does not publish."),
    _scripted(143, "empty-id", "The profile's id is an empty string."),
    _scripted(144, "true-id", "The profile's id is true."),
    _scripted(145, "nan-id", "The profile's id is NaN, which is not JSON."),
    _scripted(146, "odd-email", "The address is verified, and has a control character in a quoted local part."),
    _scripted(147, "expired-code", "The code has expired."),
    _scripted(148, "used-code", "The code has been used."),
    _scripted(149, "foreign-code", "The code was issued to another app."),
    _scripted(150, "foreign-redirect", "The code was issued for another redirect URI."),
    _scripted(151, "foreign-verifier", "The code was issued for another code_verifier."),
    _scripted(152, "unauthorized-client", "The token endpoint does not allow the app to exchange codes."),
    _scripted(153, "unsupported-grant", "The token endpoint does not exchange codes."),
    _scripted(154, "unknown-redirect", "The token endpoint does not know the redirect URI."),
    _scripted(155, "no-token", "The exchange of the code gives no token."),
    _scripted(156, "id-token-only", "The exchange of the code gives an id_token alone, where there is one."),
    _scripted(157, "profile-down", "Only the profile answers 500."),
    _scripted(158, "short-lived", "The exchange of the code says that the access token expires in one second."),
    _scripted(159, "refresh-refused", "The refresh token is refused."),
    _scripted(160, "refresh-down", "Only the refresh answers 500."),
    _scripted(161, "nested-token", "Instagram's exchange of the code gives the token in a list, as documented."),
)

_BY_NAME = {persona.name: persona for persona in PERSONAS}
_NUMBERED = re.compile(r"guest-([1-9][0-9]{9})")
"""The names of personas for programs that need a new person each time."""


def find(name: object) -> Persona | None:
    """Return the persona with this name, or None."""
    if not isinstance(name, str):
        return None
    numbered = _NUMBERED.fullmatch(name)
    return _numbered(int(numbered[1])) if numbered else _BY_NAME.get(name)


def _numbered(number: int) -> Persona:
    return _person(number, f"guest-{number}", f"Guest {number}", "Signs in everywhere, for the first time.")


RIPLEY = _BY_NAME["ripley"]


class _Absent:
    """The type of `ABSENT`, the value of a field that the provider omits."""


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Account:
    """The data of a persona at a provider; `id` may be any JSON value, because some personas have invalid ids."""

    id: object
    username: str
    name: str
    first_name: str
    last_name: str
    email: str | None
    email_verified: bool = True

    @property
    def text_id(self) -> object:
        """Return the id as a string if it is an integer, otherwise unchanged."""
        return str(self.id) if type(self.id) is int else self.id


def _with_names(change: Callable[[str], str]) -> Callable[[Account], Account]:
    def renamed(account: Account) -> Account:
        return replace(
            account,
            username=change(account.username),
            name=change(account.name),
            first_name=change(account.first_name),
            last_name=change(account.last_name),
        )

    return renamed


def _with_id(new_id: Callable[[object], object]) -> Callable[[Account], Account]:
    return lambda account: replace(account, id=new_id(account.id))


ALTERATIONS: Mapping[str, Callable[[Account], Account]] = {
    "no-email": lambda account: replace(account, email=None),
    "unverified-email": lambda account: replace(account, email_verified=False),
    "odd-email": lambda account: replace(account, email='"odd\x01email"@example.com'),
    "long-name": _with_names(lambda name: (name * 1000)[:1000]),
    "nul-name": _with_names(lambda name: f"{name[:2]}\x00{name[2:]}\x1b"),
    "no-id": _with_id(lambda _: ABSENT),
    "empty-id": _with_id(lambda _: ""),
    "false-id": _with_id(lambda _: False),
    "true-id": _with_id(lambda _: True),
    "nan-id": _with_id(lambda _: float("nan")),
    "list-id": _with_id(lambda _: []),
    "object-id": _with_id(lambda _: {}),
    "long-id": _with_id(lambda _: "9" * 300),
    "nul-id": _with_id(lambda user_id: f"{user_id}\x00"),
}


def account_of(persona: Persona, user_id: int | str) -> Account:
    """Return the persona's account with this id, altered as the persona requires."""
    account = Account(
        id=user_id,
        username=persona.name,
        name=f"{persona.first_name} {persona.last_name}",
        first_name=persona.first_name,
        last_name=persona.last_name,
        email=persona.email,
    )
    alter = ALTERATIONS.get(persona.name)
    return alter(account) if alter else account


def present(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields without the absent ones."""
    return {name: value for name, value in fields.items() if value is not ABSENT}
