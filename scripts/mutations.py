"""The mutants of a Python module: its syntax tree with one small change that a test should notice."""

import ast
import copy
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

SWAPPED_CALLS = {"any": "all", "all": "any", "min": "max", "max": "min"}
BOUNDARIES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
NEGATIONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
NO_BEHAVIOUR = {"annotation", "returns", "decorator_list", "bases"}
"""Fields of nodes that are not mutated: types and decorators."""
NAMES_ONLY = {"TypeVar", "cast", "getLogger", "NotImplementedError", "ValueError"}
"""Calls whose strings no client sees."""
WIDTH = 70
"""How many unchanged characters of a statement are shown on each side of a change."""


@dataclass(slots=True)
class _Place:
    """A node, and where in the tree it is."""

    node: ast.AST
    parents: tuple[ast.AST, ...] = ()
    field: str = ""
    index: int | None = None
    statement: Any = None
    """The innermost statement around the node, or the `except` clause."""
    scope: str = "module"
    function: ast.FunctionDef | None = None
    """The outermost enclosing function."""
    imported: frozenset[str] = frozenset()
    """The names that the module imports."""

    @property
    def parent(self) -> ast.AST:
        return self.parents[-1]

    def put(self, new: ast.AST) -> None:
        """Replace the node in the tree."""
        if self.index is None:
            setattr(self.parent, self.field, new)
        else:
            getattr(self.parent, self.field)[self.index] = new


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a file."""

    path: str
    name: str
    """Identifies the change by its text, so that it stays the same when other parts of the file change."""
    _place: _Place
    _new: ast.AST

    @property
    def lines(self) -> range:
        """The lines of the changed statement, without the statements in it."""
        statement = self._place.statement
        body = getattr(statement, "body", None)
        return range(
            statement.lineno, (max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno) + 1
        )

    @property
    def function(self) -> int | None:
        """The line at which the changed function begins; None if the change is outside of any function's body."""
        function = self._place.function
        if function is None or function is self._place.statement:
            return None
        return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])

    def compile(self, root: Path) -> CodeType:
        """Return the code of the changed module."""
        self._place.put(self._new)
        try:
            tree: Any = ast.fix_missing_locations(self._place.parents[0])
            code: CodeType = compile(tree, str(root / self.path), "exec", dont_inherit=True)
            return code
        finally:
            self._place.put(self._place.node)


def mutants_of(root: Path, path: str) -> Iterator[Mutant]:
    """Yield every mutant of a file."""
    tree = ast.parse((root / path).read_text(encoding="utf-8"))
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    imported = {name.asname or name.name.partition(".")[0] for node in imports for name in node.names}
    seen: Counter[str] = Counter()
    for place in list(_places(tree, _Place(tree, imported=frozenset({"self", *imported})))):
        for new in list(_replacements(place)):
            was = _head(place.statement)
            place.put(new)
            now = _head(new if place.node is place.statement else place.statement)
            place.put(place.node)
            name = f"{place.scope}: {_around(was, now)}"
            seen[name] += 1
            yield Mutant(path, name if seen[name] == 1 else f"{name} ({seen[name]})", place, new)


def _places(node: ast.AST, above: _Place) -> Iterator[_Place]:
    """Yield the places of all nodes whose change could change behaviour."""
    for field, value in ast.iter_fields(node):
        if field in NO_BEHAVIOUR:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_docstring(child) or _is_log(node):
                continue
            place = _Place(
                child,
                (*above.parents, node),
                field,
                index,
                above.statement,
                above.scope,
                above.function,
                above.imported,
            )
            if isinstance(child, ast.stmt | ast.ExceptHandler):
                place.statement = child
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                place.scope = child.name if above.scope == "module" else f"{above.scope}.{child.name}"
            if isinstance(child, ast.FunctionDef):
                place.function = above.function or child
            if hasattr(child, "lineno"):
                yield place
            yield from _places(child, place)


def _is_docstring(node: ast.AST) -> bool:
    """Return True for a string that stands as a statement: a docstring of anything."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_log(node: ast.AST) -> bool:
    """Return True for a call that writes a log line: the call can be removed, its arguments are not changed."""
    function = getattr(node, "func", None)
    return isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == "logger"


def _replacements(place: _Place) -> Iterator[ast.AST]:  # noqa: C901 - one case for each kind of node
    """Yield the nodes that may stand in place of a node."""
    node, parent = place.node, place.parent
    if place.field == "test" or (isinstance(parent, ast.comprehension) and place.field == "ifs"):
        yield from (ast.Constant(value) for value in (True, False) if not (value and isinstance(parent, ast.While)))
    match node:
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Delete():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield ast.Pass()
        case ast.Raise() if not (isinstance(parent, ast.If) and parent.body == [node]):
            yield ast.Pass()
        case ast.ExceptHandler(type=ast.AST()):
            yield _changed(node, type=ast.Tuple([], ast.Load()))
        case ast.BoolOp(op=op, values=values):
            for kept in _without_each(values):
                yield kept[0] if len(kept) == 1 else ast.BoolOp(op, kept)
        case ast.BinOp(left=left, right=right) if not _is_text(left) and not _is_text(right):
            yield from (left, right)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand) if not _is_condition(place):
            yield operand
        case ast.Compare(ops=ops):
            for index, found in enumerate(ops):
                other = BOUNDARIES.get(type(found)) or (None if _is_condition(place) else NEGATIONS[type(found)])
                if other:
                    yield _changed(node, ops=[*ops[:index], other(), *ops[index + 1 :]])
        case ast.Call():
            yield from _calls(node, place)
        case ast.Subscript(value=value, slice=ast.Slice(), ctx=ast.Load()):
            yield value
        case ast.Attribute(value=ast.Name(id="re"), attr=attr) if attr.isupper():
            yield ast.Constant(0)
        case ast.Set(elts=elements) | ast.List(elts=elements, ctx=ast.Load()):
            yield from (_changed(node, elts=kept) for kept in _without_each(elements))
        case ast.Tuple(elts=elements, ctx=ast.Load()) if _is_collection(place):
            yield from (_changed(node, elts=kept) for kept in _without_each(elements))
        case ast.Dict(keys=keys, values=values):
            for pairs in _without_each(list(zip(keys, values, strict=True))):
                yield ast.Dict([key for key, _ in pairs], [value for _, value in pairs])
        case ast.Constant(value=value):
            yield from (ast.Constant(other) for other in _constants(value, place))


def _calls(node: ast.Call, place: _Place) -> Iterator[ast.AST]:
    """Yield a call without one keyword argument, a method's object without the call, and `any` for `all`."""
    for kept in _without_each(node.keywords):
        yield _changed(node, keywords=kept)
    if isinstance(node.func, ast.Name) and node.func.id in SWAPPED_CALLS:
        yield _changed(node, func=ast.Name(SWAPPED_CALLS[node.func.id], ast.Load()))
    if isinstance(node.func, ast.Attribute) and not isinstance(place.parent, ast.Expr):
        receiver = node.func.value
        root = receiver
        while isinstance(root, ast.Attribute):
            root = root.value
        # Every test notices a module in place of `jwt.decode(...)`, and a whole dictionary in place of `get`.
        named = isinstance(root, ast.Name) and (root.id in place.imported or node.func.attr in {"get", "pop"})
        if not named:
            yield receiver


def _constants(value: object, place: _Place) -> Iterator[str | float]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str) and not _is_prose(place):
        yield from _patterns(value)
        removable = isinstance(place.parent, ast.Set | ast.List) or place.field == "keys"
        if not removable and not (isinstance(place.parent, ast.Tuple) and _is_collection(_up(place))):
            yield value + "XX"


def _patterns(text: str) -> Iterator[str]:
    """Yield a regular expression with one bound of a repetition higher, or without one range of a class."""
    for bound in re.finditer(r"(?<=[{,])\d+(?=[,}])", text):
        yield text[: bound.start()] + str(int(bound[0]) + 1) + text[bound.end() :]
    for group in re.finditer(r"\[\^?((?:\\.|[^\]\\])+)\]", text):
        ranges = list(re.finditer(r"(?:\\.|[^\\])-(?:\\.|[^\\])", group[1]))
        for found in ranges if group[1] not in {one[0] for one in ranges} else ():
            start = group.start(1)
            yield text[: start + found.start()] + text[start + found.end() :]


def _is_prose(place: _Place) -> bool:
    """Return True for strings of f-strings and of the documentation."""
    if isinstance(place.parent, ast.FormattedValue):
        return True
    for parent in place.parents:
        if isinstance(parent, ast.Call):
            name = parent.func.attr if isinstance(parent.func, ast.Attribute) else getattr(parent.func, "id", "")
            if name in NAMES_ONLY:
                return True
        if isinstance(parent, ast.Assign) and getattr(parent.targets[0], "id", "") == "proof":
            return True
    return False


def _is_condition(place: _Place) -> bool:
    """Return True if the node is also replaced as a whole by True and False, or removed from a BoolOp."""
    return place.field in {"test", "ifs"} or isinstance(place.parent, ast.BoolOp)


def _is_collection(place: _Place) -> bool:
    """Return True for a tuple of members, False for one of positions."""
    if isinstance(place.parent, ast.Compare | ast.ExceptHandler | ast.For | ast.comprehension):
        return True
    return place.function is None and isinstance(place.parent, ast.Assign | ast.AnnAssign | ast.keyword | ast.Tuple)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _up(place: _Place) -> _Place:
    return _Place(place.parent, place.parents[:-1], function=place.function)


def _without_each(members: Sequence[Any]) -> Iterator[list[Any]]:
    for index in range(len(members)):
        yield [*members[:index], *members[index + 1 :]]


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _head(statement: ast.AST) -> str:
    """Return a statement's text in one line, without the statements in it."""
    blocks: dict[str, list[ast.AST]] = {"body": [], "orelse": [], "handlers": [], "finalbody": []}
    fields = {name: value for name, value in blocks.items() if isinstance(getattr(statement, name, None), list)}
    return " ".join(ast.unparse(_changed(statement, **fields)).split())


def _around(was: str, now: str) -> str:
    """Return both texts, without what is alike far from the change."""
    if max(len(was), len(now)) <= 2 * WIDTH:
        return f"{was} → {now}"
    start = next((at for at, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), len(now))
    end = next((at for at, (one, other) in enumerate(zip(was[::-1], now[::-1], strict=False)) if one != other), 0)
    end = min(end, len(was) - start, len(now) - start)
    first, after = max(0, start - WIDTH), max(0, end - WIDTH)
    shown = (("…" if first else "") + text[first : len(text) - after] + ("…" if after else "") for text in (was, now))
    return " → ".join(shown)
