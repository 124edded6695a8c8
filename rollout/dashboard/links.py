"""URLs of the admin's pages of our models, for the links of the page *Migration*."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse


def list_url(request: HttpRequest, model: type[Model], **query: str) -> str | None:
    """Return the URL of a model's list, or None if the user may not see it or the project has removed it."""
    found = _admin_of(model)
    return _url(request, model, "changelist", query) if found and found.has_view_permission(request) else None


def add_url(request: HttpRequest, model: type[Model], **query: str) -> str | None:
    """Return the URL of the form that adds a row, with fields filled in; None as above."""
    found = _admin_of(model)
    return _url(request, model, "add", query) if found and found.has_add_permission(request) else None


def row_url(request: HttpRequest, row: Model) -> str | None:
    """Return the URL of a row; None as above."""
    found = _admin_of(type(row))
    return _url(request, type(row), "change", {}, row.pk) if found and found.has_view_permission(request, row) else None


def page_url(request: HttpRequest, **query: str) -> str:
    """Return the URL of the page *Migration* itself."""
    return f"{request.path}?{urlencode(query)}" if query else request.path


def _admin_of(model: type[Model]) -> "admin.ModelAdmin[Any] | None":
    # A project may have unregistered it, or not installed its own admin at `admin.site`.
    return admin.site.get_model_admin(model) if admin.site.is_registered(model) else None


def _url(request: HttpRequest, model: type[Model], page: str, query: dict[str, str], *args: Any) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    url = reverse(name, args=args, current_app=getattr(request, "current_app", admin.site.name))
    return f"{url}?{urlencode(query)}" if query else url
