"""Reading times from PostgreSQL: psycopg's own loader takes 33 000 instructions for each, a read has four of them."""

from datetime import UTC, datetime
from functools import cache

from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap
from psycopg.types.datetime import TimestamptzLoader


class UtcLoader(TimestamptzLoader):
    """The loader of Django's connections, whose time zone is UTC; other forms of a time are left to psycopg."""

    timezone = UTC
    """Django registers a loader of its own for each cursor if this is not the time zone of the connection."""

    def load(self, data: Buffer) -> datetime:
        """Return a time with the time zone UTC."""
        try:
            moment = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # an infinite time, or one before Christ
            return super().load(data)
        return moment if moment.tzinfo is UTC else super().load(data)


@cache
def with_utc_loader(adapters: AdaptersMap) -> AdaptersMap:
    """Return a copy of a connection's adapters with our loader for times."""
    own = AdaptersMap(adapters)
    own.register_loader("timestamptz", UtcLoader)
    return own
