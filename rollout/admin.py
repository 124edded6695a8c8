"""The plan of v1, its brownouts and the ledger in the admin.

Changes to the plan and the brownouts are in effect on all workers within seconds. The ledger is read-only.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from rollout.client_health import admin as client_health_admin  # noqa: F401 - importing registers
from rollout.lifecycle import Lifecycle, merged, of_settings
from rollout.models import Brownout, DailyCalls, Plan
from rollout.plan import PLAN_ID, Saved, read_saved
from shared.http.urls import is_header_url

if TYPE_CHECKING:
    PlanModelAdmin = admin.ModelAdmin[Plan]
    BrownoutModelAdmin = admin.ModelAdmin[Brownout]
    DailyCallsModelAdmin = admin.ModelAdmin[DailyCalls]
else:  # Django's class takes no parameter at run time
    PlanModelAdmin = BrownoutModelAdmin = DailyCallsModelAdmin = admin.ModelAdmin

ZONE = "All times are UTC."
SOON = "It is in effect on all workers within seconds."


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes no parameter at run time
    """The dates and the guide; the help text of each field is the setting that applies while the field is empty."""

    guide = forms.CharField(required=False, max_length=500, widget=AdminURLFieldWidget)

    class Meta:
        """The fields that staff edit."""

        model = Plan
        fields = ("deprecated_at", "sunset_at", "guide")
        labels: ClassVar = {"deprecated_at": "Deprecated at (UTC)", "sunset_at": "Sunset at (UTC)"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Set the help texts."""
        super().__init__(*args, **kwargs)
        settings = of_settings()
        values = {
            "deprecated_at": ("V1_DEPRECATED_AT", _shown(settings.deprecated_at)),
            "sunset_at": ("V1_SUNSET_AT", _shown(settings.sunset_at)),
            "guide": ("V1_GUIDE_URL", settings.guide or "none"),
        }
        for name, (variable, value) in values.items():
            if name in self.fields:  # absent for staff without the permission to change it
                self.fields[name].help_text = f"Empty: as {variable} says, {value}."

    def clean_guide(self) -> str:
        """Check that the guide can be the value of a header."""
        guide: str = self.cleaned_data["guide"]
        if guide and not is_header_url(guide):
            raise ValidationError("Give an address such as https://example.com/migrate, in ASCII, without blanks.")
        return guide

    def clean(self) -> dict[str, Any]:
        """Check that v1 does not end before it is deprecated, with the settings taken into account."""
        cleaned = super().clean() or self.cleaned_data
        if {"deprecated_at", "sunset_at"} <= cleaned.keys():
            current = merged(Saved(Plan(deprecated_at=cleaned["deprecated_at"], sunset_at=cleaned["sunset_at"]), ()))
            if current.is_contradictory:
                self._refuse(current, sunset_here=cleaned["sunset_at"] is not None)
        return cleaned

    def _refuse(self, current: Lifecycle, *, sunset_here: bool) -> None:
        if current.deprecated_at is None:
            self.add_error("deprecated_at", f"V1 ends at {_shown(current.sunset_at)}: say since when it is deprecated.")
        elif sunset_here:
            self.add_error("sunset_at", f"V1 is deprecated at {_shown(current.deprecated_at)}: it cannot end before.")
        else:
            self.add_error(
                "deprecated_at", f"V1 ends at {_shown(current.sunset_at)} (V1_SUNSET_AT): it must be deprecated before."
            )


class BrownoutForm(forms.ModelForm):  # type: ignore[type-arg]  # as above
    """One brownout."""

    class Meta:
        """All fields."""

        model = Brownout
        fields = ("start", "end", "share", "client", "note")
        labels: ClassVar = {"start": "Start (UTC)", "end": "End (UTC)", "share": "Share (percent)"}

    def clean_end(self) -> datetime:
        """Check that a new brownout is not over already; an existing one may be ended with a past moment."""
        end = cast(datetime, self.cleaned_data["end"])
        if self.instance.pk is None and end <= timezone.now():
            raise ValidationError("It would be over already.")
        return end


@admin.register(Plan)
class PlanAdmin(PlanModelAdmin):
    """The plan: one row, created once and then changed. Empty a field to withdraw a date."""

    form = PlanForm
    readonly_fields = ("in_effect", "changed")
    fieldsets: ClassVar = [
        (None, {"fields": ("in_effect",)}),
        (
            "Instead of the settings",
            {"fields": ("deprecated_at", "sunset_at", "guide", "changed"), "description": ZONE},
        ),
    ]

    @admin.display(description="In effect, settings included")
    def in_effect(self, plan: Plan) -> str:
        """Return the dates and the guide in effect."""
        current = merged(read_saved())
        ignored = ", ignored: it needs a deprecation before it" if current.is_contradictory else ""
        return format_html_join(
            mark_safe("<br>"),
            "{}: {}",
            [
                ("deprecated at", _shown(current.deprecated_at)),
                ("sunset at", _shown(current.sunset_at) + ignored),
                ("guide", current.guide or "none"),
            ],
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return True only if there is no plan yet."""
        return super().has_add_permission(request) and not Plan.objects.filter(pk=PLAN_ID).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        """Return False: an empty plan has the same effect, and keeps its history."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the plan, or to the form that creates it."""
        if Plan.objects.filter(pk=PLAN_ID).exists():
            return HttpResponseRedirect(reverse("admin:rollout_plan_change", args=[PLAN_ID]))
        if self.has_add_permission(request):
            return HttpResponseRedirect(reverse("admin:rollout_plan_add"))
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        """Save the plan under its id, and warn if v1 is switched off now."""
        obj.pk = PLAN_ID
        super().save_model(request, obj, form, change)
        current = merged(read_saved())
        if not current.is_contradictory and current.is_retired(timezone.now()):
            self.message_user(request, "V1 is switched off at this moment.", messages.WARNING)
        self.message_user(request, SOON)


@admin.register(Brownout)
class BrownoutAdmin(BrownoutModelAdmin):
    """The brownouts, in addition to those of V1_BROWNOUTS."""

    form = BrownoutForm
    list_display = ("start", "end", "percent", "whom", "state", "note")
    date_hierarchy = "start"
    actions = ("end_now",)
    fieldsets: ClassVar = [
        (None, {"fields": BrownoutForm.Meta.fields, "description": ZONE}),
    ]

    @admin.display(description="share", ordering="share")
    def percent(self, brownout: Brownout) -> str:
        """Return the share with its unit."""
        return f"{brownout.share} %"

    @admin.display(description="client", ordering="client")
    def whom(self, brownout: Brownout) -> str:
        """Return the client, or "all"."""
        return brownout.client or "all"

    @admin.display(description="state")
    def state(self, brownout: Brownout) -> str:
        """Return whether the brownout is to come, now, or over."""
        now = timezone.now()
        return "over" if brownout.end <= now else "now" if brownout.start <= now else "to come"

    @admin.action(description="End selected brownouts that are running", permissions=["change"])
    def end_now(self, request: HttpRequest, queryset: QuerySet[Brownout]) -> None:
        """End running brownouts at this moment; the rows are kept."""
        now = timezone.now()
        running = queryset.filter(start__lt=now, end__gt=now)
        ended = 0
        for brownout in running:
            brownout.end = now
            brownout.save(update_fields=["end"])
            self.log_change(request, brownout, "Ended.")
            ended += 1
        self.message_user(request, f"{ended} ended. {SOON}" if ended else "None of them is running.")

    def save_model(self, request: HttpRequest, obj: Brownout, form: Any, change: bool) -> None:
        """Save the brownout, and warn if the ledger has no calls of its client."""
        super().save_model(request, obj, form, change)
        if obj.client and not _has_called(obj.client):
            self.message_user(
                request, f"No request of {obj.client} has been counted: is it written so?", messages.WARNING
            )
        self.message_user(request, SOON)

    def changelist_view(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        """Show the time zone, and how many brownouts the settings add."""
        others = len(of_settings().brownouts)
        subtitle = f"{ZONE} V1_BROWNOUTS has {others} more." if others else ZONE
        return super().changelist_view(request, {**(extra_context or {}), "subtitle": subtitle})


@admin.register(DailyCalls)
class DailyCallsAdmin(DailyCallsModelAdmin):
    """The ledger, the latest day first, read-only. Last calls of users are personal data and not shown."""

    list_display = ("day", "version", "client", "resource", "outcome", "calls")
    list_display_links = None
    list_filter = ("version", "day", "resource", "outcome")
    search_fields = ("^client",)
    search_help_text = "A client as ShopApp/2.1, or the beginning of its name"
    ordering = ("-day", "version", "client", "resource", "outcome")
    date_hierarchy = "day"
    # The full count would read the whole ledger.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: DailyCalls | None = None) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DailyCalls | None = None) -> bool:
        """Return False; the service deletes old rows itself."""
        return False


def _shown(moment: datetime | None) -> str:
    return "not decided" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _has_called(client: str) -> bool:
    counted = DailyCalls.objects.filter(client__startswith=client).values_list("client", flat=True).distinct()
    # On SQLite `startswith` ignores case; a brownout does not.
    return any(client in {name, name.partition("/")[0]} for name in counted)
