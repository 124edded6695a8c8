"""Every command of docs/migration.md, run in order in a checkout of its own."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legacy_api.tests.migration import manual, old_database, passing
from legacy_api.tests.migration.shell import Terminal, checkout
from tests.e2e.databases import Database
from tests.e2e.servers import ROOT, Sandbox, free_port, running_sandbox

pytestmark = pytest.mark.e2e

PAGE = ROOT / "docs" / "migration.md"
MIGRATED = ROOT / ".cache" / "migrated"
"""Where scripts/sever reads the database at the end of docs/migration.md."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The running sandbox."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """An empty database; tests/legacy_rows migrate such tables and rows on PostgreSQL too."""
    return Database("sqlite", f"sqlite:///{tmp_path}/company.sqlite3")


def test_every_command_of_the_page(
    tmp_path: Path, sandbox: Sandbox, database: Database, django_db_blocker: Any
) -> None:
    """On a database of 2019, each command prints what the page shows, and v1 is deleted at the end."""
    with django_db_blocker.unblock():
        old_database.make(database)
    folder = tmp_path / "tandem"
    checkout(ROOT, folder)
    walk = passing.Walk(database, sandbox, port=free_port())
    (folder / "production.env").write_text(walk.environment_file(), encoding="utf-8")
    terminal = Terminal(folder, walk.shell_environment(tmp_path), port=walk.port)
    transcript: list[str] = []
    mismatches: list[str] = []
    try:
        for chapter in manual.read(PAGE):
            walk.turn_to(chapter, terminal)
            transcript.append(f"\n## {chapter.title}\n")
            for command in chapter.commands:
                text = walk.now(command.text)
                status, printed = terminal.run(text)
                printed = walk.as_written(printed)
                transcript += [f"$ {command.text}", printed]
                shown = "\n".join(transcript[-2:])
                assert status == 0, f"{chapter.title}: status {status}\n{shown}\n{terminal.log()[-3000:]}"
                if not manual.matches(command.output, printed):
                    mismatches.append("\n".join([f"{chapter.title}: for", shown, "the page shows", *command.output]))
        assert not walk.unseen(), "events without a chapter"
    finally:
        terminal.close()
        sys.stdout.write("\n".join(transcript))
    assert not mismatches, "\n\n".join(mismatches)
    assert "Traceback" not in terminal.log()
    assert not (folder / "legacy_api").exists()
    _keep_for_sever(database)


def _keep_for_sever(database: Database) -> None:
    MIGRATED.mkdir(parents=True, exist_ok=True)
    shutil.copy(database.url.removeprefix("sqlite:///"), MIGRATED / "company.sqlite3")
    (MIGRATED / "keys.json").write_text(json.dumps(dict(old_database.KEYS)), encoding="utf-8")
