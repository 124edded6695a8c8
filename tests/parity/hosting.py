"""A host project with an API root and resources of its own, below the prefixes and before Tandem's URLs."""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.urls import urlpatterns as tandems

OLD, NEW = "api/v1/", "api/v2/"
calls: Counter[str] = Counter()
_numbers = itertools.count()


@csrf_exempt
def counted(request: HttpRequest) -> JsonResponse:
    """Count the calls of this view, by method and path."""
    calls[f"{request.method} {request.path}"] += 1
    return JsonResponse({"ok": True}, status=201 if request.method == "POST" else 200)


def root(request: HttpRequest) -> HttpResponse:
    """Return the host project's own root of an API."""
    return HttpResponse("<h1>Our API</h1>")


def systems(request: HttpRequest) -> HttpResponse:
    """Return a list with noise: a number that is new on each call, and an ETag; if asked for, the name as well."""
    old = request.path.startswith(f"/{OLD}")
    uri = f"/{OLD}downloads/os/" if old else f"/{NEW}os/"
    name = "Windows" if old or "same" in request.GET else "windows"
    name += str(next(_numbers)) if "noisy" in request.GET else ""
    body = {"call": next(_numbers), "objects": [{"id": 1, "name": name, "resource_uri": f"{uri}1/"}]}
    return JsonResponse(body, headers={"ETag": f'"{next(_numbers)}"'})


def releases(request: HttpRequest) -> HttpResponse:
    """Return the same values from both versions, in other bytes."""
    old = request.path.startswith(f"/{OLD}")
    text = '{"id": 7, "size": 1.0, "name": "\\u00e9"}' if old else '{"id":7,"size":1.0,"name":"é"}'
    return HttpResponse(text.encode(), content_type="application/json")


def pages(request: HttpRequest) -> HttpResponse:
    """Return the same bytes from both versions, except for the prefix; one page is on the older version alone."""
    old = request.path.startswith(f"/{OLD}")
    status = 404 if request.path == f"/{NEW}page/404/" else 200
    uri = request.build_absolute_uri(f"/{OLD if old else NEW}page/1/").replace("/", "\\/")
    return HttpResponse(f'{{"uri": "{uri}"}}', status=status, content_type="application/json")


urlpatterns = [
    path(OLD, root),
    path(f"{OLD}downloads/os/", systems),
    path(f"{NEW}os/", systems),
    *(path(f"{prefix}release/", releases) for prefix in (OLD, NEW)),
    *(path(f"{prefix}page/<int:pk>/", lambda request, pk: pages(request)) for prefix in (OLD, NEW)),
    *(path(f"{prefix}counted/", counted) for prefix in (OLD, NEW)),
    *tandems,
]


class Quiet(WSGIRequestHandler):
    """Without a log."""

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def serving(urlconf: str = __name__) -> Iterator[str]:
    """Serve a URLconf with the project's settings on a free port, and yield its address."""
    with override_settings(ROOT_URLCONF=urlconf, RETIRED_APIS={}, ALLOWED_HOSTS=["*"]):
        server = make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
