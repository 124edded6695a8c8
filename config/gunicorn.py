"""gunicorn's settings: threads, since a sign-in mostly waits for a provider."""

import os

from config import environment
from config.metric_files import child_exit, on_exit, on_starting

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
# The workers' metrics are one, and outlive each of them.
__all__ = ["child_exit", "on_exit", "on_starting"]
