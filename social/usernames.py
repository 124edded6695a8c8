"""A name for a new user: clean, short, unique whatever the case (docs/contract.md, section 4)."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice

MAX_LENGTH = 30
FALLBACK = "user"
AT_ONCE = 2
"""How many names are asked for in one look-up."""
RESERVED = frozenset(
    {
        "admin",
        "administrator",
        "anonymous",
        "api",
        "bot",
        "current",
        "everyone",
        "help",
        "info",
        "mail",
        "me",
        "mod",
        "moderator",
        "nobody",
        "none",
        "null",
        "official",
        "operator",
        "owner",
        "postmaster",
        "root",
        "security",
        "self",
        "service",
        "staff",
        "support",
        "superuser",
        "sys",
        "system",
        "undefined",
        "user",
        "users",
        "webmaster",
    }
)
_FOREIGN = re.compile(r"[^A-Za-z0-9._-]")
_NO_LETTER = re.compile(r"[._-]*")


def choose_username(
    suggestion: object,
    *,
    unlike: Iterable[str],
    taken_among: Callable[[Sequence[str]], Collection[str]],
    max_length: int = MAX_LENGTH,
) -> str:
    """Give a free name as near to the provider's suggestion as the rules let it be.

    :param suggestion: what the provider suggests; anything but a string counts as nothing.
    :param unlike: the provider's id and the tokens, which some backends suggest and which must not be published.
    :param taken_among: gives those of some names that users have, without regard to case.
    :param max_length: how long the user model's column lets it be, where that is less than 30.
    """
    length = min(max_length, MAX_LENGTH)
    name = reduce_to_name(suggestion)[:length]
    secrets_of_the_person = {reduce_to_name(value)[:length].lower() for value in unlike}
    if not name or name.lower() in RESERVED | secrets_of_the_person:
        name = ""
    candidates = _candidates(name, length)
    while True:
        # Among many users the plain name is mostly taken: to ask for the next best with it costs nothing.
        asked = list(islice(candidates, AT_ONCE))
        taken = taken_among(asked)
        if free := [candidate for candidate in asked if candidate not in taken]:
            return free[0]


def reduce_to_name(suggestion: object) -> str:
    """Reduce to `[A-Za-z0-9._-]`: accents fold to their letter, an address to its local part."""
    if not isinstance(suggestion, str):
        return ""
    # Folding first: a full-width "admin" must meet the reserved names as what it looks like.
    folded = unicodedata.normalize("NFKD", suggestion.split("@", 1)[0])
    name = _FOREIGN.sub("", folded)
    return "" if _NO_LETTER.fullmatch(name) else name


def _candidates(name: str, length: int) -> Iterator[str]:
    if name:
        yield name
    for size in (2, 2, 3, 4, 6, 8, 10):
        suffix = secrets.token_hex(size)
        yield f"{name[: length - len(suffix) - 1] or FALLBACK}-{suffix}"[:length]
    while True:
        yield secrets.token_hex(16)[:length]
