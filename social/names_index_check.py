"""`manage.py check --database default`, and so `migrate`: whether there is the index by which names are found."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core import checks
from django.db import connections, router
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import DatabaseError

from social.names_index import names_index

_BUILT_BY = ("social", "0002_names_index")


@checks.register(checks.Tags.database)
def check_names_index(
    app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any
) -> Sequence[checks.CheckMessage]:
    """Say where the migration has found no column, was faked, or where a later one has lost the index again.

    On SQLite Django changes a table by making it anew, with the indexes that its app knows of.
    """
    using = router.db_for_write(get_user_model())
    if using not in (databases or ()):
        return []
    connection = connections[using]
    index = names_index(connection)
    try:
        if index is None or _BUILT_BY not in MigrationRecorder(connection).applied_migrations() or index.is_there:
            return []
    except DatabaseError:  # it is away, which others say
        return []
    return [
        checks.Warning(
            "User names have no index that ignores their case: each sign-up looks at all users.",
            hint="Build it: manage.py migrate social 0001 && manage.py migrate social",
            id="social.W005",
        )
    ]
