"""The making of `openapi.yaml` with drf-spectacular."""

from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.settings import SPECTACULAR_DEFAULTS, patched_settings

from api_v2.document_settings import SETTINGS
from api_v2.schema import SECURITY, mark_as_documented

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


def document() -> bytes:
    """Return the bytes of `openapi.yaml`."""
    rendered: bytes = OpenApiYamlRenderer().render(openapi_schema(), renderer_context={})
    return rendered


def openapi_schema() -> Any:
    """Return the content of `openapi.yaml`."""
    with patched_settings(_DOCUMENT_SETTINGS):
        generator: Any = DocumentGenerator(urlconf="api_v2.urls")  # type: ignore[no-untyped-call]  # likewise
        schema = generator.get_schema(request=None, public=True)
    # The order of the URL patterns is for the matching of paths.
    schema["paths"] = dict(sorted(schema["paths"].items()))
    schemes = schema["components"]["securitySchemes"]
    # drf-spectacular sorts them. Swagger UI offers them in this order, and takes the first that is filled in.
    schema["components"]["securitySchemes"] = {name: schemes[name] for name in SECURITY}
    return schema
