"""gunicorn's server hooks (docs.gunicorn.org, "Server Hooks"), in the order in which gunicorn calls them.

`on_starting`, `pre_fork`, `child_exit` and `on_exit` run in the master, which does not load Django; the others run in a
worker. `worker_exit` runs after SIGTERM, SIGQUIT, SIGABRT and at `max_requests`; `child_exit` runs however the worker
ended.
"""

import gc
import mmap
import os
import sys
import time
from typing import Any

from config import environment
from rollout.metrics import directory
from server.reports import log_of_master
from server.start import FirstWorker
from shared.http.redaction import exception_name

_COUNTER_BYTES = 8
"""An aligned 8-byte write is atomic: the counter is whole whenever its writer is killed."""


def on_starting(server: Any) -> None:
    """Create the directory in which the workers share their metrics, prepare the log line of the stop, run the checks.

    The directory in the master: the process that creates the directory removes it, and after SIGUSR2 the two masters
    have one each. Before `prometheus_client` is imported, which reads the path once.
    """
    if environment.text("METRICS_TOKEN"):
        directory.create()
    server.started_at, server.stop_reason = time.monotonic(), "error"
    for name in ("term", "int", "quit"):
        _keep_reason(server, name)
    server.first_worker = None
    if server.master_pid:  # the first worker of the predecessor has logged the first start
        log_of_master(server, "Tandem starts beside its predecessor", reason="SIGUSR2", predecessor=server.master_pid)
        return
    server.first_worker = FirstWorker(server)
    if not server.first_worker.start():
        directory.remove()
        sys.exit(1)
    server.first_worker = None


def _keep_reason(server: Any, name: str) -> None:
    """Record the signal that stops the master; gunicorn does not pass it to `on_exit`."""
    handle = getattr(server, f"handle_{name}")

    def handle_and_keep() -> None:
        server.stop_reason = f"SIG{name.upper()}"
        handle()

    setattr(server, f"handle_{name}", handle_and_keep)


def pre_fork(server: Any, worker: Any) -> None:
    """Create the counter of the worker's unwritten ledger entries, in memory that the master shares."""
    worker.unwritten = mmap.mmap(-1, _COUNTER_BYTES)


def post_fork(server: Any, worker: Any) -> None:
    """Stop the garbage collector while the worker loads the application, all of which stays in use; run the checks.

    The first worker runs them (`server.start`).
    """
    gc.disable()
    if server.first_worker:
        server.first_worker.check(worker)


def post_worker_init(worker: Any) -> None:
    """Attach the ledger to the shared counter and start the garbage collector; the application is loaded."""
    from config.warm_up import warm_up  # noqa: PLC0415 - the master has no Django
    from rollout.ledger.process import ledger  # noqa: PLC0415 - likewise

    warm_up()
    ledger().counter.share_unwritten(memoryview(worker.unwritten).cast("Q"))
    # Without a collection before, which takes a tenth of the start to find half a megabyte of garbage.
    gc.freeze()
    gc.enable()


def worker_exit(server: Any, worker: Any) -> None:
    """Write the ledger's remaining entries; entries after this are written when the interpreter ends."""
    # gunicorn also calls this in the master, for a worker that it cannot find, and for one that has not served.
    if worker.pid == os.getpid() and worker.booted:
        from rollout.ledger.process import ledger  # noqa: PLC0415 - the master has no Django

        ledger().last_flush()


def child_exit(server: Any, worker: Any) -> None:
    """Log how many ledger entries an ended worker has not written, and keep its metrics."""
    unwritten = int.from_bytes(worker.unwritten[:_COUNTER_BYTES], sys.byteorder)
    worker.unwritten.close()
    if unwritten:
        server.log.warning(
            "Worker %s ended without its last flush: the ledger may lack up to %s of its calls.", worker.pid, unwritten
        )
    metrics = directory.current()
    if metrics is None:
        return
    try:
        directory.fold(metrics, server.WORKERS)
    except Exception as error:  # noqa: BLE001 - a failure of the metrics must not end the service
        server.log.error("The metrics of worker %s were not folded: %s", worker.pid, exception_name(error))  # noqa: TRY400 - no exception text in the log


def on_exit(server: Any) -> None:
    """Remove the metrics directory, and log the stop."""
    directory.remove()
    uptime = round(time.monotonic() - server.started_at)
    log_of_master(server, "Tandem stops", reason=server.stop_reason, uptime_seconds=uptime)
