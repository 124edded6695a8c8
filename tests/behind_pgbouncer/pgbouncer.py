"""pgbouncer in front of one database, on a port of this machine; the machine's own is left alone."""

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
from tests.e2e.private import Server, unprivileged
from tests.e2e.servers import free_port

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
    """The database, by the way through pgbouncer."""

    def clients(self) -> int:
        """Say how many connections of clients there are."""
        # pgbouncer has a database of its own, of which one asks what it does; it knows no transactions.
        own = urlunsplit(urlsplit(self.url)._replace(path="/pgbouncer"))
        with psycopg.connect(own, autocommit=True) as session, session.cursor() as cursor:
            cursor.execute("SHOW CLIENTS")
            place = [column.name for column in cursor.description or ()].index("database")
            return [row[place] for row in cursor].count(urlsplit(self.url).path[1:])


@contextmanager
def running_pgbouncer(database: Database, connections: int) -> Iterator[Bouncer]:
    """Run it with so many connections to PostgreSQL; skip where it is not installed.

    It refuses to run as the machine's superuser, as PostgreSQL does.
    """
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("needs pgbouncer")
    identity = unprivileged()
    with tempfile.TemporaryDirectory(prefix="tandem-pgbouncer-") as folder:
        port, place = free_port(), Path(folder, "pgbouncer.ini")
        # With the user and the password of the server, whoever a client says that it is.
        told: dict[str, Any] = {"host": "127.0.0.1", **conninfo_to_dict(database.url)}
        server = make_conninfo(**told)
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
