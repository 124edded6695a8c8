"""A project with a Tastypie API adopts the service as docs/adopters.md describes."""

from pathlib import Path

import pytest

from tests.adopting.running import run_story
from tests.e2e.databases import Database, empty_postgres


@pytest.mark.process
@pytest.mark.parametrize("vendor", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_shop_and_its_keys(vendor: str, tmp_path: Path) -> None:
    """The tests of the shop pass, and keys that Tastypie has issued work afterwards, on both versions."""
    story = ("legacy_api/tests/adopting/story.py", "legacy_api.tests.adopting.settings")
    if vendor == "sqlite":
        run_story(*story, Database(vendor, f"sqlite:///{tmp_path}/shop.sqlite3"))
        return
    with empty_postgres() as database:
        run_story(*story, database)
