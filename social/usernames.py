"""User names for new users: clean, short, unique without regard to case (docs/contract.md, section 4)."""

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
CANDIDATES_PER_QUERY = 2
"""How many names one query checks."""
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
_FORBIDDEN = re.compile(r"[^A-Za-z0-9._-]")
_PUNCTUATION_ONLY = re.compile(r"[._-]*")


def choose_username(
    suggestion: object,
    *,
    unlike: Iterable[str],
    taken_among: Callable[[Sequence[str]], Collection[str]],
    max_length: int = MAX_LENGTH,
    may_be_plain: bool = True,
) -> str:
    """Return a free name that is as similar to the provider's suggestion as the rules allow.

    :param suggestion: the provider's suggestion; anything but a string is ignored.
    :param unlike: the provider's id and the tokens, which some backends suggest and which must not be published.
    :param taken_among: returns those of some names that users have, without regard to case.
    :param max_length: the length of the user model's column, if it is less than 30.
    :param may_be_plain: False if the suggestion itself was refused before, so that the name needs a random part.
    """
    length = min(max_length, MAX_LENGTH)
    name = reduce_to_name(suggestion)[:length]
    private = {reduce_to_name(value)[:length].lower() for value in unlike}
    if not name or name.lower() in RESERVED | private:
        name = ""
    candidates = _candidates(name, length, may_be_plain=may_be_plain)
    while True:
        # With many users, the plain name is usually taken; checking the next candidate in the same query costs nothing.
        checked = list(islice(candidates, CANDIDATES_PER_QUERY))
        taken = taken_among(checked)
        if free := [candidate for candidate in checked if candidate not in taken]:
            return free[0]


def reduce_to_name(suggestion: object) -> str:
    """Return a suggestion reduced to `[A-Za-z0-9._-]`, without accents, and an address reduced to its local part."""
    if not isinstance(suggestion, str):
        return ""
    # Normalised first, so that a full-width "admin" is compared with the reserved names as "admin".
    folded = unicodedata.normalize("NFKD", suggestion.split("@", 1)[0])
    name = _FORBIDDEN.sub("", folded)
    return "" if _PUNCTUATION_ONLY.fullmatch(name) else name


def _candidates(name: str, length: int, *, may_be_plain: bool) -> Iterator[str]:
    if name and may_be_plain:
        yield name
    for size in (2, 2, 3, 4, 6, 8, 10):
        suffix = secrets.token_hex(size)
        yield f"{name[: length - len(suffix) - 1] or FALLBACK}-{suffix}"[:length]
    while True:
        yield secrets.token_hex(16)[:length]


_LOCK = (
    "SELECT pg_advisory_xact_lock(hashtext('tandem.username'), key) "
    # In a fixed order: two sign-ups that lock the same two names must not deadlock.
    "FROM (SELECT DISTINCT hashtext(name) AS key FROM unnest(%s::text[]) AS name ORDER BY key) AS keys"
)


def taken_among(names: Sequence[str]) -> frozenset[str]:
    """Return those names that users have under USERNAME_FIELD, without regard to case.

    On PostgreSQL, also lock all of the names until the transaction ends.

    :param names: names of ASCII letters, digits, `.`, `_` and `-`, or an address that the provider reports.
    """
    model = get_user_model()
    using = router.db_for_write(model)
    vendor = connections[using].vendor
    if vendor == "postgresql":
        # The column is unique only with regard to case, so a sign-up that takes the name in another case must wait.
        # In a statement of its own: a statement's snapshot is taken before it waits for the lock.
        with connections[using].cursor() as cursor:
            cursor.execute(_LOCK, [[name.lower() for name in names]])
    # Not the default manager, which may hide users or join other tables.
    users = model._base_manager.using(using)  # noqa: SLF001 - Django documents it
    lookup = f"{model.USERNAME_FIELD}__iexact"
    if vendor == "sqlite":
        # `iexact` is LIKE ... ESCAPE, which uses no index; NOCASE ignores the case of ASCII letters.
        users, lookup = users.alias(any_case=Collate(model.USERNAME_FIELD, "NOCASE")), "any_case"
    found = users.filter(reduce(or_, (Q((lookup, name)) for name in names)))
    # In upper case, as PostgreSQL's iexact compares: a dotless `i` has the same capital as `i`.
    taken = {str(name).upper() for name in found.values_list(model.USERNAME_FIELD, flat=True)}
    return frozenset(name for name in names if name.upper() in taken)


def taken_in_column(names: Sequence[str], *, field: str) -> frozenset[str]:
    """Return those names that users have in another column than USERNAME_FIELD, with regard to case.

    Nobody signs in by that column, and only a comparison with regard to case can use its index.
    """
    model = get_user_model()
    users = model._base_manager.using(router.db_for_write(model))  # noqa: SLF001 - as above
    found = users.filter(**{f"{field}__in": names}).values_list(field, flat=True)
    return frozenset(map(str, found))
