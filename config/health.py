"""`/livez` and `/readyz`, for whoever decides whether this process gets requests."""

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse


def livez(request: HttpRequest) -> HttpResponse:
    """Answer 200 without touching anything."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and is migrated, else 503."""
    try:
        unapplied = unapplied_migrations()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "does not answer"}, status=503)
    if unapplied:
        return JsonResponse({"status": "unavailable", "database": "has unapplied migrations"}, status=503)
    return JsonResponse({"status": "ok"})


def unapplied_migrations() -> list[str]:
    """Give the names of the migrations that the database lacks."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
