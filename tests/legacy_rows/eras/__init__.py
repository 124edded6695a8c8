"""The databases of three eras: their tables, created with the SQL of the libraries of that time."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
_TO_POSTGRES = (
    (r"integer NOT NULL PRIMARY KEY AUTOINCREMENT", "serial NOT NULL PRIMARY KEY"),
    (r"\bbool\b", "boolean"),
    (r'(REFERENCES "\w+" \("id"\))(?! DEF)', r"\1 DEFERRABLE INITIALLY DEFERRED"),
    (r"\bdatetime\b", "timestamp with time zone"),
    (r"\bsmallint unsigned\b", "smallint"),
    (r"text NOT NULL CHECK \(\(JSON_VALID.*?IS NULL\)\)", "jsonb NOT NULL"),
    (r'CREATE UNIQUE INDEX (".*?") ON (".*?") (\(.*\))', r"ALTER TABLE \2 ADD CONSTRAINT \1 UNIQUE \3"),
)
"""Replacements from Django's SQL for SQLite to its SQL for PostgreSQL."""


@dataclass(frozen=True)
class Era:
    """A year, and a setting of the libraries."""

    year: int
    jsonb: bool = False
    """Whether `SOCIAL_AUTH_POSTGRES_JSONFIELD` was set: `extra_data` was jsonb, as it is for all since 2023."""

    def __str__(self) -> str:
        return f"{self.year}{'-jsonb' if self.jsonb else ''}"

    def make_tables(self, cursor: Any, vendor: str) -> None:
        """Create the tables as the libraries of that year did."""
        text = (FOLDER / f"{self.year}.sql").read_text(encoding="utf-8")
        if self.jsonb:
            text = re.sub(r'"(extra_data|data)" text', r'"\1" jsonb', text)
        run_script(cursor, text, vendor)

    def add_user(self, cursor: Any, username: str, *, email: str = "", active: bool = True) -> int:
        """Insert a user; return the id."""
        cursor.execute(
            "INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, "
            "is_active, date_joined) VALUES ('!', %s, %s, '', '', %s, %s, %s, %s) RETURNING id",
            [False, username, email, False, active, self.moment],
        )
        pk: int = cursor.fetchone()[0]
        return pk

    def add_association(self, cursor: Any, user_id: int, provider: str, uid: str, extra_data: str) -> int:
        """Insert an association, with `extra_data` as stored in the column; return the id."""
        values = [user_id, provider, uid, extra_data]
        columns = ""
        if self.year >= 2020:
            columns, values = ", created, modified", [*values, self.moment, self.moment]
        cursor.execute(
            f"INSERT INTO social_auth_usersocialauth (user_id, provider, uid, extra_data{columns}) "  # noqa: S608 - ours
            f"VALUES ({', '.join(['%s'] * len(values))}) RETURNING id",
            values,
        )
        pk: int = cursor.fetchone()[0]
        return pk

    @property
    def moment(self) -> str:
        """The time at which all rows of the era were written."""
        return f"{self.year}-06-01 00:00:00+00:00"


def run_script(cursor: Any, text: str, vendor: str) -> None:
    """Run statements for SQLite on either database."""
    if vendor == "postgresql":
        for pattern, replacement in _TO_POSTGRES:
            text = re.sub(pattern, replacement, text)
    for statement in text.split(";\n"):
        if statement.strip():
            cursor.execute(statement)


ERAS = (Era(2015), Era(2019), Era(2024))
JSONB = Era(2019, jsonb=True)
