"""An index on the users' table, which belongs to another app: no model's state changes, and no other app's migrations.

Not in a transaction: PostgreSQL builds it while people go on signing up. Interrupted, it is run again.
"""

from typing import Any

from django.conf import settings
from django.db import migrations

from social.names_index import names_index


def build(apps: Any, schema_editor: Any) -> None:
    index = names_index(schema_editor.connection)
    if index is not None:
        index.build()


def remove(apps: Any, schema_editor: Any) -> None:
    index = names_index(schema_editor.connection)
    if index is not None:
        index.remove()


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("social", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(build, remove)]
