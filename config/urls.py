"""The URLs: the APIs of `settings.APIS`, the front page, documentation, health and metrics.

The admin is among them if `settings.ADMIN` is on.
"""

from django.conf import settings
from django.contrib import admin
from django.http import Http404
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.defaults import page_not_found

from config import documentation, front, health
from rollout.client_health.urls import client_health_urls
from rollout.metrics.views import metrics
from shared.http.urls import api_urls

urlpatterns: list[URLPattern | URLResolver] = [
    # First, because Django tries one pattern after the other.
    *client_health_urls(),
    *api_urls(),
    path("", front.page, name="front"),
    path("docs/", include(documentation)),
    path("favicon.ico", front.favicon),
    path("livez", health.livez),
    path("healthz", health.livez),
    path("readyz", health.readyz),
    path("metrics", metrics),
    *([path("admin/", admin.site.urls)] if settings.ADMIN else []),
    # With DEBUG on, Django's own page would show the whole URL.
    re_path("", page_not_found, {"exception": Http404()}),
]
