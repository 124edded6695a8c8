"""Pages of lists: parsing `limit`, `offset` and filters, building the body (docs/contract.md, section 5)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from shared.contract.errors import InvalidRequest
from shared.contract.fields import InputField, read_parameters

Query = Mapping[str, Sequence[str]]
"""Query parameters by name, each with all its values."""

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
LIMIT_MESSAGE = f"Give one whole number from 0 to {MAX_LIMIT}."
OFFSET_MESSAGE = "Give one whole number from 0 to 999999999."


@dataclass(frozen=True, slots=True)
class Page:
    """The requested part of a list; `limit` is at least 1."""

    limit: int
    offset: int
    filters: Mapping[str, Any] = field(default_factory=dict)
    """The values of the declared filters that were sent."""
    sent: tuple[tuple[str, str], ...] = ()
    """Their names and texts as sent, for the links to the other pages."""

    @property
    def window(self) -> slice:
        """The page as a slice of the whole list."""
        return slice(self.offset, self.offset + self.limit)


def read_page(query: Query, filters: Sequence[InputField] = ()) -> Page:
    """Return the page that a query requests: `limit` (0 is the maximum), `offset`, and the filters of the list.

    :raises InvalidRequest: a parameter is given twice, is of the wrong type, or is out of range.
    """
    faults: dict[str, list[str]] = {}
    limit = _number(query, "limit", DEFAULT_LIMIT)
    offset = _number(query, "offset", 0)
    if limit is None or limit > MAX_LIMIT:
        faults["limit"] = [LIMIT_MESSAGE]
    if offset is None:
        faults["offset"] = [OFFSET_MESSAGE]
    values, others = read_parameters(filters, query)
    faults.update(others)
    if limit is None or offset is None or faults:
        raise InvalidRequest(faults)
    return Page(limit or MAX_LIMIT, offset, values, tuple((name, query[name][0]) for name in values))


def render_page(page: Page, objects: Sequence[Any], *, total: int, uri: str) -> dict[str, Any]:
    """Return the body of a list. Its links are path-absolute, repeat the filters, and never have a negative offset."""
    following = page.offset + page.limit
    preceding = max(0, page.offset - page.limit)
    filters = f"&{urlencode(page.sent)}" if page.sent else ""
    return {
        "meta": {
            "limit": page.limit,
            "next": f"{uri}?limit={page.limit}&offset={following}{filters}" if following < total else None,
            "offset": page.offset,
            "previous": f"{uri}?limit={page.limit}&offset={preceding}{filters}" if page.offset else None,
            "total_count": total,
        },
        "objects": list(objects),
    }


def _number(query: Query, name: str, default: int) -> int | None:
    values = query.get(name)
    if values is None:
        return default
    if len(values) != 1 or not _NUMBER.fullmatch(values[0]):
        return None
    return int(values[0])
