"""Which names users have, in whatever case; by the index of `social.names_index`."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.contrib.auth import get_user_model
from django.db import connections, router
from django.db.models import Q
from django.db.models.functions import Collate

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
