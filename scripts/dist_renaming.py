"""Renaming of the service's packages for the distribution: `social.tokens` becomes `tandem.social.tokens`.

A renaming inserts the namespace at places that the syntax tree names: imports, dotted names in strings, and bare names
where Django expects a module. `rename()` raises `RenamingError` where it cannot tell, and if an old name remains
(docs/decisions/0026-the-distribution.md).
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

NAMESPACE = "tandem"
_APP_LISTS = frozenset({"APIS", "RETIRED_APIS", "INSTALLED_APPS"})
"""Settings that contain names of apps, which are modules."""
_OF_APPS = ("apps.py", "management")
_FROM = re.compile(rb"from\s+")
_LABELS = frozenset({"label", "app_label"})
_SOCIAL_CORE_KEY = "social"
"""social-core's pipelines pass the association under this key."""


class RenamingError(Exception):
    """A source cannot be renamed; the message says where and why."""


@dataclass(frozen=True)
class Names:
    """The packages of a folder, which all move into the namespace."""

    root: Path
    packages: Sequence[str]

    @property
    def pattern(self) -> re.Pattern[str]:
        """A dotted name that begins with a package, not within a path or a longer name."""
        return re.compile(rf"(?<![\w./-])(?:{'|'.join(self.packages)})(?:\.[A-Za-z_]\w*)+")

    @property
    def apps(self) -> set[str]:
        """The packages that are Django apps: each has a label of the same name."""
        return {name for name in self.packages if any((self.root / name / own).exists() for own in _OF_APPS)}

    def modules_in(self, text: str) -> Iterator[int]:
        """Yield the position of each dotted name of a module, or of something in a module."""
        for match in self.pattern.finditer(text):
            if self._is_module(match[0].split(".")[:2]):
                yield match.start()

    def _is_module(self, parts: list[str]) -> bool:
        # Tests stay outside, and so keep their names. `social.E001` is the id of a check.
        path = self.root.joinpath(*parts)
        return parts[-1] != "tests" and (path.with_suffix(".py").is_file() or (path / "__init__.py").is_file())

    def is_import(self, module: str) -> bool:
        """Return True if an imported module moves."""
        top, _, rest = module.partition(".")
        return top in self.packages and rest.partition(".")[0] != "tests"


def rename(source: str, names: Names, where: str, *, strict: bool = True) -> str:
    """Return the source of a module with the new names.

    :param where: the file, for errors.
    :param strict: raise for a bare name (`"social"`) that might be a module or a label.
    :raises RenamingError: a name is ambiguous, an old name would remain, or more than names would change.
    """
    nodes = list(ast.walk(ast.parse(source)))
    data = source.encode()
    places = _Places(names, data)
    for node in nodes:
        places.collect(node)
    if strict and (unclear := places.unclear(nodes)):
        raise RenamingError(f"{where}:{unclear.lineno}: is {unclear.value!r} a module or a label? Use AppConfig.name.")
    for place in sorted(places.found, reverse=True):
        data = data[:place] + f"{NAMESPACE}.".encode() + data[place:]
    result = data.decode()
    renamed = list(ast.walk(ast.parse(result)))
    if [type(node) for node in renamed] != [type(node) for node in nodes]:
        raise RenamingError(f"{where}: more than imports and strings would change.")
    if found := [text for node in renamed for text in _left(node, names)]:
        raise RenamingError(f"{where}: still has an old name: {', '.join(found)}")
    return result


def left(text: str, names: Names) -> list[str]:
    """Return the dotted names in a text, which is no Python, that have not moved."""
    return [text[place : place + 60].split(maxsplit=1)[0] for place in names.modules_in(text)]


def _left(node: ast.AST, names: Names) -> Iterator[str]:
    """Yield the old names in a node: an import, or a dotted name in a string."""
    if isinstance(node, ast.ImportFrom) and not node.level and names.is_import(node.module or ""):
        yield f"line {node.lineno}: from {node.module}"
    elif isinstance(node, ast.Import):
        # `import social.tokens` binds the first part, which the code would go on using.
        bad = [one for one in node.names if names.is_import(one.name) or (_is_new(one.name) and not one.asname)]
        yield from (f"line {node.lineno}: import {one.name}" for one in bad)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from (f"line {node.lineno}: {text}" for text in left(node.value, names))
    elif isinstance(node, ast.JoinedStr):
        # A name that is put together: f"social.{name}".
        parts = [_text(part) for part in node.values]
        start = rf"(?<![\w./-])(?:{'|'.join(names.packages)})\.$"
        yield from (f"line {node.lineno}: {part}" for part in parts if re.search(start, part))


def _is_new(module: str) -> bool:
    return module.partition(".")[0] == NAMESPACE


@dataclass
class _Places:
    """The places in a source at which the namespace is inserted, in bytes."""

    names: Names
    data: bytes

    def __post_init__(self) -> None:
        self.found: set[int] = set()
        self._starts = [0]
        for line in self.data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._modules: set[int] = set()

    def collect(self, node: ast.AST) -> None:
        """Find the places in a node."""
        if isinstance(node, ast.ImportFrom):
            if not node.level and self.names.is_import(node.module or ""):
                start = _FROM.match(self.data, self._at(node))
                self.found.update([start.end()] if start else [])
        elif isinstance(node, ast.Import):
            self.found.update(self._at(alias) for alias in node.names if self.names.is_import(alias.name))
        elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            text = self.data[self._at(node) : self._end(node)].decode()
            self.found.update(self._at(node) + len(text[:place].encode()) for place in self.names.modules_in(text))
        for value in _module_values(node):
            self._bare(value)

    def unclear(self, nodes: Sequence[ast.AST]) -> ast.Constant | None:
        """Return a bare name of which it is not known whether it is a module or a label."""
        known = self._modules | {id(one) for node in nodes for one in _labels(node)}
        apps = self.names.apps
        bare = (node for node in nodes if isinstance(node, ast.Constant) and node.value in apps)
        return next((node for node in bare if id(node) not in known), None)

    def _bare(self, value: ast.AST) -> None:
        for node in ast.walk(value):
            if isinstance(node, ast.Constant) and node.value in self.names.packages:
                self._modules.add(id(node))
                self.found.add(self._at(node) + 1)

    def _at(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr) -> int:
        return self._starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)


def _module_values(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the expressions of a node in which a bare name is a module."""
    if isinstance(node, ast.ClassDef) and any(_last(base).endswith("AppConfig") for base in node.bases):
        yield from (part.value for part in node.body if isinstance(part, ast.Assign) and _targets(part) == ["name"])
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and _APP_LISTS & set(_targets(node)):
        yield from [node.value] if node.value else []
    elif isinstance(node, ast.keyword) and node.arg in _APP_LISTS:
        yield node.value
    elif isinstance(node, ast.Subscript) and _last(node.value) in _APP_LISTS:
        yield node.slice
    elif isinstance(node, ast.List | ast.Tuple):  # ["-m", "server"]
        values = node.elts
        yield from (two for one, two in pairwise(values) if _text(one) == "-m")


def _labels(node: ast.AST) -> Iterator[ast.AST | None]:
    """Yield the expressions of a node in which a bare name is a label, a tag of checks, or social-core's key."""
    if isinstance(node, ast.Assign) and set(_targets(node)) <= _LABELS:
        yield node.value
    elif isinstance(node, ast.Call) and _last(node.func) == "register":
        yield from node.args
    elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and re.match(r"\d{4}_", _text(node.elts[1])):
        yield node.elts[0]  # of a migration: ("social", "0002_names_index")
    keys: Sequence[ast.AST | None] = ()
    if isinstance(node, ast.Dict):
        keys = node.keys
    elif isinstance(node, ast.Subscript):
        keys = [node.slice]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        keys = node.args[:1]
    yield from (key for key in keys if key and _text(key) == _SOCIAL_CORE_KEY)


def _targets(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [_last(target) for target in targets]


def _last(node: ast.AST) -> str:
    """Return the name of a variable, or the last part of a dotted one; empty if it is neither."""
    return str(getattr(node, "attr", "") or getattr(node, "id", ""))


def _text(node: ast.AST) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""
