"""A crowd, made in the database from one person who has signed up: their rows, with another number in every text."""

import psycopg
from psycopg import sql

PATTERN = 999_999_999
"""The person whose rows are copied."""
TABLES = {
    "yardstick": ("auth_user", "association"),
    "social_django": ("auth_user", "social_auth_usersocialauth"),
    "allauth": ("auth_user", "socialaccount_socialaccount", "account_emailaddress"),
}
"""What a person has a row in, by whose tables they are; the user first."""
_FIRST_ID = 1_000_000
"""Beyond the ids that the database itself will give out meanwhile."""
_TEXT = frozenset({"varchar", "text", "json", "jsonb"})
_COLUMNS = (
    "SELECT column_name, udt_name FROM information_schema.columns "
    "WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position"
)


def multiply(url: str, tables: str, count: int) -> None:
    """Add people 1 to `count`; only the pattern may be there.

    :param tables: a key of `TABLES`.
    """
    with psycopg.connect(url, autocommit=True) as session:
        for table in TABLES[tables]:
            session.execute(_copies(session, table), {"count": count, "first": _FIRST_ID, "pattern": str(PATTERN)})
        # Now, not by the server itself while something is measured.
        session.execute("VACUUM ANALYZE")


def _copies(session: "psycopg.Connection[tuple[str, str]]", table: str) -> sql.Composed:
    names, values = [], []
    for name, kind in session.execute(_COLUMNS, (table,)).fetchall():
        if name == "id" and table != "auth_user":
            continue
        names.append(sql.Identifier(name))
        values.append(_value(name, kind))
    return sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {values} FROM {table} one, generate_series(1, %(count)s) n"
    ).format(table=sql.Identifier(table), names=sql.SQL(", ").join(names), values=sql.SQL(", ").join(values))


def _value(name: str, kind: str) -> sql.Composable:
    if name in {"id", "user_id"}:
        return sql.SQL("%(first)s + n")
    column = sql.SQL("one.{}").format(sql.Identifier(name))
    if kind not in _TEXT:
        return column
    return sql.SQL("replace({}::text, %(pattern)s, n::text)::{}").format(column, sql.Identifier(kind))
