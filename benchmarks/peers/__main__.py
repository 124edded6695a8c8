"""`python -m benchmarks.peers`: does each peer answer as it should? Starts one after the other on SQLite."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.peers.catalogue import PEERS
from benchmarks.peers.environment import ROOT
from benchmarks.peers.peer import Peer
from benchmarks.peers.serving import prepare, serving

VISITS = (
    ("a new user", "token-1", True),
    ("another", "token-2", True),
    ("the first again", "token-1", True),
    ("a wrong token", "nobody", False),
)
USERS = 2


def main() -> int:
    """Say how each peer answered whom, and what it asked the provider for that; 1 if one of them is wrong."""
    faults = 0
    with tempfile.TemporaryDirectory(prefix="tandem-peers-") as made, _provider() as provider:
        for peer in PEERS:
            database = Path(made, f"{peer.name}.sqlite3")
            _say(peer.title)
            faults += _visited(peer, database, provider)
    return 1 if faults else 0


def _visited(peer: Peer, database: Path, provider: str) -> int:
    variables = {**_kept(), **peer.variables(database_url=f"sqlite:///{database}", provider=provider)}
    prepare(peer, variables)
    faults = 0
    log = database.with_suffix(".log")
    with serving(peer, variables, log) as address:
        for visitor, token, welcome in VISITS:
            _provider_told(provider, "POST", "/-/reset")
            request = peer.sign_in(token)
            status, body = _asked(address, request.method, request.path, request.body, dict(request.headers))
            seen = _provider_told(provider, "GET", "/-/counts")
            right = (peer.credential(status, body) is not None) is welcome
            faults += not right
            outcome = "" if right else f"  WRONG: {body[:200]!r}"
            _say(f"  {visitor:16}{status}  calls {seen['calls']}, connections {seen['connections']}{outcome}")
    users = _users(database)
    _say(f"  {users} users" + ("" if users == USERS else f"  WRONG: there have been {USERS}"))
    faults += users != USERS
    if faults:
        _say(log.read_text(encoding="utf-8", errors="replace"))
    return faults


def _users(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        count: int = connection.execute("SELECT count(*) FROM auth_user").fetchone()[0]
        return count


@contextmanager
def _provider() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.provider"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        try:
            where: str = json.loads(next(iter(process.stdout or ())))["http"]
            yield where
        finally:
            process.terminate()


def _provider_told(provider: str, method: str, path: str) -> dict[str, int]:
    counts: dict[str, int] = json.loads(_asked(urlsplit(provider).netloc, method, path)[1])
    return counts


def _asked(
    address: str, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    with closing(HTTPConnection(address, timeout=30)) as connection:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _kept() -> dict[str, str]:
    """What a process needs of ours whatever it is."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


sys.exit(main())
