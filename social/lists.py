"""A list of the service's rows as a body of the contract, the asked part of it alone."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet

from shared.incoming import Query
from shared.paging import read_page, render_page


def list_body(
    query: Query, rows: QuerySet[Any] | Sequence[Any], render: Callable[[Any], dict[str, Any]], *, uri: str
) -> dict[str, Any]:
    """Give the part of a list that is asked for.

    :param rows: in a stable order; of a query only the part asked for is fetched.
    :param uri: the list's own path, for the links.
    :raises InvalidRequest: for a `limit` or `offset` that cannot be read.
    """
    page = read_page(query)
    total = rows.count() if isinstance(rows, QuerySet) else len(rows)
    return render_page(page, [render(row) for row in rows[page.window]], total=total, uri=uri)
