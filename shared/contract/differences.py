"""The closed list of what may differ between the answers of two versions, and the comparison by it.

`HEADERS` and `BODY` are the list (docs/contract.md, section 0); `compare` applies it to two answers. Everything else
must be identical, including the order of keys and the escaping of characters.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared.contract import wire

Mask = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason for which two values may differ.

    `mask` takes a value and the prefix of the version that sent it, and replaces the part that the reason covers. If
    two masked values are equal, the values differ for this reason alone. `mask` returns other values unchanged.
    """

    reason: str
    mask: Mask


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was received; `prefix` is the prefix of the API that sent it, `/api/v2/`."""

    prefix: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two answers differ; `reasons` is empty if the closed list does not allow it."""

    part: Literal["status", "header", "body"]
    place: str
    """The header's name in lower case, or a path such as `objects.0.id`; empty for the status or the whole body."""
    old: Any
    new: Any
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The places where two answers differ."""

    differences: tuple[Difference, ...]

    @property
    def allowed(self) -> tuple[Difference, ...]:
        """The differences that the closed list allows."""
        return tuple(difference for difference in self.differences if difference.reasons)

    @property
    def outside(self) -> tuple[Difference, ...]:
        """The differences that the closed list does not allow: each is a bug."""
        return tuple(difference for difference in self.differences if not difference.reasons)


def _matching(pattern: str) -> Mask:
    """Return a mask for texts that match as a whole; it keeps their length, which must not differ."""
    whole = re.compile(pattern)
    return lambda value, _: _MASKED * len(value) if isinstance(value, str) and whole.fullmatch(value) else value


def _replacing(pattern: str) -> Mask:
    """Return a mask for the matching part of a text, whatever its length."""
    part = re.compile(pattern)
    return lambda value, _: part.sub(_MASKED, value) if isinstance(value, str) else value


def _own_path(value: Any, prefix: str) -> Any:
    return _MASKED + value.removeprefix(prefix) if isinstance(value, str) and value.startswith(prefix) else value


def _row_number(value: Any, _: str) -> Any:
    return _MASKED if type(value) is int and value > 0 else value


_MASKED = "\0"

VERSION = Rule("the version in a path of ours", _own_path)
NEW_ROW = Rule("the id of a new row", _row_number)
NEW_ROW_IN_PATH = Rule("the id of a new row", _replacing(r"(?<=[a-z]/)[1-9]\d*(?=/\Z)"))
NEW_TOKEN = Rule("a token is new each time", _matching(r"[A-Za-z0-9_-]{43}"))
NEW_NAME = Rule("a generated part of the name", _replacing(r"(?<=-)(?:[0-9a-f]{2}){2,16}\Z"))
TIME = Rule("a time", _matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"))
HTTP_DATE = Rule("a time", _matching(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"))
WAIT = Rule("how long to wait", _replacing(r"\A[1-9]\d*\Z"))
REQUEST = Rule("each request has an id of its own", _replacing(r"\A[A-Za-z0-9._-]{8,64}\Z"))

HEADERS: Mapping[str, tuple[Rule, ...]] = {
    "location": (VERSION, NEW_ROW_IN_PATH),
    "date": (HTTP_DATE,),
    "retry-after": (WAIT,),
    "x-request-id": (REQUEST,),
}

BODY: Mapping[str, tuple[Rule, ...]] = {
    "id": (NEW_ROW,),
    "username": (NEW_NAME,),
    "resource_uri": (VERSION, NEW_ROW_IN_PATH),
    "meta.next": (VERSION,),
    "meta.previous": (VERSION,),
    "*.list_endpoint": (VERSION,),
    "token": (NEW_TOKEN,),
    "token_expires_at": (TIME,),
    "created": (TIME,),
    "last_used": (TIME,),
    "expires_at": (TIME,),
}
"""By path. A rule for a field also applies to the objects of a list."""

LIFE_CYCLE_HEADERS = frozenset({"deprecation", "sunset", "link"})
LIFE_CYCLE = "the life cycle of the older version"


def compare(old: Answer, new: Answer) -> Comparison:
    """Return every place where the answers differ, with the reasons on the closed list that allow it.

    :param old: the answer of the version that will be retired, if one of the two will be. Only this answer may have
        life cycle headers or be the 410 of a brownout.
    """
    if old.status != new.status:
        retired = old.status == 410 and _object(old.body).get("code") == "version_retired"
        reasons = (LIFE_CYCLE,) if retired else ()
        difference = Difference("status", "", old.status, new.status, reasons)
        if retired:
            return Comparison((difference,))
        return Comparison((difference, *_headers(old, new), *_bodies(old, new)))
    return Comparison((*_headers(old, new), *_bodies(old, new)))


def _headers(old: Answer, new: Answer) -> Iterator[Difference]:
    before, after = _by_name(old.headers), _by_name(new.headers)
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        if one == other or (name == "content-length" and _is_body_length(old, new, one, other)):
            continue
        reasons: tuple[str, ...] = ()
        if name in LIFE_CYCLE_HEADERS and other is None:
            reasons = (LIFE_CYCLE,)
        elif one is not None and other is not None and len(one) == len(other) == 1:
            reasons = _reasons(HEADERS.get(name, ()), one[0], other[0], old.prefix, new.prefix)
        yield Difference("header", name, _shown(one), _shown(other), reasons)


def _by_name(headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found


def _is_body_length(old: Answer, new: Answer, one: list[str] | None, other: list[str] | None) -> bool:
    """Return True if both values are the lengths of their bodies, which are compared separately."""
    return one == [str(len(old.body))] and other == [str(len(new.body))]


def _shown(values: list[str] | None) -> str | None:
    return None if values is None else ", ".join(values)


def _bodies(old: Answer, new: Answer) -> Iterator[Difference]:
    if old.body == new.body:
        return
    try:
        one, other = json.loads(old.body), json.loads(new.body)
        # Parsing hides white space, escapes and duplicate keys; they are differences too.
        is_canonical = wire.encode(one) == old.body and wire.encode(other) == new.body
        leaves = list(_leaves("", one, other))
    except (ValueError, RecursionError):
        yield _as_text(old, new)
        return
    if not is_canonical:
        yield _as_text(old, new)
    for place, before, after in leaves:
        rules = BODY.get(_pattern_of(place), ())
        yield Difference("body", place, before, after, _reasons(rules, before, after, old.prefix, new.prefix))


def _pattern_of(place: str) -> str:
    """Return the key of `BODY` for a dotted path."""
    return re.sub(r"^[a-z_]+(?=\.list_endpoint$)", "*", re.sub(r"^objects\.\d+\.", "", place))


def _as_text(old: Answer, new: Answer) -> Difference:
    return Difference("body", "", old.body.decode(errors="replace"), new.body.decode(errors="replace"))


def _leaves(place: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the places, as dotted paths, where two JSON values differ, with both values."""
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        for name in one:
            yield from _leaves(f"{place}.{name}".lstrip("."), one[name], other[name])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (first, second) in enumerate(zip(one, other, strict=True)):
            yield from _leaves(f"{place}.{index}".lstrip("."), first, second)
    # To Python, 1, 1.0 and True are equal, and so are objects with another order of keys. Their bytes differ.
    elif type(one) is not type(other) or one != other or isinstance(one, dict):
        yield place, one, other


def _reasons(rules: tuple[Rule, ...], one: Any, other: Any, prefix: str, other_prefix: str) -> tuple[str, ...]:
    """Return the reasons needed to explain a difference; none if the rules do not explain it."""

    def explained(by: Iterable[Rule]) -> bool:
        masked_one, masked_other = one, other
        for rule in by:
            masked_one, masked_other = rule.mask(masked_one, prefix), rule.mask(masked_other, other_prefix)
        return type(masked_one) is type(masked_other) and bool(masked_one == masked_other)

    if not explained(rules):
        return ()
    needed = [rule for rule in rules if not explained(another for another in rules if another is not rule)]
    return tuple(rule.reason for rule in needed)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
