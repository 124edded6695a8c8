"""A project adopts the service as docs/adopters.md describes."""

from pathlib import Path

from tests.adopting.running import run_story
from tests.e2e.databases import Database


def test_the_shop(tmp_path: Path) -> None:
    """The tests of the shop pass. Django allows one user model per process, so they run in a new one."""
    database = Database("sqlite", f"sqlite:///{tmp_path}/shop.sqlite3")
    run_story("tests/adopting/story.py", "tests.adopting.shop.settings", database)


def test_the_agency(tmp_path: Path) -> None:
    """The tests of the agency pass: its own API has other prefixes, roots and defaults, and a CDN before it."""
    database = Database("sqlite", f"sqlite:///{tmp_path}/agency.sqlite3")
    run_story("tests/adopting/agency_story.py", "tests.adopting.agency.settings", database)
