"""Create an index on the users' table, which belongs to another app; neither model states nor its migrations change.

The migration runs outside a transaction, so that PostgreSQL does not block sign-ups. Run it again if it is
interrupted.
"""

from typing import Any

from django.conf import settings
from django.db import migrations

from social.names_index import names_index


def create_index(apps: Any, schema_editor: Any) -> None:
    index = names_index(schema_editor.connection)
    if index is not None:
        index.create()


def drop_index(apps: Any, schema_editor: Any) -> None:
    index = names_index(schema_editor.connection)
    if index is not None:
        index.drop()


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("social", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(create_index, drop_index)]
