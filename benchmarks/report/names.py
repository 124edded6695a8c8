"""What the ways of measuring are called, and the cells that all tables share."""

from benchmarks.report.markdown import figure
from benchmarks.report.summary import ratio
from benchmarks.results import Key, Results

OVER = {"http": "http", "tls": "TLS"}
DATABASES = {"postgres": "PostgreSQL", "sqlite": "SQLite"}


def ways(results: Results, what: str) -> list[tuple[str, str]]:
    """Give the databases and schemes by which a figure was measured."""
    having = {(key.database, key.scheme) for key in results.values if key.what == what}
    return [(database, scheme) for database in DATABASES for scheme in OVER if (database, scheme) in having]


def tandems(results: Results) -> list[str]:
    """Give the names of Tandem's mounts."""
    return [name for name in results.titles if name.startswith("tandem-")]


def peers(results: Results) -> list[str]:
    """Give the names of those that are neither Tandem nor the yardstick."""
    return [name for name in results.titles if name != "yardstick" and not name.startswith("tandem-")]


def to_yardstick(results: Results, key: Key) -> str:
    """Give a figure's ratio to the yardstick's."""
    return figure(ratio(results, key, key._replace(candidate="yardstick")))
