"""The plan and the brownouts in the admin; what is saved here is in effect on all workers within seconds."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from rollout.lifecycle import merged, of_settings
from rollout.models import Brownout, DailyCalls, Plan
from rollout.plan import ONLY, read_saved
from rollout.plan_forms import ZONE, BrownoutForm, PlanForm, shown

SOON = "It is in effect on all workers within seconds."


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes no parameter at run time
    """The one plan: made once, then changed. To take a date back is to empty its field."""

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
        """Say what clients of v1 are told, and when it ends."""
        current = merged(read_saved())
        passed_over = ", passed over: it needs a deprecation before it" if current.is_contradictory else ""
        return format_html_join(
            mark_safe("<br>"),
            "{}: {}",
            [
                ("deprecated at", shown(current.deprecated_at)),
                ("sunset at", shown(current.sunset_at) + passed_over),
                ("guide", current.guide or "none"),
            ],
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is no second one."""
        return super().has_add_permission(request) and not Plan.objects.filter(pk=ONLY).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        """An empty one is as good as none, and its history stays."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Go straight to the one there is, or to the form that makes it."""
        if Plan.objects.filter(pk=ONLY).exists():
            return HttpResponseRedirect(reverse("admin:rollout_plan_change", args=[ONLY]))
        if self.has_add_permission(request):
            return HttpResponseRedirect(reverse("admin:rollout_plan_add"))
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        """Save it as the one there is."""
        obj.pk = ONLY
        super().save_model(request, obj, form, change)
        current = merged(read_saved())
        if not current.is_contradictory and current.is_retired(timezone.now()):
            self.message_user(request, "V1 is switched off at this moment.", messages.WARNING)
        self.message_user(request, SOON)


@admin.register(Brownout)
class BrownoutAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """The brownouts, besides those of V1_BROWNOUTS."""

    form = BrownoutForm
    list_display = ("start", "end", "percent", "whom", "state", "note")
    date_hierarchy = "start"
    actions = ("end_now",)
    fieldsets: ClassVar = [
        (None, {"fields": BrownoutForm.Meta.fields, "description": ZONE}),
    ]

    @admin.display(description="share", ordering="share")
    def percent(self, brownout: Brownout) -> str:
        """Say of what the number is."""
        return f"{brownout.share} %"

    @admin.display(description="client", ordering="client")
    def whom(self, brownout: Brownout) -> str:
        """Say whom it is meant for."""
        return brownout.client or "all"

    @admin.display(description="state")
    def state(self, brownout: Brownout) -> str:
        """Say whether it is to come, now, or over."""
        now = timezone.now()
        return "over" if brownout.end <= now else "now" if brownout.start <= now else "to come"

    @admin.action(description="End selected brownouts that are running", permissions=["change"])
    def end_now(self, request: HttpRequest, queryset: QuerySet[Brownout]) -> None:
        """Let v1 answer again, and keep the row for the record."""
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
        """Save it, and say where its client has not been heard of."""
        super().save_model(request, obj, form, change)
        if obj.client and not _is_known(obj.client):
            self.message_user(
                request, f"No request of {obj.client} has been counted: is it written so?", messages.WARNING
            )
        self.message_user(request, SOON)

    def changelist_view(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        """Say which clock it is, and that there are others."""
        others = len(of_settings().brownouts)
        subtitle = f"{ZONE} V1_BROWNOUTS has {others} more." if others else ZONE
        return super().changelist_view(request, {**(extra_context or {}), "subtitle": subtitle})


def _is_known(client: str) -> bool:
    counted = DailyCalls.objects.filter(client__startswith=client).values_list("client", flat=True).distinct()
    # SQLite takes capitals for small letters there; a brownout does not.
    return any(client in {name, name.partition("/")[0]} for name in counted)
