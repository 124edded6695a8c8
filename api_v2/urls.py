"""The URLs of the API: the declared paths, and the two pages of documentation that only v2 has."""

from django.urls import re_path

from api_v2 import documents, views
from shared.contract.declarations import registry
from shared.contract.registry import FREQUENT

urlpatterns = [
    *(
        re_path(endpoint.route, views.view_of(endpoint).as_view())
        for endpoint in sorted(registry.endpoints, key=lambda one: one.resource not in FREQUENT)
    ),
    re_path(r"^openapi\.yaml$", documents.openapi, name="openapi"),
    re_path(r"^docs/?$", documents.docs, name="docs"),
    re_path(r"", views.NotFoundView.as_view()),
]
