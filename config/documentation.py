"""The pages of documentation for clients: `/docs/clients/`, `/docs/client-guide/` and `/docs/errors/`.

Their templates are written from docs/ by scripts/served_pages.py (docs/decisions/0034-pages-for-client-developers.md).
"""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, re_path
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

from api_v2.apps import ApiV2Config
from shared.caching import cache_once
from shared.contract.error_guidance import GUIDANCE, path_of
from shared.http.urls import mounted

PAGES = ("clients", "client-guide", "errors")
"""The names of the pages, in the order of the navigation."""
MAX_AGE = 300
"""Seconds for which a page may be shown without asking for a newer one: a release changes it."""


@cache_once
def _rendered(name: str) -> bytes:
    context = {"name": name, "api": mounted(ApiV2Config.name).prefix}
    return render_to_string(f"config/documents/{name}.html", context).encode()


def _etag(request: HttpRequest, name: str) -> str:
    return f'"{hashlib.sha256(_rendered(name)).hexdigest()[:32]}"'


@require_safe
@cache_control(public=True, max_age=MAX_AGE)
@condition(etag_func=_etag)
def page(request: HttpRequest, name: str) -> HttpResponse:
    """Return a page."""
    return HttpResponse(_rendered(name))


def address(name: str) -> str:
    """Return the address of a page."""
    return f"/docs/{name}/"


@require_safe
def slash(request: HttpRequest, name: str) -> HttpResponse:
    """Redirect to the page's address, which ends with a slash."""
    return HttpResponseRedirect(address(name))


@require_safe
def error(request: HttpRequest, code: str) -> HttpResponse:
    """Redirect to the section of the catalogue about an error code."""
    if code not in GUIDANCE:
        raise Http404
    return HttpResponseRedirect(path_of(code))


_NAME = "|".join(PAGES)

urlpatterns: list[URLPattern] = [
    path("", slash, {"name": PAGES[0]}),
    re_path(rf"^(?P<name>{_NAME})/$", page),
    re_path(rf"^(?P<name>{_NAME})$", slash),
    re_path(r"^errors/(?P<code>[a-z_]+)/?$", error),
]
