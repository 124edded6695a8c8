"""The two pages of documentation: `openapi.yaml`, and Swagger UI for it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from api_v2.apps import ApiV2Config
from api_v2.document_settings import SETTINGS
from shared.caching import cache_once
from shared.http.pages import own_page
from shared.http.urls import mounted


@cache_once
def openapi_yaml() -> bytes:
    """Return the bytes of `openapi.yaml`, made once. No setting but AUTH_USER_MODEL changes them (its key)."""
    from api_v2.generator import document  # noqa: PLC0415 - loads drf-spectacular, which would be a tenth of a start

    return document()


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
