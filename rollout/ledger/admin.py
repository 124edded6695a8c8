"""The ledger in the admin, to be read. When users last called is a person's, and not shown."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from rollout.models import DailyCalls

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[DailyCalls]
else:
    ModelAdmin = admin.ModelAdmin  # Django's takes no type while it runs


@admin.register(DailyCalls)
class DailyCallsAdmin(ModelAdmin):
    """What was counted, the latest day first; nobody changes it here."""

    list_display = ("day", "version", "client", "resource", "outcome", "calls")
    list_display_links = None
    list_filter = ("version", "day", "resource", "outcome")
    search_fields = ("^client",)
    search_help_text = "A client as ShopApp/2.1, or the beginning of its name"
    ordering = ("-day", "version", "client", "resource", "outcome")
    date_hierarchy = "day"
    # Counting all rows besides those that are shown reads the whole ledger.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody has."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody has."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody has; what is too old goes by itself."""
        return False
