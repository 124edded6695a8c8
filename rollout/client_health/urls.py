"""The URLs of the resource and of the page; they come before those of the APIs, whose last pattern matches any path."""

import re

from django.urls import URLPattern, path, re_path

from rollout.client_health import views
from shared.http.urls import current


def client_health_urls(page: str = "clients/") -> list[URLPattern]:
    """Return the URL patterns.

    :param page: the path of the page, for people.
    """
    prefix = re.escape(current().route)
    return [
        re_path(rf"^{prefix}{views.RESOURCE}/?$", views.resource, name=views.RESOURCE),
        path(page, views.page, name=views.PAGE),
    ]
