"""The two pages of documentation: `openapi.yaml`, and Swagger UI for it."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.settings import SPECTACULAR_DEFAULTS, patched_settings
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request

from api_v2.document_settings import SETTINGS
from api_v2.wiring import ContractNegotiation
from shared.caching import cache_once
from shared.http.urls import mounted

_DOCUMENT_SETTINGS = {
    name: value
    for name, value in {**SPECTACULAR_DEFAULTS, **SETTINGS}.items()
    if not name.startswith("SERVE_") and name != "DEFAULT_GENERATOR_CLASS"  # settings of drf-spectacular's own views
}
"""All settings that affect the document, so that the project's own values have no effect."""


@cache_once
def openapi_yaml() -> bytes:
    """Return the bytes of `openapi.yaml`, made once. They do not depend on the project's settings."""
    with patched_settings(_DOCUMENT_SETTINGS):
        schema = SchemaGenerator(urlconf="api_v2.urls").get_schema(request=None, public=True)
        rendered: bytes = OpenApiYamlRenderer().render(schema, renderer_context={})
        return rendered


@login_not_required
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Return `openapi.yaml`."""
    return HttpResponse(openapi_yaml(), content_type="application/yaml")


class SwaggerUI(SpectacularSwaggerSplitView):
    """Swagger UI for `openapi.yaml`, with its files served by this project."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    template_name = "api_v2/docs.html"
    content_negotiation_class = ContractNegotiation
    title = SETTINGS["TITLE"]
    schema = None  # not part of the document

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return the page or its script."""
        self.url = f"{mounted('api_v2').prefix}openapi.yaml"
        # Without the query: the page would repeat a key in it.
        self.url_self = request.path
        with patched_settings(_DOCUMENT_SETTINGS):
            response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]  # typed in part
        response["Content-Security-Policy"] = _policy()
        return response


def _policy() -> str:
    """Return the policy of the page: its own files, and calls to this service.

    A project may serve its static files from another host. Swagger UI's style sheet has icons as `data:` URLs.
    """
    files = f"'self' {urlsplit(static('api_v2/docs.css')).netloc}".rstrip()
    return (
        f"default-src 'none'; script-src {files}; style-src {files}; img-src {files} data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
