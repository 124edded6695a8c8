"""gunicorn's settings (docs.gunicorn.org, "Settings"), from the environment."""

import os

from config import environment
from server.hooks import child_exit, on_exit, on_starting, post_fork, post_worker_init, pre_fork, worker_exit
from social.conf import DEFAULT_PROVIDER_TIMEOUT

__all__ = ["child_exit", "on_exit", "on_starting", "post_fork", "post_worker_init", "pre_fork", "worker_exit"]

port = environment.integer("PORT", 8000, least=1, most=65535)
addresses = environment.bind().split(",")
bind = [f"[{address}]:{port}" if ":" in address else f"{address}:{port}" for address in addresses]
worker_class = "server.worker.Worker"
logger_class = "server.worker.ServerLog"
redis_url = environment.redis_url("REDIS_URL")
# Without Redis each process would count the limits by itself.
workers = environment.integer("WEB_CONCURRENCY", (os.cpu_count() or 1) if redis_url else 1, least=1, most=256)
threads = environment.threads()
# Longer than any sign-in may take: a graceful stop answers the requests in progress.
graceful_timeout = int(environment.number("PROVIDER_TIMEOUT", DEFAULT_PROVIDER_TIMEOUT)) + 20
timeout = graceful_timeout + 10
keepalive = 75
max_requests = environment.integer("MAX_REQUESTS", 0, most=1_000_000_000)
# Workers that start together must not reach the limit together.
max_requests_jitter = max_requests // 2
# TRUSTED_PROXIES decides which proxies are trusted. By default gunicorn trusts callers on this machine, for SCRIPT_NAME
# and PATH_INFO too.
forwarded_allow_ips = ""
# A socket through which workers can be added and stopped, by default in the home directory. Signals do all that is
# documented, and a service that may write no file would log an error.
control_socket_disable = True
# gunicorn's access log has query strings in it; the application logs each request itself.
accesslog = None
errorlog = "-"
loglevel = "warning"
