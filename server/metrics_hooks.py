"""Where the workers of one run keep their metrics for each other, seen by gunicorn's master.

The hooks are gunicorn's (docs.gunicorn.org, "Server Hooks"); all three run in the master.
"""

from typing import Any

from config import environment
from rollout.metrics import directory
from shared.http.redaction import kind


def on_starting(server: Any) -> None:
    """Make the place, before anything that looks for it is imported.

    Here rather than before gunicorn: the process that makes it is the one that removes it, and two masters share none.
    """
    if environment.text("METRICS_TOKEN"):
        directory.make()


def child_exit(server: Any, worker: Any) -> None:
    """Keep the counts of workers that are gone, and forget what they had under way."""
    kept = directory.current()
    if kept is None:
        return
    from rollout.metrics import files  # noqa: PLC0415 - once there is a place

    try:
        files.fold(kept, server.WORKERS)
    except Exception as error:  # noqa: BLE001 - the service does not end for the sake of its metrics
        server.log.error("The metrics of worker %s were not folded: %s", worker.pid, kind(error))  # noqa: TRY400 - no words of it


def on_exit(server: Any) -> None:
    """Leave nothing behind."""
    directory.remove()
