"""A Redis of a run's own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processes import ProcessError, await_ready, free_port, listens, running


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """Run an empty one, and give its URL.

    :raises ProcessError: it is not installed.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise ProcessError("redis-server is not installed: more than one process of Tandem needs it")
    port, log = free_port(), folder / "redis.log"
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with running(command, {}, log, folder=folder) as process:
        await_ready(process, log, lambda: listens(port))
        yield f"redis://127.0.0.1:{port}/0"
