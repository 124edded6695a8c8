"""The renaming of packages for the distribution."""

from pathlib import Path

import pytest
from packaging.version import InvalidVersion, Version

from scripts import dist_project
from scripts.dist_renaming import Names, RenamingError, left, rename


@pytest.fixture
def names(tmp_path: Path) -> Names:
    """Two packages with a module `code`: the app `one`, which has tests, and `two`."""
    for path in (
        "one/__init__.py",
        "one/apps.py",
        "one/code.py",
        "one/tests/__init__.py",
        "two/__init__.py",
        "two/code/__init__.py",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return Names(tmp_path, ["one", "two"])


@pytest.mark.parametrize(
    "text",
    [
        "from ^one import code",
        "if x:\n        from  ^one.code import a",
        "import ^one.code as it, os",
        "from one.tests import code",
        "from onenote import two",
        "é = 'é'; run('^one.code.start')",
        "path = '^two.code.prefix.'",
        "f'python:^one.code {x}'",
        "'''Text about `^one.code`\nand ^two.code.'''",
        "id = 'one.E001'; page = 'docs/one.code'; model = 'one.Model'",
        "class A(AppConfig):\n    name = '^one'\n    label = 'one'",
        "INSTALLED_APPS += [a for a in ('^one', 'x')]",
        "APIS: dict = {'^one': 'api/', **APIS}",
        "override(APIS={'^one': 'a/'}); settings.APIS['^two']",
        "run = [python, '-m', '^two']",
        "headers = {'two'}",
        "dependencies = [('one', '0001_initial')]",
    ],
)
def test_renamed(names: Names, text: str) -> None:
    """Imports, dotted names of modules and names of apps move (at `^`); labels, ids, models and paths do not."""
    assert rename(text.replace("^", ""), names, "file.py") == text.replace("^", "tandem.")


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("mounted('one')", "file.py:1: is 'one' a module or a label"),
        ("f'{one.code}'", "more than imports and strings would change"),
        ("import one.code", "still has an old name: line 1: import tandem.one.code"),
        (r"text = '\none.code'", "still has an old name: line 1: one.code"),
        ("name = f'one.{part}'", "still has an old name: line 1: one."),
        ("name = 'on' 'e.code'", "still has an old name: line 1: one.code"),
    ],
)
def test_refused(names: Names, source: str, error: str) -> None:
    """A name that may be either, or that would keep its old form, fails the build instead of the installed package."""
    with pytest.raises(RenamingError) as raised:
        rename(source, names, "file.py")
    assert error in str(raised.value)


def test_other_files(names: Names) -> None:
    """A dotted name of a module in a data file is found."""
    assert left('backend = "one.code.Backend" # two.md', names) == ['one.code.Backend"']


@pytest.mark.parametrize("extra", list(dist_project.extras()))
def test_no_extra_is_named_like_a_version(extra: str) -> None:
    """`extra == "v1"` in the metadata is a comparison of versions for pip 24.1 to 24.3, which fail at other extras."""
    with pytest.raises(InvalidVersion):
        Version(extra)
