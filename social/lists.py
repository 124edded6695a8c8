"""A list of the service's rows as a body of the contract, the asked part of it alone."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet

from shared.contract.paging import read_page, render_page
from shared.http.requests import Query


def list_body(
    query: Query, rows: QuerySet[Any] | Sequence[Any], render: Callable[[Any], dict[str, Any]], *, uri: str
) -> dict[str, Any]:
    """Give the part of a list that is asked for.

    :param rows: in a stable order; of a query only the part asked for is fetched.
    :param uri: the list's own path, for the links.
    :raises InvalidRequest: for a `limit` or `offset` that cannot be read.
    """
    page = read_page(query)
    total, part = _fetched(rows, page.window) if isinstance(rows, QuerySet) else (len(rows), rows[page.window])
    return render_page(page, [render(row) for row in part], total=total, uri=uri)


def _fetched(rows: QuerySet[Any], window: slice) -> tuple[int, Sequence[Any]]:
    return rows.count(), list(rows[window])
