"""As many users as a test needs, each with an account, a token and a last call; made by the database itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

PROVIDERS = ("facebook", "github", "google-oauth2", "twitter", "instagram")
"""In turn, by the number of the user."""
BUSY = 10
"""A user with as many tokens, and accounts, as TOKENS_PER_USER lets there be: those of the first users."""
MANY = 50
SHAPE: dict[str, Any] = {
    "providers": list(PROVIDERS),
    "id_keys": ["sub" if provider == "google-oauth2" else "id" for provider in PROVIDERS],
    "busy": BUSY,
    "many": MANY,
}
_ROWS = {
    "auth_user": """
        INSERT INTO auth_user
            (id, username, password, first_name, last_name, email, is_superuser, is_staff, is_active, date_joined)
        SELECT n, CASE n %% 3 WHEN 0 THEN 'Person-' ELSE 'person-' END || n, '!' || md5(n::text), 'Ellen', 'Ripley',
            'person-' || n || '@example.com', false, false, true, now() - interval '1 day'
        FROM generate_series(1, %(users)s) n
    """,
    "social_auth_usersocialauth": """
        INSERT INTO social_auth_usersocialauth (user_id, provider, uid, id_key, extra_data, created, modified)
        SELECT CASE WHEN n <= %(many)s THEN %(busy)s ELSE n END, (%(providers)s::text[])[1 + n %% 5],
            (10000000 + n)::text, (%(id_keys)s::text[])[1 + n %% 5],
            jsonb_build_object('auth_time', 1795470000 + n, 'id', 10000000 + n, 'token_type', 'bearer'),
            now() - interval '1 day', now() - interval '1 day'
        FROM generate_series(1, %(users)s) n
    """,
    "social_accesstoken": """
        INSERT INTO social_accesstoken (user_id, digest, created, last_used, expires_at, imported)
        SELECT CASE WHEN n <= %(many)s THEN %(busy)s ELSE n END, encode(sha256(('token-' || n)::bytea), 'hex'),
            now() - interval '1 day', now() - interval '1 day' - n * interval '1 second',
            CASE n %% 7 WHEN 0 THEN NULL ELSE now() + interval '89 days' END, n %% 7 = 0
        FROM generate_series(1, %(users)s) n
    """,
    "rollout_lastcall": """
        INSERT INTO rollout_lastcall (user_id, version, at)
        SELECT n, 'v' || 1 + n %% 2, now() - (n %% 400) * interval '1 day' FROM generate_series(1, %(users)s) n
    """,
    "rollout_dailycalls": """
        INSERT INTO rollout_dailycalls (day, version, client, resource, outcome, calls)
        SELECT current_date - day, 'v' || version, 'ShopApp/' || client, resource, 'ok', 1000
        FROM generate_series(1, %(users)s / 2500) day, generate_series(1, 2) version, generate_series(1, 100) client,
            (VALUES ('user'), ('social_sign_up')) AS resources (resource)
    """,
}


def provider_of(user: int) -> str:
    """Give the provider by which a user signs in."""
    return PROVIDERS[user % 5]


def uid_of(user: int) -> str:
    """Give the id that a user has there."""
    return str(10_000_000 + user)


def token_of(user: int) -> str:
    """Give a user's access token."""
    return f"token-{user}"


def fill(users: int) -> None:
    """Fill a migrated database; its tables end as the migrations have made them, and as autovacuum keeps them."""
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '256MB'")
        for table, rows in _ROWS.items():
            with transaction.atomic(), _without_indexes(cursor, table):
                cursor.execute(rows, {**SHAPE, "users": users})
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM {table}))",  # noqa: S608
                [table],
            )
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(_ROWS)}")


@contextmanager
def _without_indexes(cursor: Any, table: str) -> Iterator[None]:
    """Take off what each row would be entered in, and build it anew from all of them, which is several times faster."""
    statements = drop_indexes(cursor, table)
    yield
    for statement in statements:
        cursor.execute(statement)


def drop_indexes(cursor: Any, table: str) -> list[str]:
    """Drop all but the primary key; give the statements that make them as they were."""
    cursor.execute(
        "SELECT conname, format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, "
        "pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('f', 'u')",
        [table],
    )
    constraints = cursor.fetchall()
    for name, _ in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    cursor.execute(
        "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indrelid = %s::regclass AND NOT indisprimary",
        [table],
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    return [statement for _, statement in [*indexes, *constraints]]
