"""What a call sends to PostgreSQL, statement by statement, and what PostgreSQL does for it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

_PLANNED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH)\b", re.IGNORECASE)
"""All others begin, end or settle something."""
_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "


@dataclass(frozen=True, slots=True)
class Statement:
    """One that was sent, with its parameters and the rows as they were at that moment."""

    sql: str
    plan: dict[str, Any]
    """PostgreSQL's, of running it: https://www.postgresql.org/docs/current/using-explain.html."""
    indexes: Mapping[str, int]
    """How many each table has."""

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """Give the steps of the plan, sub-plans included."""
        found = [self.plan]
        for node in found:
            found += node.get("Plans", ())
        return found

    @property
    def looks_into(self) -> list[str]:
        """Give how each table, or index, is looked into."""
        return [f"{node['Node Type']} {_place(node)}" for node in self.nodes if _looks(node)]

    @property
    def does(self) -> set[str]:
        """Give what is done to each table."""
        read = {f"Select {node['Relation Name']}" for node in self.nodes if _looks(node) and "Relation Name" in node}
        written = {f"{node['Operation']} {node['Relation Name']}" for node in self.nodes if "Operation" in node}
        return read | written

    @property
    def long_ways(self) -> list[str]:
        """Give the steps that take the longer, the more rows there are: along a whole table, or a whole index."""
        return [
            f"{node['Node Type']} {_place(node)}"
            for node in self.nodes
            if node["Node Type"] == "Seq Scan" or ("Index Name" in node and "Index Cond" not in node)
        ]

    @property
    def descents(self) -> int:
        """Count the ways from the root of an index to a leaf: to look, and to enter a new version of a row."""
        looked = sum(node["Actual Loops"] for node in self.nodes if "Index Name" in node)
        entered = sum(
            node["Plans"][0]["Actual Rows"] * self.indexes[node["Relation Name"]]
            for node in self.nodes
            if node.get("Operation") in {"Insert", "Update"}
        )
        return int(looked + entered)

    @property
    def passed_over(self) -> int:
        """Count the rows that were looked at in vain."""
        return sum(node.get("Rows Removed by Filter", 0) * node["Actual Loops"] for node in self.nodes)

    @property
    def pages(self) -> int:
        """Count the pages of 8 KiB that were touched, in memory or not; of indexes too."""
        touched: int = self.plan["Shared Hit Blocks"] + self.plan["Shared Read Blocks"]
        return touched


def _looks(node: dict[str, Any]) -> bool:
    return bool(node["Node Type"].endswith("Scan"))


def _place(node: dict[str, Any]) -> str:
    return str(node.get("Index Name") or node.get("Relation Name") or node.get("Alias"))


@contextmanager
def explained() -> Iterator[Sequence[Statement]]:
    """Collect the statements that are sent meanwhile, inside a transaction: each runs once more, and is taken back."""
    sent: list[Statement] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT indrelid::regclass::text, count(*) FROM pg_index GROUP BY indrelid")
        indexes = dict(cursor.fetchall())

    def send(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if _PLANNED.match(sql):
            assert not many
            sent.append(Statement(sql, _plan_of(sql, params), indexes))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(send):
        yield sent


def _plan_of(sql: str, params: Any) -> dict[str, Any]:
    # The driver's own cursor, which nobody wraps.
    with connection.connection.cursor() as cursor:
        cursor.execute("SAVEPOINT explained")
        cursor.execute(_EXPLAIN + sql, params)
        ((found,),) = cursor.fetchall()
        cursor.execute("ROLLBACK TO SAVEPOINT explained")
        cursor.execute("RELEASE SAVEPOINT explained")
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan
