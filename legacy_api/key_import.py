"""The import of Tastypie's API keys as access tokens (docs/contract.md, section 2). It only reads the keys' table.

The import may be interrupted, repeated, and run beside the service: each batch is one transaction, and keys that are
already imported are skipped. A key that was revoked here stays revoked, because its digest is still stored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.apps.registry import Apps
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connections, models, transaction
from django.db.models import Count
from django.utils import timezone

from shared.contract.authorization import can_carry
from social import tokens
from social.models import AccessToken
from social.tokens import is_live, live

TABLE = "tastypie_apikey"
ATTEMPTS = 3
"""How often a batch runs if one of its users is deleted in the meantime."""
SHORT = 22
"""Characters; a shorter key cannot hold 128 random bits. Tastypie's own keys have 40."""


class Outcome(StrEnum):
    """The result for one key."""

    IMPORTED = "imported"
    KNOWN = "already imported"
    ENDED = "no longer valid"
    EMPTY = "it is empty"
    USERLESS = "its user is gone"
    UNSENDABLE = "no Authorization header can carry it"
    SHARED = "another user has the same key"


VALID = frozenset({Outcome.IMPORTED, Outcome.KNOWN})
REFUSED = (Outcome.EMPTY, Outcome.USERLESS, Outcome.UNSENDABLE, Outcome.SHARED)
LOST = frozenset({Outcome.UNSENDABLE, Outcome.SHARED})
"""Keys that a client may use today and that are not accepted here."""


class NoSuchTableError(Exception):
    """The table of the keys does not exist, or lacks columns of Tastypie's; the message names them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result for a row of the table, without its key."""

    row: int
    user: Any
    outcome: Outcome
    short: bool = False
    """Whether the key is valid and short enough to be guessed."""


def database() -> str:
    """Return the alias of the database that holds the access tokens and the keys."""
    return AccessToken.objects.db


def api_keys(table: str = TABLE) -> Any:
    """Return the rows of a table like Tastypie's `ApiKey`, as a queryset.

    It does not use Tastypie's model, which exists only if `tastypie` is an installed app, and is abstract if the
    project has a model of its own (`TASTYPIE_ABSTRACT_APIKEY`).

    :raises NoSuchTableError: there is no such table.
    """
    connection = connections[database()]
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            raise NoSuchTableError(f"There is no table {table}: the keys must be in the database that is migrated.")
        columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
    if missing := {"id", "user_id", "key", "created"} - columns:
        raise NoSuchTableError(f"The table {table} has no column {', '.join(sorted(missing))}: it holds no keys.")
    return _model(table).objects.using(connection.alias).order_by("pk")


def _model(table: str) -> Any:
    """Return a model of the table in a registry of its own, like that of Django's MigrationRecorder."""

    class ApiKey(models.Model):
        id = models.BigAutoField(primary_key=True)
        # The class, not its name: this registry has no user model, and only the type of the column matters.
        user = models.ForeignKey(get_user_model(), models.DO_NOTHING, related_name="+")
        key = models.CharField(max_length=256, null=True)  # noqa: DJ001 - an old table may hold NULL
        created = models.DateTimeField(null=True)

        class Meta:
            apps = Apps()
            app_label = "legacy_api"
            db_table = table
            managed = False

        def __str__(self) -> str:
            """Return the row's id, not the key."""
            return f"key {self.pk}"

    return ApiKey


def shared_keys(rows: Any) -> frozenset[str]:
    """Return the digests of the keys that more than one user has, with one statement for the whole table."""
    by_key = rows.exclude(key=None).exclude(key="").order_by().values("key")
    several = by_key.annotate(users=Count("user", distinct=True)).filter(users__gt=1)
    return frozenset(tokens.digest_of(key) for key in several.values_list("key", flat=True))


def import_keys(rows: Any, *, batch_size: int, write: bool = True) -> Iterator[list[Finding]]:
    """Import all keys, and yield the findings of each batch.

    :param rows: the queryset that `api_keys` returns.
    :param batch_size: the number of rows in a batch, which is one transaction.
    :param write: False for a dry run.
    """
    shared = shared_keys(rows)
    last = None
    while batch := list(_after(rows, last)[:batch_size]):
        last = batch[-1].pk
        yield _import(batch, shared, write)


def imported_and_missing(rows: Any, *, batch_size: int) -> Iterator[list[int]]:
    """Yield, in batches, the ids of live imported keys that are no longer in the table."""
    imported = AccessToken.objects.filter(live(timezone.now()), imported=True).order_by("pk")
    last = None
    while batch := list(_after(imported, last)[:batch_size]):
        last = batch[-1].pk
        kept = rows.filter(user__in=[token.user_id for token in batch]).values_list("user", "key")
        digests = {(user, tokens.digest_of(key)) for user, key in kept if key}
        yield [token.pk for token in batch if (token.user_id, token.digest) not in digests]


def _after(rows: Any, last: int | None) -> Any:
    return rows if last is None else rows.filter(pk__gt=last)


def _import(batch: Sequence[Any], shared: frozenset[str], write: bool) -> list[Finding]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(using=database()):
                return _import_once(batch, shared, write)
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _import_once(batch: Sequence[Any], shared: frozenset[str], write: bool) -> list[Finding]:
    now = timezone.now()
    digests = {row.pk: tokens.digest_of(row.key) for row in batch if row.key}
    users = get_user_model()._default_manager.using(database()).filter(pk__in=[row.user_id for row in batch])
    user_ids = set(users.values_list("pk", flat=True))
    known = {token.digest: token for token in AccessToken.objects.filter(digest__in=digests.values())}
    found: list[Finding] = []
    new: dict[str, AccessToken] = {}
    for row in batch:
        digest = digests.get(row.pk, "")
        outcome = _outcome(row, user_ids, known.get(digest) or new.get(digest), digest in shared, now)
        if outcome is Outcome.IMPORTED:
            new[digest] = _token(row, digest, now)
        found.append(Finding(row.pk, row.user_id, outcome, short=outcome in VALID and len(row.key) < SHORT))
    if write:
        AccessToken.objects.bulk_create(new.values(), ignore_conflicts=True)
    return found


def _outcome(row: Any, user_ids: set[Any], token: AccessToken | None, is_shared: bool, now: datetime) -> Outcome:
    if not row.key:
        return Outcome.EMPTY
    if row.user_id not in user_ids:
        return Outcome.USERLESS
    if token is not None and token.user_id == row.user_id:
        return Outcome.KNOWN if is_live(token, now) else Outcome.ENDED
    if not can_carry(row.key):
        return Outcome.UNSENDABLE
    return Outcome.SHARED if is_shared or token is not None else Outcome.IMPORTED


def _token(row: Any, digest: str, now: datetime) -> AccessToken:
    # Tastypie does not store the last use. An older time would make the key the first to be revoked at TOKENS_PER_USER.
    return AccessToken(user_id=row.user_id, digest=digest, created=row.created or now, last_used=now, imported=True)
