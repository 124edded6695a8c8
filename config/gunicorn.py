"""gunicorn's settings: threads, since a sign-in mostly waits for a provider."""

import os
from typing import Any

from config import environment
from rollout.metrics import directory
from shared.kinds import kind

bind = [f"0.0.0.0:{environment.integer('PORT', 8000, least=1, most=65535)}"]
worker_class = "config.worker.Worker"
logger_class = "config.worker.ServerLog"
workers = environment.integer(
    "WEB_CONCURRENCY", (os.cpu_count() or 1) if environment.text("REDIS_URL") else 1, least=1, most=256
)
threads = environment.integer("THREADS", 32, least=1, most=1000)
# Longer than any sign-in may take, so that a stop finishes what is under way.
graceful_timeout = int(environment.number("PROVIDER_TIMEOUT", 10, most=300)) + 20
timeout = graceful_timeout + 10
keepalive = 75
# Whom to believe about TLS and addresses is said in one place, TRUSTED_PROXIES. gunicorn by itself would believe
# whoever calls from this machine, also about SCRIPT_NAME and PATH_INFO.
forwarded_allow_ips = ""
# No access log of gunicorn's: it prints query strings. The application writes a line a request.
accesslog = None
errorlog = "-"
loglevel = "warning"


def on_starting(server: Any) -> None:
    """Make the place where the workers of this run keep their metrics, before anything that looks for it is imported.

    Here rather than before gunicorn: a master that takes over from this one (SIGUSR2) gets a place of its own.
    """
    if environment.text("METRICS_TOKEN"):
        directory.make()


def child_exit(server: Any, worker: Any) -> None:
    """Keep the counts of a worker that is gone, and forget what it had under way."""
    kept = directory.current()
    if kept is None:
        return
    from rollout.metrics import files  # noqa: PLC0415 - once there is a place

    try:
        files.fold(kept, worker.pid)
    except Exception as error:  # noqa: BLE001 - the service does not end for the sake of its metrics
        server.log.error("The metrics of worker %s are lost: %s", worker.pid, kind(error))  # noqa: TRY400 - no words of it


def on_exit(server: Any) -> None:
    """Leave nothing behind."""
    directory.remove()
