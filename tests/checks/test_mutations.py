"""The changes that `make mutants` makes."""

from pathlib import Path

import pytest

from scripts.mutations import mutants_of

SOURCE = '''"""A module."""

import re

ALGORITHMS = frozenset({"RS256", "ES256"})
_ID = re.compile("[A-Za-z]{1,64}", re.ASCII)


def answer(response, users, flag, size):
    """Do some work."""
    response.cookies.clear()
    user = users.select_for_update(no_key=True).first()
    if flag is False or flag == "false":
        raise PermissionError
    return user, size <= 10
'''
CHANGES = {
    "a statement removed": "answer: response.cookies.clear() → pass",
    "a call removed": "answer: user = users.select_for_update(no_key=True).first() → user = users.first()",
    "an argument removed": (
        "answer: user = users.select_for_update(no_key=True).first() → user = users.select_for_update().first()"
    ),
    "an operand removed": "answer: if flag is False or flag == 'false': → if flag is False:",
    "a condition made false": "answer: if flag is False or flag == 'false': → if False:",
    "a string changed": "answer: if flag is False or flag == 'false': → if flag is False or flag == 'falseXX':",
    "a boundary moved": "answer: return (user, size <= 10) → return (user, size < 10)",
    "a number changed": "answer: return (user, size <= 10) → return (user, size <= 11)",
    "a member removed": "module: ALGORITHMS = frozenset({'RS256', 'ES256'}) → ALGORITHMS = frozenset({'ES256'})",
    "a bound of a pattern changed": (
        "module: _ID = re.compile('[A-Za-z]{1,64}', re.ASCII) → _ID = re.compile('[A-Za-z]{1,65}', re.ASCII)"
    ),
    "a range of a pattern removed": (
        "module: _ID = re.compile('[A-Za-z]{1,64}', re.ASCII) → _ID = re.compile('[a-z]{1,64}', re.ASCII)"
    ),
    "a flag of a pattern removed": (
        "module: _ID = re.compile('[A-Za-z]{1,64}', re.ASCII) → _ID = re.compile('[A-Za-z]{1,64}', 0)"
    ),
}


def names(folder: Path, source: str) -> list[str]:
    (folder / "module.py").write_text(source, encoding="utf-8")
    return [mutant.name for mutant in mutants_of(folder, "module.py")]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes(tmp_path: Path, change: str) -> None:
    """Each kind of change is made."""
    assert change in names(tmp_path, SOURCE)


def test_every_change_has_a_name_of_its_own(tmp_path: Path) -> None:
    """A list of accepted survivors accepts no other change."""
    found = names(tmp_path, SOURCE + "    response.cookies.clear()\n    response.cookies.clear()\n")
    assert len(set(found)) == len(found)


def test_names_stay_when_lines_move(tmp_path: Path) -> None:
    """An accepted survivor stays accepted when other lines of the file change."""
    moved = SOURCE.replace("import re\n", "import re\nimport ast\n").replace("size <= 10", "\\\n        size <= 10")
    assert names(tmp_path, moved) == names(tmp_path, SOURCE)


def test_docstrings_and_annotations_are_not_changed(tmp_path: Path) -> None:
    """Texts and types without an effect on behaviour are no mutants."""
    assert names(tmp_path, '"""A module."""\n\n\ndef of(name: "str | None") -> "str":\n    """Return it."""\n') == []


def test_a_mutant_differs_in_its_change_only(tmp_path: Path) -> None:
    """The code of a mutant does what its name says, also after other mutants of the file were compiled."""
    (tmp_path / "module.py").write_text("def limit(size):\n    return size <= 10\n", encoding="utf-8")
    results = {}
    for mutant in mutants_of(tmp_path, "module.py"):
        space: dict[str, object] = {}
        exec(mutant.compile(tmp_path), space)  # noqa: S102 - the source is above
        results[mutant.name.rpartition(" → ")[2]] = [space["limit"](size) for size in (9, 10, 11)]  # type: ignore[operator]
    assert results == {"return size < 10": [True, False, False], "return size <= 11": [True, True, True]}
