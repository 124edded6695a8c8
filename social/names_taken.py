"""Whether a user has a name, in whatever case; by the index of `social.names_index`."""

from django.contrib.auth import get_user_model
from django.db import connections, router
from django.db.models.functions import Collate


def is_taken(name: str) -> bool:
    """Say whether a user has this name, and keep others from taking it until the caller's transaction ends.

    :param name: of ASCII letters, digits, `.`, `_` and `-`.
    """
    model = get_user_model()
    using = router.db_for_write(model)
    # Not the default manager, which may hide people or join what nobody has asked for.
    users = model._base_manager.using(using)  # noqa: SLF001 - Django documents it
    vendor = connections[using].vendor
    if vendor == "postgresql":
        # The column is unique by case only; whoever takes a name in another case at this moment waits here.
        # A statement of its own: what a statement sees is settled before it waits.
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('tandem.username'), hashtext(%s))", [name.lower()])
    if vendor == "sqlite":
        # Its `iexact` is LIKE, to which an index gives every name that begins so; this ignores the case just as well.
        return users.alias(any_case=Collate(model.USERNAME_FIELD, "NOCASE")).filter(any_case=name).exists()
    return users.filter(**{f"{model.USERNAME_FIELD}__iexact": name}).exists()
