"""What may be told of two answers that differ: where, and of what kind the values are. Values may be a person's."""

from dataclasses import dataclass, field
from typing import Any

from shared.contract import bodies, sign_up
from shared.contract.bodies import Shape
from shared.contract.differences import Difference
from shared.contract.endpoints import ENDPOINTS
from shared.contract.errors import leaves
from social.tape import Strayed

LONGEST = 200
NOTHING = "nothing more"
_KEYS = frozenset(
    {
        *(field.name for shape in vars(bodies).values() if isinstance(shape, Shape) for field in shape.fields),
        *(field.name for field in sign_up.FIELDS),
        *(endpoint.resource for endpoint in ENDPOINTS),
        *("errors", "code", "fields", "list_endpoint"),
        *("meta", "limit", "next", "offset", "previous", "total_count", "objects"),
    }
)
"""Keys of the contract. Any other might be a value that ended up in the wrong place."""
_WORDS = frozenset({*(leaf.code for leaf in leaves()), "created", "signed_in", "linked"})
"""Values of the contract that say something, and nothing of anybody."""


@dataclass(frozen=True, slots=True)
class Told:
    """A difference without its values. What is written of one occurrence (`old`, `new`) makes it no other kind."""

    part: str
    place: str
    kinds: tuple[str, str]
    old: str = field(compare=False)
    new: str = field(compare=False)


def told_of(difference: Difference) -> Told:
    """Give what may be told of two answers that differ in one place."""
    if difference.part == "status":
        statuses = (str(difference.old), str(difference.new))
        return Told("status", "", statuses, *statuses)
    values = (difference.old, difference.new)
    kind, in_full = (_header_kind, _header) if difference.part == "header" else (kind_of, described)
    place = difference.place if difference.part == "header" else place_without_values(difference.place)
    return Told(difference.part, place[:LONGEST], (kind(values[0]), kind(values[1])), *map(in_full, values))


def told_of_service(strayed: Strayed, *, called_is_older: bool) -> Told:
    """Give what may be told of a version that asks the service for something else than the one that was called."""
    called = f"asks {strayed.expected or NOTHING}"
    other = f"asks {strayed.asked or NOTHING}"
    if strayed.arguments:
        other = f"asks it with another {' and another '.join(strayed.arguments)}"
    old, new = (called, other) if called_is_older else (other, called)
    return Told("service", strayed.expected or strayed.asked or "", (old, new), old[:LONGEST], new[:LONGEST])


def described(value: Any) -> str:
    """Give what kind of value it is, `text of 12 characters`; the contract's own words as they are."""
    if isinstance(value, str) and value not in _WORDS:
        return f"text of {len(value)} characters"
    return kind_of(value)


def kind_of(value: Any) -> str:
    """Give what does not change from one person to the next."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return "number"
        case str():
            return value if value in _WORDS else "text"
        case list():
            return "list"
        case dict():
            names = dict.fromkeys(name if name in _KEYS else "(another)" for name in value)
            return f"object of {', '.join(names) or 'no keys'}"[:LONGEST]
        case _:
            return "value"


def place_without_values(place: str) -> str:
    """Give a dotted path with `*` for the places in a list, and for keys that are none of the contract's."""
    return ".".join(part if part in _KEYS else "*" for part in place.split(".")) if place else ""


def _header(value: Any) -> str:
    return "none" if value is None else described(value)


def _header_kind(value: Any) -> str:
    return "none" if value is None else kind_of(value)
