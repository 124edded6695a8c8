"""gunicorn's settings: threads, since a sign-in mostly waits for a provider."""

import gc
import os
from typing import Any

from config import environment
from server import ledger_hooks, metrics_hooks
from server.ledger_hooks import pre_fork, worker_exit
from server.metrics_hooks import on_exit, on_starting

bind = [f"0.0.0.0:{environment.integer('PORT', 8000, least=1, most=65535)}"]
worker_class = "server.worker.Worker"
logger_class = "server.server_log.ServerLog"
workers = environment.integer(
    "WEB_CONCURRENCY", (os.cpu_count() or 1) if environment.text("REDIS_URL") else 1, least=1, most=256
)
threads = environment.integer("THREADS", 128, least=1, most=1000)
# Longer than any sign-in may take, so that a stop finishes what is under way.
graceful_timeout = int(environment.number("PROVIDER_TIMEOUT", 10, most=300)) + 20
timeout = graceful_timeout + 10
keepalive = 75
# A worker that has had them is replaced, whatever it may have gathered by then; the jitter keeps workers that have
# started together from going together.
max_requests = environment.integer("MAX_REQUESTS", 0, most=1_000_000_000)
max_requests_jitter = max_requests // 2
# Whom to believe about TLS and addresses is said in one place, TRUSTED_PROXIES. gunicorn by itself would believe
# whoever calls from this machine, also about SCRIPT_NAME and PATH_INFO.
forwarded_allow_ips = ""
# No access log of gunicorn's: it prints query strings. The application writes a line a request.
accesslog = None
errorlog = "-"
loglevel = "warning"
# What the ledger has counted in memory is not lost with a worker, or it is said; the workers' metrics are one, and
# outlive each of them.
__all__ = ["on_exit", "on_starting", "pre_fork", "worker_exit"]


def post_fork(server: Any, worker: Any) -> None:
    """Begin to load the application."""
    # What comes now stays: the garbage collector would look through all of it, again and again.
    gc.disable()


def post_worker_init(worker: Any) -> None:
    """Begin to count, with the application loaded."""
    ledger_hooks.post_worker_init(worker)
    gc.collect()
    gc.freeze()
    gc.enable()


def child_exit(server: Any, worker: Any) -> None:
    """Look after what a worker has left, whatever it died of."""
    ledger_hooks.child_exit(server, worker)
    metrics_hooks.child_exit(server, worker)
