"""Migrations let processes of the previous release go on (docs/upgrading.md): they add, and take nothing away."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from tests.e2e.servers import ROOT

EXAMINED = {
    ("social", "0003_fewer_indexes_of_tokens"): "drops two indexes, and adds a constraint that replaces one of them",
    ("rollout", "0002_delete_parity_difference"): "the table of a comparison that was removed before the first release",
    ("rollout", "0003_longer_resource_names"): "widens a column: shorter names still fit",
}
"""Migrations with an operation that may take something away, and why the previous release does not miss it."""


def ours() -> Iterator[migrations.Migration]:
    """Yield the migrations of this project's apps."""
    for (app, _), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        if Path(apps.get_app_config(app).path).parent == ROOT:
            yield migration


def adds_only(operation: Operation) -> bool:
    """Return True if code that does not know of the operation cannot notice it."""
    match operation:
        case migrations.CreateModel() | migrations.AddIndex() | migrations.AlterModelOptions():
            return True
        case migrations.AddField():
            # Code that does not know the column inserts rows without it.
            return operation.field.null or operation.field.many_to_many or operation.field.has_db_default()
        case migrations.RunPython():
            return operation.reversible
        case migrations.SeparateDatabaseAndState():
            return all(map(adds_only, operation.database_operations))
    return False


def test_the_previous_release_goes_on() -> None:
    """Each operation adds something, or somebody has examined the migration."""
    taking = {
        (migration.app_label, migration.name)
        for migration in ours()
        if not all(adds_only(operation) for operation in migration.operations)
    }
    assert taking == set(EXAMINED)


def test_a_field_without_a_default_is_noticed() -> None:
    """Rows that the previous release inserts would have no value for it."""
    assert not adds_only(migrations.AddField("accesstoken", "scope", models.CharField(max_length=10, default="")))
    assert adds_only(migrations.AddField("accesstoken", "scope", models.CharField(max_length=10, db_default="")))
    assert adds_only(migrations.AddField("accesstoken", "scope", models.CharField(max_length=10, null=True)))
    assert not adds_only(migrations.RemoveField("accesstoken", "proved_at"))


def test_each_migration_can_be_reversed() -> None:
    """`migrate APP NAME` goes back, should a release have to be withdrawn with its tables."""
    assert [str(one) for one in ours() if not all(operation.reversible for operation in one.operations)] == []
