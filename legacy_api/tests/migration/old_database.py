"""The database of a company with a Tastypie API since 2019: users, keys, associations."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import dj_database_url
from django.db import connections, transaction
from django.db.utils import load_backend

from tests.e2e.databases import Database
from tests.legacy_rows.eras import ERAS, run_script

ERA = ERAS[1]
TASTYPIE = """
CREATE TABLE "tastypie_apiaccess" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "identifier" varchar(255) NOT NULL,
    "url" text NOT NULL,
    "request_method" varchar(10) NOT NULL,
    "accessed" integer NOT NULL
);
CREATE TABLE "tastypie_apikey" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "key" varchar(128) NOT NULL,
    "created" datetime NOT NULL,
    "user_id" integer NOT NULL UNIQUE REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "tastypie_apikey_key_17b411bb" ON "tastypie_apikey" ("key");
"""
"""The tables that `migrate` of Tastypie 0.14.4 creates on Django 2.2 (tastypie/migrations/0001 and 0002)."""

KEYS: Mapping[str, str] = {
    "ripley": "204db7bcfafb2deb7506b89eb3b9b715b09905c8",
    "dallas": "8d6e2f1c0b9a7f5e4d3c2b1a09f8e7d6c5b4a392",
    "parker": "77aa1d9be8c3405fb1a2c3d4e5f60718293a4b5c",
}
"""Keys in Tastypie's format: 40 hexadecimal digits."""
ASSOCIATIONS = (
    ("ripley", "google-oauth2", "ripley@example.com"),
    ("ripley", "facebook", "10011"),
    ("dallas", "facebook", "10012"),
    ("lambert", "google-oauth2", "lambert@example.com"),
)
"""Google's uids are addresses, as social-core wrote them until 2023."""


@contextmanager
def _cursor(database: Database) -> Iterator[Any]:
    options = {**connections.settings["default"], **dj_database_url.parse(database.url), "OPTIONS": {}}
    connection = load_backend(options["ENGINE"]).DatabaseWrapper(options, "default")
    before = connections["default"]
    connections["default"] = connection
    try:
        with transaction.atomic(), closing(connection.cursor()) as cursor:
            yield cursor
    finally:
        connection.close()
        connections["default"] = before


def make(database: Database) -> None:
    """Create the company's tables and rows in an empty database."""
    with _cursor(database) as cursor:
        ERA.make_tables(cursor, database.vendor)
        run_script(cursor, TASTYPIE, database.vendor)
        users = {
            name: ERA.add_user(cursor, name, email=f"{name}@example.com")
            for name in ("ripley", "dallas", "lambert", "parker")
        }
        for name, key in KEYS.items():
            cursor.execute(
                "INSERT INTO tastypie_apikey (key, created, user_id) VALUES (%s, %s, %s)",
                [key, ERA.moment, users[name]],
            )
        for name, provider, uid in ASSOCIATIONS:
            ERA.add_association(cursor, users[name], provider, uid, "{}")
        for migration in ("0001_initial", "0002_api_access_url_length"):
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('tastypie', %s, %s)",
                [migration, ERA.moment],
            )
