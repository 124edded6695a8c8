"""Warm up a process before it serves (docs/decisions/0020-warm-up.md)."""

import logging
from io import BytesIO

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.urls import Resolver404, resolve

from rollout.calls import call_of
from shared.contract.declarations import registry
from shared.contract.resources import Access, Endpoint
from shared.http.hosts import is_allowed
from shared.http.redaction import exception_name
from shared.http.urls import api_of
from social.warm_up import warm_up as warm_up_sign_ups

logger = logging.getLogger("tandem.server")


def warm_up() -> None:
    """Load and make what the first requests would load and make in each of their threads.

    It sends nothing, and uses no database. A failure is logged, and does not prevent the start: the first requests do
    then what is missing.
    """
    try:
        for prefix in settings.APIS.values():
            _visit(registry.root, f"/{prefix}")
            # Those of a project's models would read the database.
            for endpoint in (one for resource in registry if resource.source is None for one in resource.endpoints):
                _visit(endpoint, f"/{prefix}")
        warm_up_sign_ups()
    except Exception as error:  # noqa: BLE001 - whatever a pipeline step of the operator raises when it is imported
        logger.error("The process serves without having warmed up: %s", exception_name(error))  # noqa: TRY400 - one line, without frames


def _visit(endpoint: Endpoint, prefix: str) -> None:
    """Resolve a path, and call its view if anyone may read it, without the middleware that counts and logs calls."""
    path, read = endpoint.uri(prefix, id=1), endpoint.operation("GET")
    try:
        view, args, kwargs = resolve(path)
    except Resolver404:  # a project's resource whose ids are no numbers
        return
    if read is None or read.access is not Access.PUBLIC:
        return
    request = WSGIRequest(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.input": BytesIO(),
        }
    )
    api_of(request)
    is_allowed(request)
    response = view(request, *args, **kwargs)
    if hasattr(response, "render"):
        response.render()
    call_of(request, response, 0.0)
