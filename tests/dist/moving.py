"""A project that moves from copied folders to the distribution: `python -m tests.dist.moving fill` and then `report`.

The project is the shop of tests/adopting. The same file runs with either.
"""

import json
import sys
from typing import Any

import django
from django.core.management import call_command
from django.db import connection


def fill() -> None:
    """Migrate the database and add a row of each kind, and permissions that a group has."""
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import Group, Permission  # noqa: PLC0415 - the apps must be ready first
    from django.utils import timezone  # noqa: PLC0415 - likewise
    from social_django.models import UserSocialAuth  # noqa: PLC0415 - likewise

    from rollout.models import Brownout  # noqa: PLC0415 - likewise
    from social import tokens  # noqa: PLC0415 - likewise
    from tests.adopting.shop.models import Customer  # noqa: PLC0415 - likewise

    ripley: Any = Customer.objects.create_user("ripley@example.com")
    UserSocialAuth.objects.create(user=ripley, provider="facebook", uid="1", extra_data={})
    tokens.issue(user=ripley)
    Brownout.objects.create(start=timezone.now(), end=timezone.now())
    group = Group.objects.create(name="staff")
    group.permissions.set(Permission.objects.filter(content_type__app_label__in=["social", "rollout"]))


def report() -> dict[str, Any]:
    """Migrate the database again, and return the rows of every table, and what `migrate --check` and others say."""
    said = {}
    for command in (("migrate", "--check"), ("makemigrations", "--check", "--dry-run")):
        try:
            call_command(*command, verbosity=0)
            said[" ".join(command)] = 0
        except SystemExit as end:
            said[" ".join(command)] = int(str(end.code))
    call_command("migrate", verbosity=0)
    rows = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")  # noqa: S608 - names of tables
            rows[table] = [[str(value) for value in row] for row in cursor.fetchall()]
    from django.apps import apps  # noqa: PLC0415 - the apps must be ready first

    labels = {config.label: config.name for config in apps.get_app_configs()}
    return {"commands": said, "rows": rows, "apps": labels}


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "fill":
        fill()
    sys.stdout.write(json.dumps(report()))
