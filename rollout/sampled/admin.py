"""The differences that were seen, for staff: to be read, and deleted when they are mended."""

from django.contrib import admin
from django.http import HttpRequest

from rollout.models import ParityDifference


@admin.register(ParityDifference)
class ParityDifferenceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker alone
    """The list; nobody adds to it or changes it but the check itself."""

    list_display = ("method", "path", "part", "place", "old", "new", "called", "seen", "last_seen")
    list_filter = ("called", "part", "method", "path")
    date_hierarchy = "last_seen"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """What was not seen is not there."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ParityDifference | None = None) -> bool:
        """What was seen stays as it was."""
        return False
