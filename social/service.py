"""Who makes a call (docs/contract.md, section 2): a header, never a cookie, never the URL."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet

from shared.contract import authorization
from shared.contract.errors import CredentialsInUrl, InvalidCredentials, NotFound
from shared.contract.paging import Query, read_page, render_page
from social import limits, tokens
from social.models import AccessToken, User


def refuse_credentials_in_url(query: Query) -> None:
    """Refuse the other way in which clients of v1 could send a key.

    :raises CredentialsInUrl: whatever else was sent.
    """
    if "api_key" in query:
        raise CredentialsInUrl


def identify_caller(header: str | None, address: str) -> AccessToken | None:
    """Give the token a call was made with, its user loaded; None for a call without `Authorization`.

    :raises InvalidCredentials: for one that is present and unusable; it never passes for anonymous.
    :raises Throttled: for one more of those from an address that has spent its budget.
    """
    if header is None:
        return None
    try:
        return tokens.authenticate(authorization.parse(header))
    except InvalidCredentials:
        limits.count_address(address)
        raise


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


def get_for(user: User, user_id: str) -> User:
    """Give the caller for the caller's own id.

    :raises NotFound: for any other id, whether there is such a user or not.
    """
    if user_id != str(user.pk):
        raise NotFound
    return user
