"""Dialects: how the answers of a resource are written.

The contract's own resources have the contract's dialect. A project's declared resource may have that of the framework
that answered before it, so that old clients notice nothing (docs/resources.md).
"""

from dataclasses import dataclass

RFC3339 = "rfc3339"
ISO_8601 = "iso-8601"
ISO_8601_STRICT = "iso-8601-strict"
RFC_2822 = "rfc-2822"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the answers of a resource are written, and how its pages are read."""

    is_legacy: bool = False
    """Whether JSON has spaced separators and sorted keys, page parameters out of range are replaced instead of refused,
    the links of a page repeat every query parameter, and a PUT keeps the fields that were not sent."""
    limit: int = 20
    """The number of objects on a page if the request does not say."""
    max_limit: int = 100
    """The most objects on a page; `limit=0` requests that many. 0 for no maximum, in a legacy dialect only."""
    always_return_data: bool = True
    """Whether POST, PUT and PATCH return the object. If not, they have no body, and PUT is a 204."""
    times: str = RFC3339
    """`rfc3339`, or a format of local times without a zone: `iso-8601`, `iso-8601-strict` (no microseconds) or
    `rfc-2822`."""


CONTRACT = Dialect()
LEGACY = Dialect(is_legacy=True, max_limit=1000, always_return_data=False, times=ISO_8601)
"""What the old framework writes with its default settings; `dataclasses.replace` changes a value."""
