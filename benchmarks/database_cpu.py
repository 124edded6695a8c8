"""What a database's own processes take, where they are processes of this machine."""

from pathlib import Path

import psycopg

from benchmarks.processes import cpu_seconds

_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def database_cpu(url: str) -> dict[int, float]:
    """Give the seconds of CPU that each process behind a connection to a PostgreSQL database has taken.

    None of them where it is another machine's.
    """
    with psycopg.connect(url, autocommit=True) as session:
        pids = [pid for (pid,) in session.execute(_BACKENDS)]
    return {pid: cpu_seconds(pid) for pid in pids if _is_local(pid)}


def taken_since(before: dict[int, float], after: dict[int, float]) -> float | None:
    """Give the seconds in between of those that were there before and after; None where there was none."""
    both = before.keys() & after.keys()
    return sum(after[pid] - before[pid] for pid in both) if both else None


def _is_local(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").startswith("postgres")
    except FileNotFoundError:
        return False
