"""Health checks for load balancers and orchestrators: `/livez`, its alias `/healthz`, and `/readyz`."""

import logging
import math
import threading
import time

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis import Redis
from redis.exceptions import RedisError

from shared.http import logs
from social.conf import conf

KEPT_FOR = 1.0
"""Seconds for which the result of a check is used."""
MAX_CHECK = 2.0
"""Seconds after which a check in progress is a failure for other requests; Redis may take as many."""
_NO_RESULT = ("check", "has not ended")


def livez(request: HttpRequest) -> HttpResponse:
    """Return 200, without a query."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 if the database answers and is migrated and Redis, if configured, answers; otherwise 503."""
    failure = _readiness.failure()
    if failure is None:
        return JsonResponse({"status": "ok"})
    part, reason = failure
    # It is on the access line, too: probes do not show the body.
    logs.note(logging.ERROR, outcome="unavailable", reason=f"{part} {reason}".replace(" ", "_"))
    return JsonResponse({"status": "unavailable", part: reason}, status=503)


class Readiness:
    """The result of the last check. One thread at a time checks: a database that stalls takes no more of them."""

    def __init__(self) -> None:
        """Start without a result."""
        self._failure: tuple[str, str] | None = _NO_RESULT
        self._checked_at, self._began_at = -math.inf, math.inf
        self._checking = threading.Lock()

    def failure(self) -> tuple[str, str] | None:
        """Return the part that fails and the reason, or None; check first if the last result is old."""
        now = time.monotonic()
        if now - self._checked_at < KEPT_FOR:
            return self._failure
        if not self._checking.acquire(blocking=False):
            return _NO_RESULT if now - self._began_at > MAX_CHECK else self._failure
        try:
            self._began_at = now
            self._failure = _check()
            self._checked_at = time.monotonic()
            return self._failure
        finally:
            self._began_at = math.inf
            self._checking.release()


_readiness = Readiness()


def _check() -> tuple[str, str] | None:
    try:
        if unapplied_migrations():
            return "database", "has unapplied migrations"
    except Error:
        return "database", "does not answer"
    if conf.redis_url and not redis_answers(conf.redis_url):
        return "redis", "does not answer"
    return None


def redis_answers(url: str) -> bool:
    """Return True if Redis answers within a second."""
    with Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as redis:
        try:
            return bool(redis.ping())
        except RedisError:
            return False


def unapplied_migrations() -> list[str]:
    """Return the names of the unapplied migrations."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
