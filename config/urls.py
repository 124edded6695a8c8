"""What is mounted where: the APIs of `settings.APIS`, health, the front page."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path

from config import front, health
from shared.mounts import mount_route

urlpatterns: list[URLPattern | URLResolver] = [
    path("", front.page, name="front"),
    path("livez", health.livez),
    path("readyz", health.readyz),
    *(re_path(mount_route(prefix), include(f"{app}.urls")) for app, prefix in settings.APIS.items()),
]
