"""A team with a project of its own adopts this service (docs/adopters.md)."""

from pathlib import Path

import pytest

from tests.adopting.running import run_story
from tests.e2e.databases import Database, empty_postgres


@pytest.mark.parametrize("vendor", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_shop(vendor: str, tmp_path: Path) -> None:
    """Django takes one user model a process, so the shop has one of its own."""
    story = ("tests/adopting/story.py", "tests.adopting.shop.settings")
    if vendor == "sqlite":
        run_story(*story, Database(vendor, f"sqlite:///{tmp_path}/shop.sqlite3"))
        return
    with empty_postgres() as database:
        run_story(*story, database)
