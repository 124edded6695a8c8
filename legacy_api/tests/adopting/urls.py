"""The shop's URLs, with a Tastypie resource before those of docs/adopters.md."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from tastypie.authentication import ApiKeyAuthentication  # type: ignore[import-untyped]  # the package has no types
from tastypie.resources import ModelResource  # type: ignore[import-untyped]  # the package has no types

from tests.adopting.shop import urls
from tests.adopting.shop.models import Order


class OrderResource(ModelResource):  # type: ignore[misc]  # likewise
    """Orders, for users with a key."""

    class Meta:
        """The options of the old API."""

        queryset = Order._default_manager.all()
        resource_name = "order"
        authentication = ApiKeyAuthentication()
        include_resource_uri = False
        default_format = "application/json"

    def wrap_view(self, view: str) -> Any:
        """Exempt the view from LoginRequiredMiddleware; Tastypie authenticates by key."""
        return login_not_required(super().wrap_view(view))


urlpatterns = [path("api/v1/order/", OrderResource().wrap_view("dispatch_list")), *urls.urlpatterns]
