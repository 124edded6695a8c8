"""The exact numbers of statements, provider calls and new connections of a sign-in and of a sign-up."""

import re
import time
from collections.abc import Iterator

from benchmarks.load import Connection, Request
from benchmarks.proxy import StatementProxy
from benchmarks.results import Key
from benchmarks.run import RETURNING_USERS, Run, progress

TIMES = 9
_PAUSE = 1.1
"""Seconds after the warm-up: social-core writes the time of a sign-in at most once a second."""
_LITERAL = re.compile(r"'(?:[^']|'')*'|\b[0-9]+\b")


def measure(run: Run) -> None:
    """Count for every candidate, warmed up, over TLS, on PostgreSQL; SQLite has no connection to listen to."""
    for candidate in run.candidates:
        progress(f"counts, {candidate.name}")
        deployment = run.deployment(candidate, "postgres")
        with StatementProxy(deployment.url) as proxy:
            setup = run.setup(deployment, "tls", url=proxy.url)
            with run.recording_failures(deployment, "counts"), run.serving(deployment, setup) as server:
                server.warm_up()
                time.sleep(_PAUSE)
                connection = Connection(setup.port)
                try:
                    for what, users in (("sign_in", RETURNING_USERS), ("sign_up", deployment.new_users(TIMES + 1))):
                        _count(run, candidate.name, what, candidate.sign_ins(users), connection, proxy)
                finally:
                    connection.close()


def _count(
    run: Run, name: str, what: str, requests: Iterator[Request], connection: Connection, proxy: StatementProxy
) -> None:
    """Count one by one, so that what a process does on its own shows as an exception among them."""
    connection.exchange(next(requests))
    recorded: list[list[str]] = []
    for _ in range(TIMES):
        proxy.reset()
        run.provider.reset()
        connection.exchange(next(requests))
        statements = proxy.statements
        recorded.append(statements)
        figures = {
            "statements": len([one for one in statements if one]),
            "empty_statements": len([one for one in statements if not one]),
            "database_connections": proxy.connections,
            **{f"provider_{seen}": count for seen, count in run.provider.counts().items()},
        }
        for figure, count in figures.items():
            run.results.add(Key(f"{what}_{figure}", name, "postgres", "tls"), count)
    typical = sorted(recorded, key=len)[TIMES // 2]
    without_values = [_LITERAL.sub("?", statement) for statement in typical]
    run.results.statements.setdefault(name, {})[what] = without_values
