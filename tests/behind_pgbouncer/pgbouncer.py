"""pgbouncer in front of one database on a free port; a pgbouncer of the machine is not touched."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.e2e.databases import Database
from tests.e2e.servers import free_port
from tests.e2e.temporary_servers import Server, unprivileged

_SETTINGS = """
[databases]
{name} = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
"""


class Bouncer(Database):
    """The database through pgbouncer."""

    def clients(self) -> int:
        """Return the number of client connections."""
        # pgbouncer's own database has no transactions.
        own = urlunsplit(urlsplit(self.url)._replace(path="/pgbouncer"))
        with psycopg.connect(own, autocommit=True) as session, session.cursor() as cursor:
            cursor.execute("SHOW CLIENTS")
            place = [column.name for column in cursor.description or ()].index("database")
            return [row[place] for row in cursor].count(urlsplit(self.url).path[1:])


@contextmanager
def running_pgbouncer(database: Database, connections: int) -> Iterator[Bouncer]:
    """Run pgbouncer with so many connections to PostgreSQL; skip the test if it is not installed.

    It does not run as root, like PostgreSQL.
    """
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("needs pgbouncer")
    identity = unprivileged()
    with tempfile.TemporaryDirectory(prefix="tandem-pgbouncer-") as folder:
        port, place = free_port(), Path(folder, "pgbouncer.ini")
        # Connect as the server's user, whatever user a client names.
        parameters: dict[str, Any] = {"host": "127.0.0.1", **conninfo_to_dict(database.url)}
        server = make_conninfo(**parameters)
        name = urlsplit(database.url).path[1:]
        place.write_text(_SETTINGS.format(name=name, server=server, port=port, connections=connections), "utf-8")
        if identity:
            for one in (folder, place):
                os.chown(one, identity["user"], identity["group"])
        bouncer = Server([program, place.name], Path(folder), port, signal.SIGINT, identity)
        try:
            bouncer.start()
            yield Bouncer("postgres", f"postgres://anybody@127.0.0.1:{port}/{name}")
        finally:
            bouncer.stop()
