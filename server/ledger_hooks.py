"""What a worker has counted for the ledger and not yet written, seen by gunicorn's master when the worker has ended.

The hooks are gunicorn's (docs.gunicorn.org, "Server Hooks"). `pre_fork` runs in the master with the worker to be;
`post_worker_init` in the worker when the application is loaded; `worker_exit` in the worker on its way out, also after
SIGTERM, SIGQUIT, SIGABRT and when it has had `max_requests`; `child_exit` in the master whatever the worker died of.
"""

import mmap
import os
import sys
from typing import Any

_WIDTH = 8
"""Bytes of a number that is written at once, so that it is whole whenever the writer is killed."""


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker a place that the master sees too."""
    worker.unwritten = mmap.mmap(-1, _WIDTH)


def post_worker_init(worker: Any) -> None:
    """Keep the number of unwritten calls in that place."""
    from rollout.ledger.process import ledger  # noqa: PLC0415 - the master has no Django

    ledger().tally.show_in(memoryview(worker.unwritten).cast("Q"))


def worker_exit(server: Any, worker: Any) -> None:
    """Write what is left; what still comes in after this is written when the interpreter ends."""
    # gunicorn calls this in the master, too, for a worker that it cannot find.
    if worker.pid == os.getpid():
        from rollout.ledger.process import ledger  # noqa: PLC0415 - the master has no Django

        ledger().last_flush()


def child_exit(server: Any, worker: Any) -> None:
    """Say it if the worker has died before its last flush."""
    unwritten = int.from_bytes(worker.unwritten[:_WIDTH], sys.byteorder)
    worker.unwritten.close()
    if unwritten:
        server.log.warning(
            "Worker %s ended without its last flush: the ledger may lack up to %s of its calls.", worker.pid, unwritten
        )
