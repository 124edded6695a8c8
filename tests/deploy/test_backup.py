"""docs/backup.md, followed on a database that is in use: dump, restore, and what comes back."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from tests.deploy.pages import blocks, run
from tests.e2e.client import Api
from tests.e2e.databases import Database, empty_postgres, new_database
from tests.e2e.servers import READY_WITHIN, running_service
from tests.e2e.synthetic_github import fields, synthetic_github

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]

PAGE = "backup.md"
PREFIX = list(settings.APIS.values())[-1]
DATA = ("auth_user", "social_auth_usersocialauth", "social_accesstoken", "rollout_dailycalls", "rollout_lastcall")


@dataclass(frozen=True)
class Deployment:
    """A service whose database was dumped, changed, and replaced by the dump."""

    api: Api
    before: dict[str, Any]
    """The sign-up of a person before the dump."""
    revoked: str
    """A token of the same person that was revoked after the dump."""
    later: dict[str, Any]
    """The sign-up of a person after the dump."""
    dumped: dict[str, list[tuple[Any, ...]]]
    """The rows at the time of the dump."""
    database: Database


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Sign people up, dump, revoke, sign up another person, restore, and put the restored database in place."""
    folder = tmp_path_factory.mktemp("backup")
    with new_database("postgres", folder) as source, empty_postgres() as target, synthetic_github() as github:
        _skip_unless_dumpable(source)
        more = {**github.environment, "LEDGER_FLUSH_SECONDS": "0.2"}
        with running_service(None, database_url=source.url, **more) as service:
            api = Api(service.url, PREFIX)
            before = api.sign_up(fields(1, "ripley")).json()
            revoked = api.sign_up(fields(1, "ripley")).json()["token"]
            assert api.as_user(before["token"]).get("user/").status_code == 200
            _await_calls(source, 3)
            dumped = _rows(source)
            run(PAGE, "umask", folder, SOURCE_URL=source.url)
            assert (folder / "tandem.dump").stat().st_mode & 0o777 == 0o600
            assert api.as_user(revoked).delete("token/current/").status_code == 204
            later = api.sign_up(fields(2, "lambert")).json()
            (restore,) = re.findall(r"^pg_restore .*$", "\n".join(blocks(PAGE)), flags=re.MULTILINE)
            command = restore.replace('"$NEW_URL"', target.url).split()
            subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - the page's own
            dumped_again = _rows(target)
            assert dumped_again == dumped
            run(PAGE, 'psql --set=ON_ERROR_STOP=1 "$NEW', folder, NEW_URL=target.url)
            _swap(source, target)
            yield Deployment(api, before, revoked, later, dumped, source)


def _skip_unless_dumpable(database: Database) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        pytest.skip("needs pg_dump")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own
    (own,) = re.findall(r"\) (\d+)", version)
    ((server,),) = database.rows("SELECT current_setting('server_version_num')::int / 10000")
    if int(own) < server:
        pytest.skip(f"pg_dump {own} cannot dump a server of version {server}")


def _rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    return {table: sorted(database.rows(f"SELECT * FROM {table}"), key=str) for table in DATA}  # noqa: S608 - our names


def _await_calls(database: Database, calls: int) -> None:
    """Wait until the ledger has written these calls, and those of users with them, so that it writes no more."""
    deadline = time.monotonic() + READY_WITHIN
    while database.rows("SELECT coalesce(sum(calls), 0) FROM rollout_dailycalls") != [(calls,)]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _swap(source: Database, target: Database) -> None:
    """Rename the restored database to the name that the service knows, which reconnects as after any outage."""
    names = [urlsplit(database.url).path.removeprefix("/") for database in (source, target)]
    server = source.url.replace(names[0], "postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        for old, new in ((names[0], "put_away_" + names[0]), (names[1], names[0]), ("put_away_" + names[0], names[1])):
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
            for _ in range(50):
                # The service and its pool may connect again between the two statements.
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [old])
                try:
                    connection.execute(rename)
                    break
                except psycopg.errors.ObjectInUse:
                    time.sleep(0.05)
            else:
                pytest.fail(f"{old} stays in use")


def _answer(api: Api, method: str, path: str, **more: Any) -> Any:
    """Send a request until the service has connected to the database again."""
    deadline = time.monotonic() + READY_WITHIN
    while (answer := api.call(method, path, **more)).status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return answer


def test_a_token_and_its_user_are_restored(deployment: Deployment) -> None:
    """The token of before the dump works, and a sign-in finds the same user."""
    before = deployment.before
    mine = _answer(deployment.api.as_user(before["token"]), "GET", "user/")
    assert [user["id"] for user in mine.json()["objects"]] == [before["id"]]
    again = deployment.api.sign_up(fields(1, "ripley")).json()
    assert (again["outcome"], again["id"]) == ("signed_in", before["id"])


def test_what_was_written_later_is_gone(deployment: Deployment) -> None:
    """The person signs up again, and gets an id that nobody has had."""
    assert _answer(deployment.api.as_user(deployment.later["token"]), "GET", "user/").status_code == 401
    again = deployment.api.sign_up(fields(2, "lambert")).json()
    assert again["outcome"] == "created"
    assert again["id"] > deployment.later["id"] + 1000


def test_the_ledger_is_restored(deployment: Deployment) -> None:
    """The calls of before the dump are still counted."""
    counted = {row[1:] for row in deployment.dumped["rollout_dailycalls"]}
    assert counted
    now = deployment.database.rows("SELECT day, version, client, resource, outcome FROM rollout_dailycalls")
    assert {row[:5] for row in counted} <= set(now)


def test_revoked_tokens_come_back_until_all_are_revoked(deployment: Deployment, tmp_path: Path) -> None:
    """As the page warns; its statements end all tokens, also those of before the dump."""
    assert _answer(deployment.api.as_user(deployment.revoked), "GET", "user/").status_code == 200
    run(PAGE, "psql --set=ON_ERROR_STOP=1 --single", tmp_path, NEW_URL=deployment.database.url)
    for token in (deployment.revoked, deployment.before["token"]):
        assert deployment.api.as_user(token).get("user/").status_code == 401
