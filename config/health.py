"""`/livez` (also as `/healthz`) and `/readyz`, for whoever decides whether this process gets requests."""

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis import Redis
from redis.exceptions import RedisError


def livez(request: HttpRequest) -> HttpResponse:
    """Answer 200 without touching anything."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and is migrated, and Redis answers where there is one, else 503."""
    try:
        unapplied = unapplied_migrations()
    except Error:
        return JsonResponse({"status": "unavailable", "database": "does not answer"}, status=503)
    if unapplied:
        return JsonResponse({"status": "unavailable", "database": "has unapplied migrations"}, status=503)
    if settings.REDIS_URL and not _redis_answers(settings.REDIS_URL):
        return JsonResponse({"status": "unavailable", "redis": "does not answer"}, status=503)
    return JsonResponse({"status": "ok"})


def _redis_answers(url: str) -> bool:
    with Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as redis:
        try:
            return bool(redis.ping())
        except RedisError:
            return False


def unapplied_migrations() -> list[str]:
    """Give the names of the migrations that the database lacks."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
