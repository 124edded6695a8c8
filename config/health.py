"""Health checks for load balancers and orchestrators: `/livez`, its alias `/healthz`, and `/readyz`."""

import logging

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis import Redis
from redis.exceptions import RedisError

from shared.http import logs
from social.conf import conf


def livez(request: HttpRequest) -> HttpResponse:
    """Return 200, without a query."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 if the database answers and is migrated and Redis, if configured, answers; otherwise 503."""
    try:
        unapplied = unapplied_migrations()
    except Error:
        return _unavailable("database", "does not answer")
    if unapplied:
        return _unavailable("database", "has unapplied migrations")
    if conf.redis_url and not redis_answers(conf.redis_url):
        return _unavailable("redis", "does not answer")
    return JsonResponse({"status": "ok"})


def _unavailable(part: str, reason: str) -> HttpResponse:
    """Return 503 with the reason, which is on the access line, too: probes do not show the body."""
    logs.note(logging.ERROR, outcome="unavailable", reason=f"{part} {reason}".replace(" ", "_"))
    return JsonResponse({"status": "unavailable", part: reason}, status=503)


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
