"""A name for a new user: clean, short, unique whatever the case (docs/contract.md, section 4)."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import or_

from django.contrib.auth import get_user_model
from django.db import connections, router
from django.db.models import Q
from django.db.models.functions import Collate

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


_LOCK = (
    "SELECT pg_advisory_xact_lock(hashtext('tandem.username'), key) "
    # In one order for everybody: two who want the same two names must not wait for each other.
    "FROM (SELECT DISTINCT hashtext(name) AS key FROM unnest(%s::text[]) AS name ORDER BY key) AS keys"
)


def taken_among(names: Sequence[str]) -> frozenset[str]:
    """Give those names that a user has, and keep others from taking any of them until the caller's transaction ends.

    :param names: of ASCII letters, digits, `.`, `_` and `-`.
    """
    model = get_user_model()
    using = router.db_for_write(model)
    vendor = connections[using].vendor
    if vendor == "postgresql":
        # The column is unique by case only; whoever takes a name in another case at this moment waits here.
        # A statement of its own: what a statement sees is settled before it waits.
        with connections[using].cursor() as cursor:
            cursor.execute(_LOCK, [[name.lower() for name in names]])
    # Not the default manager, which may hide people or join what nobody has asked for.
    users = model._base_manager.using(using)  # noqa: SLF001 - Django documents it
    look_up = f"{model.USERNAME_FIELD}__iexact"
    if vendor == "sqlite":
        # Its `iexact` is LIKE ... ESCAPE, which no index serves; this ignores the case of the same letters.
        users, look_up = users.alias(any_case=Collate(model.USERNAME_FIELD, "NOCASE")), "any_case"
    found = users.filter(reduce(or_, (Q((look_up, name)) for name in names)))
    # In upper case, as PostgreSQL compares: an `i` and one without its dot have one capital, and are alike to it.
    had = {str(name).upper() for name in found.values_list(model.USERNAME_FIELD, flat=True)}
    return frozenset(name for name in names if name.upper() in had)
