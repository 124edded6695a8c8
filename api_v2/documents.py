"""The two pages of documentation: the OpenAPI document and Swagger UI over it."""

from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.settings import SPECTACULAR_DEFAULTS, patched_settings
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request

from api_v2.document_settings import SETTINGS
from shared.http.urls import mounted

_OURS = {
    name: value
    for name, value in {**SPECTACULAR_DEFAULTS, **SETTINGS}.items()
    if not name.startswith("SERVE_") and name != "DEFAULT_GENERATOR_CLASS"  # of its own views, which we do not use
}
"""Every setting that makes a document: one that we left out would be the project's."""


@cache
def openapi_yaml() -> bytes:
    """Give the document's bytes, made once; they depend on no setting of the project."""
    with patched_settings(_OURS):
        schema = SchemaGenerator(urlconf="api_v2.urls").get_schema(request=None, public=True)
        rendered: bytes = OpenApiYamlRenderer().render(schema, renderer_context={})
        return rendered


@login_not_required
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Serve the document."""
    return HttpResponse(openapi_yaml(), content_type="application/yaml")


class SwaggerUI(SpectacularSwaggerSplitView):
    """Swagger UI over the document, its files from this service."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    title = SETTINGS["TITLE"]
    schema = None  # no part of the API that it shows

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Serve the page, or its script."""
        self.url = f"{mounted('api_v2').prefix}openapi.yaml"
        # Never the query: the page would repeat a key that somebody puts there.
        self.url_self = request.path
        with patched_settings(_OURS):
            return super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]  # the package is typed in part
