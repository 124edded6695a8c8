"""Where a run was made, as far as it matters to its figures."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psycopg

from benchmarks.databases import POSTGRES
from benchmarks.processes import ProcessError, run


def about() -> dict[str, str]:
    """Give the processor, the system and the versions."""
    with psycopg.connect(POSTGRES) as session:
        row = session.execute("SHOW server_version").fetchone()
    return {
        "processor": f"{os.cpu_count()} × {_processor()}",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Django, gunicorn, requests": ", ".join(version(name) for name in ("django", "gunicorn", "requests")),
        "PostgreSQL": str(row[0]) if row else "?",
        "commit": _commit(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    try:
        return run(["git", "describe", "--always", "--dirty"], {}).strip()
    except (ProcessError, FileNotFoundError):
        return "?"
