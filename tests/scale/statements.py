"""The statements that a call sends to PostgreSQL, with their plans."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

_PLANNED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH)\b", re.IGNORECASE)
"""Statements with a plan; the others control transactions and sessions."""
_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that was sent, with the plan of its execution."""

    sql: str
    plan: dict[str, Any]
    """The output of EXPLAIN: https://www.postgresql.org/docs/current/using-explain.html."""
    indexes: Mapping[str, int]
    """The number of indexes by table."""

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """Return the nodes of the plan, including sub-plans."""
        found = [self.plan]
        for node in found:
            found += node.get("Plans", ())
        return found

    @property
    def operations(self) -> set[str]:
        """Return the operations on tables."""
        read = {f"Select {node['Relation Name']}" for node in self.nodes if _is_scan(node) and "Relation Name" in node}
        written = {f"{node['Operation']} {node['Relation Name']}" for node in self.nodes if "Operation" in node}
        return read | written

    @property
    def full_scans(self) -> list[str]:
        """Return the scans of a whole table or a whole index, which take longer the more rows there are."""
        return [
            f"{node['Node Type']} {_target(node)}"
            for node in self.nodes
            if node["Node Type"] == "Seq Scan" or ("Index Name" in node and "Index Cond" not in node)
        ]

    @property
    def descents(self) -> int:
        """Return the number of descents from the root of an index to a leaf, for reads and for writes."""
        read = sum(node["Actual Loops"] for node in self.nodes if "Index Name" in node)
        written = sum(
            node["Plans"][0]["Actual Rows"] * self.indexes[node["Relation Name"]]
            for node in self.nodes
            if node.get("Operation") in {"Insert", "Update"}
        )
        return int(read + written)

    @property
    def filtered_rows(self) -> int:
        """Return the number of rows that were read and filtered out."""
        return sum(node.get("Rows Removed by Filter", 0) * node["Actual Loops"] for node in self.nodes)

    @property
    def pages(self) -> int:
        """Return the number of 8 KiB pages of tables and indexes that were read, cached or not."""
        touched: int = self.plan["Shared Hit Blocks"] + self.plan["Shared Read Blocks"]
        return touched


def _is_scan(node: dict[str, Any]) -> bool:
    return bool(node["Node Type"].endswith("Scan"))


def _target(node: dict[str, Any]) -> str:
    return str(node.get("Index Name") or node.get("Relation Name") or node.get("Alias"))


@contextmanager
def explained() -> Iterator[Sequence[Statement]]:
    """Collect the statements of a transaction; EXPLAIN ANALYZE runs each once more and is rolled back."""
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
    # The driver's own cursor, so that the wrapper is not called.
    with connection.connection.cursor() as cursor:
        cursor.execute("SAVEPOINT explained")
        cursor.execute(_EXPLAIN + sql, params)
        ((found,),) = cursor.fetchall()
        cursor.execute("ROLLBACK TO SAVEPOINT explained")
        cursor.execute("RELEASE SAVEPOINT explained")
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan
