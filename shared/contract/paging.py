"""Pages of lists: parsing `limit`, `offset` and filters, building the body (docs/contract.md, section 5)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from shared.contract.dialects import CONTRACT, Dialect
from shared.contract.errors import InvalidRequest
from shared.contract.fields import InputField, read_parameters

Query = Mapping[str, Sequence[str]]
"""Query parameters by name, each with all its values."""

DEFAULT_LIMIT = CONTRACT.limit
MAX_LIMIT = CONTRACT.max_limit
_MAX_NUMBER = 999_999_999
_MAX_LOOSE_NUMBER = 2**62
"""Of a legacy dialect; databases store the sum of two such numbers."""
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_MESSAGE = "Give one whole number from 0 to {maximum}."
LIMIT_MESSAGE = _MESSAGE.format(maximum=MAX_LIMIT)
OFFSET_MESSAGE = _MESSAGE.format(maximum=_MAX_NUMBER)


@dataclass(frozen=True, slots=True)
class Page:
    """The requested part of a list; `limit` is 0 for the whole rest, which only a legacy dialect allows."""

    limit: int
    offset: int
    filters: Mapping[str, Any] = field(default_factory=dict)
    """The values of the declared filters that were sent."""
    sent: tuple[tuple[str, str], ...] = ()
    """The names and texts of the parameters that the links to the other pages repeat."""
    dialect: Dialect = CONTRACT

    @property
    def window(self) -> slice:
        """The page as a slice of the whole list."""
        return slice(self.offset, self.offset + self.limit if self.limit else None)


def read_page(query: Query, filters: Sequence[InputField] = (), dialect: Dialect = CONTRACT) -> Page:
    """Return the page that a query requests: `limit` (0 is the maximum), `offset`, and the filters of the list.

    In a legacy dialect a `limit` over the maximum is the maximum, and of a parameter that is given twice the last
    value counts.

    :raises InvalidRequest: a parameter is given twice, is of the wrong type, or is out of range.
    """
    faults: dict[str, list[str]] = {}
    read = _loose_number if dialect.is_legacy else _number
    limit = read(query, "limit", dialect.limit)
    offset = read(query, "offset", 0)
    if limit is not None and dialect.is_legacy and dialect.max_limit:
        limit = min(limit or dialect.max_limit, dialect.max_limit)
    elif limit is None or (dialect.max_limit and limit > dialect.max_limit):
        faults["limit"] = [_MESSAGE.format(maximum=dialect.max_limit or _MAX_NUMBER)]
    if offset is None:
        faults["offset"] = [OFFSET_MESSAGE]
    values, others = read_parameters(filters, query, last_counts=dialect.is_legacy)
    faults.update(others)
    if limit is None or offset is None or faults:
        raise InvalidRequest(faults)
    names = [name for name in query if name not in {"limit", "offset"}] if dialect.is_legacy else list(values)
    sent = tuple((name, text) for name in names for text in query[name])
    return Page(limit or dialect.max_limit, offset, values, sent, dialect)


def render_page(page: Page, objects: Sequence[Any], *, total: int, uri: str) -> dict[str, Any]:
    """Return the body of a list. Its links are path-absolute, repeat the filters, and never have a negative offset.

    In a legacy dialect they repeat every parameter, `limit` and `offset` come last, and there is no previous page if
    it would be shorter than the others.
    """
    following, preceding = page.offset + page.limit, page.offset - page.limit
    has_previous = preceding >= 0 if page.dialect.is_legacy else page.offset > 0
    meta: dict[str, Any] = {"limit": page.limit, "offset": page.offset, "total_count": total}
    if page.limit:
        meta = {
            "limit": page.limit,
            "next": _link(uri, page, following) if following < total else None,
            "offset": page.offset,
            "previous": _link(uri, page, max(0, preceding)) if has_previous else None,
            "total_count": total,
        }
    return {"meta": meta, "objects": list(objects)}


def _link(uri: str, page: Page, offset: int) -> str:
    numbers = (("limit", str(page.limit)), ("offset", str(offset)))
    return f"{uri}?{urlencode((*page.sent, *numbers) if page.dialect.is_legacy else (*numbers, *page.sent))}"


def _number(query: Query, name: str, default: int) -> int | None:
    values = query.get(name)
    if values is None:
        return default
    if len(values) != 1 or not _NUMBER.fullmatch(values[0]):
        return None
    return int(values[0])


def _loose_number(query: Query, name: str, default: int) -> int | None:
    """Return the last value as `int` reads it, which ignores blanks and a plus sign; None if it is out of range."""
    values = query.get(name)
    if values is None:
        return default
    try:
        number = int(values[-1])
    except ValueError:
        return None
    return number if 0 <= number <= _MAX_LOOSE_NUMBER else None
