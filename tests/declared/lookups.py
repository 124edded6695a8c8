"""The columns of the model `Sample`, one of each type, and the lookups that a declared resource may have for them."""

from collections.abc import Mapping, Sequence

COMPARED = ("exact", "gt", "gte", "lt", "lte")
TEXTS = ("iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith")
DATES = ("year", "month", "day")
_VALUES = (*COMPARED, "in", "range", "isnull")
FILTERS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("number", "text", "large", "real", "price", "hour", "length", "key"), (*_VALUES, *TEXTS)),
    **dict.fromkeys(("address", "file", "raw", "doubled"), (*_VALUES, *TEXTS)),
    **dict.fromkeys(("moment", "day"), (*_VALUES, *TEXTS, *DATES)),
    **dict.fromkeys(("flag", "is_first"), _VALUES),
    "extra": ("exact", "isnull"),
    **dict.fromkeys(("shelf", "shelves__name"), (*_VALUES, *TEXTS)),
}
COLUMNS = tuple(name for name in FILTERS if not name.startswith("shel"))
