"""`python -m benchmarks.yardstick.schema`: make the tables in the database of `DATABASE_URL`."""

import os
from pathlib import Path

import django
from django.db import connection


def main() -> None:
    """Run the statements of schema.sql, one by one."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.yardstick.settings")
    django.setup()
    types = (
        {"key": "bigserial PRIMARY KEY", "time": "timestamptz"}
        if connection.vendor == "postgresql"
        else {"key": "integer PRIMARY KEY", "time": "datetime"}
    )
    schema = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8").format(**types)
    with connection.cursor() as cursor:
        for statement in schema.split(";"):
            if statement.strip():
                cursor.execute(statement)


if __name__ == "__main__":
    main()
