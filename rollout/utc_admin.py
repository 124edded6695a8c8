"""An admin of one of our models: its times are in UTC, as its labels say, whatever the project's time zone."""

from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils import timezone

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
else:  # Django's class takes no parameter at run time
    AnyModelAdmin = admin.ModelAdmin


class UtcAdmin(AnyModelAdmin):
    """Render pages in UTC, and leave out "Save and add another": there is seldom a second row to add at once."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Return the form."""
        context = {"show_save_and_add_another": False, **(extra_context or {})}
        with timezone.override(UTC):
            return _rendered(super().changeform_view(request, object_id, form_url, context))

    def changelist_view(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        """Return the list."""
        with timezone.override(UTC):
            return _rendered(super().changelist_view(request, dict(extra_context or {})))


def _rendered(response: HttpResponse) -> HttpResponse:
    """Render a page at once: later the project's time zone would apply."""
    return response.render() if isinstance(response, SimpleTemplateResponse) else response
