"""A team with a project of its own adopts this service (docs/adopters.md)."""

from pathlib import Path

from tests.adopting.running import run_story
from tests.e2e.databases import Database


def test_the_shop(tmp_path: Path) -> None:
    """By every command of the page; in a process of its own, for Django takes one user model a process."""
    database = Database("sqlite", f"sqlite:///{tmp_path}/shop.sqlite3")
    run_story("tests/adopting/story.py", "tests.adopting.shop.settings", database)
