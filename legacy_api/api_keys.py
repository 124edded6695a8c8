"""Where Tastypie keeps the keys it has issued: a table that is read by its name.

Tastypie's own model is no use here: it exists only where `tastypie` is an installed app, and is abstract where a
project has made its own of it (`TASTYPIE_ABSTRACT_APIKEY`).
"""

from typing import Any

from django.apps.registry import Apps
from django.contrib.auth import get_user_model
from django.db import connections, models

from social.models import AccessToken

TABLE = "tastypie_apikey"


class NoSuchTableError(Exception):
    """The table of the keys is not there, or not like Tastypie's; the message says so."""


def database() -> str:
    """Give the database of the access tokens, in which the keys are too."""
    return AccessToken.objects.db


def api_keys(table: str = TABLE) -> Any:
    """Give the rows of a table like Tastypie's `ApiKey`, as a queryset.

    :raises NoSuchTableError: there is none.
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
    """Make a model of the table, in a registry of its own, as Django's MigrationRecorder does: no app has it."""

    class ApiKey(models.Model):
        id = models.BigAutoField(primary_key=True)
        # By its class: this registry has no other model, and only the type of the column matters.
        user = models.ForeignKey(get_user_model(), models.DO_NOTHING, related_name="+")
        key = models.CharField(max_length=256, null=True)  # noqa: DJ001 - a table of years ago may hold anything
        created = models.DateTimeField(null=True)

        class Meta:
            apps = Apps()
            app_label = "legacy_api"
            db_table = table
            managed = False

        def __str__(self) -> str:
            """Never the key."""
            return f"key {self.pk}"

    return ApiKey
