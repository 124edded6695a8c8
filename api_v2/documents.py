"""The two pages of documentation: `openapi.yaml`, and Swagger UI for it."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.settings import SPECTACULAR_DEFAULTS, patched_settings

from api_v2.apps import ApiV2Config
from api_v2.document_settings import SETTINGS
from api_v2.schema import SECURITY, mark_as_documented
from shared.caching import cache_once
from shared.http.pages import own_page
from shared.http.urls import mounted

_DOCUMENT_SETTINGS = {
    name: value
    for name, value in {**SPECTACULAR_DEFAULTS, **SETTINGS}.items()
    if not name.startswith("SERVE_") and name != "DEFAULT_GENERATOR_CLASS"  # settings of drf-spectacular's own views
}
"""All settings that affect the document, so that the project's own values have no effect."""


class DocumentGenerator(SchemaGenerator):
    """The generator of `openapi.yaml`. A project's own document leaves our views out."""

    def create_view(self, *args: Any, **kwargs: Any) -> Any:
        """Return a view that is described."""
        view = super().create_view(*args, **kwargs)  # type: ignore[no-untyped-call]  # typed in part
        mark_as_documented(view)
        return view


@cache_once
def openapi_yaml() -> bytes:
    """Return the bytes of `openapi.yaml`, made once. They do not depend on the project's settings."""
    rendered: bytes = OpenApiYamlRenderer().render(openapi_schema(), renderer_context={})
    return rendered


def openapi_schema() -> Any:
    """Return the content of `openapi.yaml`."""
    with patched_settings(_DOCUMENT_SETTINGS):
        generator: Any = DocumentGenerator(urlconf="api_v2.urls")  # type: ignore[no-untyped-call]  # likewise
        schema = generator.get_schema(request=None, public=True)
    schemes = schema["components"]["securitySchemes"]
    # drf-spectacular sorts them. Swagger UI offers them in this order, and takes the first that is filled in.
    schema["components"]["securitySchemes"] = {name: schemes[name] for name in SECURITY}
    return schema


@login_not_required
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Return `openapi.yaml`."""
    return HttpResponse(openapi_yaml(), content_type="application/yaml")


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Return Swagger UI for `openapi.yaml`, with files of this project only.

    The template is our own: drf-spectacular's needs its app, whose check of a deployment would describe every view of
    the project.
    """
    context = {"title": SETTINGS["TITLE"], "document": f"{mounted(ApiV2Config.name).prefix}openapi.yaml"}
    # Swagger UI's style sheet has icons as `data:` URLs.
    return own_page("api_v2/docs.html", context, style_sheet="api_v2/docs.css", images="data:")
