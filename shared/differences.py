"""What may differ between two versions' answers to the same request: the closed list of CONTRACT section 0.

`HEADERS` and `BODY` are the list; `compare` holds two answers against it. Everything else has to be the same,
down to the order of keys and the way a character is written.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared import wire

Mask = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason for which two values may differ.

    `mask` gives a value, in an answer of the version at a prefix, without what the reason covers: two values
    that are then the same differ for this reason alone. Values without that form come back as they are.
    """

    reason: str
    mask: Mask


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came over the wire; `prefix` is that of the API that gave it, `/api/v2/`."""

    prefix: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two answers differ; without a reason on the list, `reasons` is empty."""

    part: Literal["status", "header", "body"]
    place: str
    old: Any
    new: Any
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """All the places where two answers differ."""

    differences: tuple[Difference, ...]

    @property
    def allowed(self) -> tuple[Difference, ...]:
        """Those that are on the closed list."""
        return tuple(difference for difference in self.differences if difference.reasons)

    @property
    def outside(self) -> tuple[Difference, ...]:
        """Those that are not: each is a bug."""
        return tuple(difference for difference in self.differences if not difference.reasons)


def _matching(pattern: str, shape: str) -> Mask:
    """Mask a whole value that matches; its length stays, since the wire's does."""
    whole = re.compile(pattern)
    return lambda value, _: (shape, len(value)) if isinstance(value, str) and whole.fullmatch(value) else value


def _own_path(value: Any, prefix: str) -> Any:
    return ("version", value.removeprefix(prefix)) if isinstance(value, str) and value.startswith(prefix) else value


def _row_number(value: Any, _: str) -> Any:
    return ("row",) if type(value) is int and value > 0 else value


def _row_in_path(value: Any, prefix: str) -> Any:
    match = isinstance(value, str) and re.fullmatch(rf"({re.escape(prefix)}[a-z_]+/)[1-9][0-9]*/", value)
    return ("row", match[1]) if match else value


def _without_suffix(value: Any, _: str) -> Any:
    match = isinstance(value, str) and re.fullmatch(r"(.*)-(?:[0-9a-f]{2})+", value)
    return ("suffix", match[1], len(value)) if match else value


VERSION = Rule("the version in a path of ours", _own_path)
NEW_ROW = Rule("the id of a new row", _row_number)
NEW_ROW_IN_PATH = Rule("the id of a new row", _row_in_path)
NEW_TOKEN = Rule("a token is new each time", _matching(r"[A-Za-z0-9_-]{43}", "token"))
NEW_NAME = Rule("a generated part of the name", _without_suffix)
TIME = Rule("a time", _matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "time"))
HTTP_DATE = Rule("a time", _matching(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", "date"))
SECONDS = Rule("how long to wait", lambda value, _: ("seconds",) if re.fullmatch(r"[1-9]\d*", value) else value)
REQUEST = Rule("each request has an id of its own", lambda value, _: ("request",) if value else value)

HEADERS: Mapping[str, tuple[Rule, ...]] = {
    "location": (VERSION, NEW_ROW_IN_PATH),
    "date": (HTTP_DATE,),
    "retry-after": (SECONDS,),
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
"""By path; a rule for a field holds for the objects of a list too."""

LIFE_CYCLE_HEADERS = frozenset({"deprecation", "sunset", "link"})
LIFE_CYCLE = "the life cycle of the older version"


def compare(old: Answer, new: Answer) -> Comparison:
    """Find every place where the answers differ, with what on the closed list allows it.

    :param old: the answer of the version that will be retired, where one of the two is: what only that may have
        (headers of its life cycle, the 410 of a brownout) is looked for here.
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
        if one == other or (name == "content-length" and _only_the_body_differs(old, new, one, other)):
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


def _only_the_body_differs(old: Answer, new: Answer, one: list[str] | None, other: list[str] | None) -> bool:
    """Say whether the lengths follow from bodies that are judged by themselves."""
    return one == [str(len(old.body))] and other == [str(len(new.body))]


def _shown(values: list[str] | None) -> str | None:
    return None if values is None else ", ".join(values)


def _bodies(old: Answer, new: Answer) -> Iterator[Difference]:
    if old.body == new.body:
        return
    try:
        one, other = json.loads(old.body), json.loads(new.body)
    except ValueError:
        yield _as_text("as it is written", old, new)
        return
    if wire.encode(one) != old.body or wire.encode(other) != new.body:
        # A difference that reading would hide: white space, escapes, a key twice.
        yield _as_text("as it is written", old, new)
    for place, before, after in _leaves("", one, other):
        rules = BODY.get(re.sub(r"^objects\.\d+\.", "", place), ())
        if re.fullmatch(r"[a-z_]+\.list_endpoint", place):
            rules = BODY["*.list_endpoint"]
        yield Difference("body", place, before, after, _reasons(rules, before, after, old.prefix, new.prefix))


def _as_text(place: str, old: Answer, new: Answer) -> Difference:
    return Difference("body", place, old.body.decode(errors="replace"), new.body.decode(errors="replace"))


def _leaves(place: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    """Give the places, as dotted paths, where two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        for name in one:
            yield from _leaves(f"{place}.{name}".lstrip("."), one[name], other[name])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from _leaves(f"{place}.{index}".lstrip("."), mine, theirs)
    # Python holds 1, 1.0 and True for equal; on the wire they are three.
    elif type(one) is not type(other) or one != other:
        yield place, one, other


def _reasons(rules: tuple[Rule, ...], one: Any, other: Any, prefix: str, other_prefix: str) -> tuple[str, ...]:
    """Give the reasons that it takes to explain a difference; none where the rules do not explain it."""

    def explained(by: Iterable[Rule]) -> bool:
        masked_one, masked_other = one, other
        for rule in by:
            masked_one, masked_other = _masked(rule, masked_one, prefix), _masked(rule, masked_other, other_prefix)
        return bool(masked_one == masked_other)

    if not explained(rules):
        return ()
    needed = [rule for rule in rules if not explained([other_rule for other_rule in rules if other_rule is not rule])]
    return tuple(rule.reason for rule in needed or rules)


def _masked(rule: Rule, value: Any, prefix: str) -> Any:
    return rule.mask(value, prefix)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
