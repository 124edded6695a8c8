"""The plan of v1, its brownouts and the calls by day in the admin.

Changes to the plan and the brownouts are in effect on all workers within seconds. The ledger is read-only.
"""

from collections.abc import Mapping
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from rollout.client_health import admin as client_health_admin  # noqa: F401 - importing registers
from rollout.forms import BrownoutForm, PlanForm, shown
from rollout.lifecycle import is_named, merged, of_row, of_settings
from rollout.models import Brownout, DailyCalls, Plan
from rollout.plan import PLAN_ID, read_saved
from rollout.status import counts
from rollout.status.forecast import recent_calls
from rollout.utc_admin import UtcAdmin

if TYPE_CHECKING:
    DailyCallsModelAdmin = admin.ModelAdmin[DailyCalls]
else:  # Django's class takes no parameter at run time
    DailyCallsModelAdmin = admin.ModelAdmin

ZONE = "All times are UTC."
SOON = "It is in effect on all workers within seconds."


class StateFilter(admin.SimpleListFilter):
    """Brownouts by whether they are over."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states."""
        return [("coming", "to come"), ("now", "now"), ("over", "over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Brownout]) -> QuerySet[Brownout]:
        """Return the brownouts in the chosen state."""
        now = timezone.now()
        chosen = {"coming": {"start__gt": now}, "now": {"start__lte": now, "end__gt": now}, "over": {"end__lte": now}}
        return queryset.filter(**chosen.get(self.value() or "", {}))


class ClientFilter(admin.SimpleListFilter):
    """Calls of one client: of those with most calls of v1 lately, or of the one that is chosen already."""

    title = "client"
    parameter_name = "client"
    most = 20

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the clients."""
        today = _today()
        calls = counts.old_calls(counts.Week(today - timedelta(days=counts.DAYS - 1), today))
        names = sorted(calls, key=lambda name: (-calls[name][1], name))[: self.most]
        if (chosen := self.used_parameters.get(self.parameter_name)) and chosen not in names:
            names.append(chosen)
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DailyCalls]) -> QuerySet[DailyCalls]:
        """Return the chosen client's rows."""
        return queryset.filter(client=self.value()) if self.value() else queryset


@admin.register(Plan)
class PlanAdmin(UtcAdmin):
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
                ("deprecated at", shown(current.deprecated_at)),
                ("sunset at", shown(current.sunset_at) + ignored),
                ("guide", current.guide or "none"),
            ],
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Offer one button: there is one plan, and saving shows it again."""
        context = {"title": "Plan of v1", "subtitle": None, "show_save_and_continue": False, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return True only if there is no plan yet."""
        return super().has_add_permission(request) and not Plan.objects.filter(pk=PLAN_ID).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        """Return False: an empty plan has the same effect, and keeps its history."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
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
class BrownoutAdmin(UtcAdmin):
    """The brownouts, in addition to those of V1_BROWNOUTS."""

    form = BrownoutForm
    list_display = ("start", "until", "percent", "whom", "state", "would_have_refused", "note")
    list_filter = (StateFilter,)
    date_hierarchy = "start"
    actions = ("end_now",)
    readonly_fields = ("forecast",)
    fieldsets: ClassVar = [
        (None, {"fields": (*BrownoutForm.Meta.fields, "forecast"), "description": ZONE}),
    ]

    class Media:
        """The script that updates the forecast while the form is filled in."""

        js = ("rollout/brownout.js",)

    def get_urls(self) -> list[URLPattern]:
        """Add the forecast of a form that is not saved yet."""
        view = self.admin_site.admin_view(self.forecast_view)
        return [path("forecast/", view, name="rollout_brownout_forecast"), *super().get_urls()]

    def forecast_view(self, request: HttpRequest) -> HttpResponse:
        """Return in one sentence what a brownout with the fields of the query would have refused."""
        if not self.has_view_or_change_permission(request) and not self.has_add_permission(request):
            raise PermissionDenied
        form = self.get_form(request)(request.GET)
        with timezone.override(UTC):
            form.is_valid()  # the fields that are not valid, or not filled in yet, are left out
        return HttpResponse(_forecast_of_form(form.cleaned_data), content_type="text/plain; charset=utf-8")

    @admin.display(description="Would have refused")
    def forecast(self, brownout: Brownout) -> str:
        """Return what it would have refused lately; the script replaces it when the form changes."""
        url = reverse("admin:rollout_brownout_forecast", current_app=self.admin_site.name)
        recent = recent_calls(_today())
        is_new = brownout._state.adding  # noqa: SLF001 - documented by Django
        sentence = recent.words("") if is_new else str(recent.forecast(of_row(brownout)))
        return format_html('<span data-forecast="{}" aria-live="polite">{}</span>', url, sentence)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read the recent calls once for all rows."""
        changelist = super().get_changelist_instance(request)
        recent = recent_calls(_today())
        for brownout in changelist.result_list:
            brownout.recent = recent
        return changelist

    @admin.display(description="by yesterday's calls")
    def would_have_refused(self, brownout: Brownout) -> str:
        """Return its calls of yesterday in words, or nothing if it is over."""
        if brownout.end <= timezone.now():
            return "-"
        recent = getattr(brownout, "recent", None) or recent_calls(_today())
        return str(recent.forecast(of_row(brownout)).yesterday.words)

    @admin.display(description="end", ordering="end")
    def until(self, brownout: Brownout) -> str:
        """Return the end, without the day if that is the day of the start."""
        same_day = brownout.end.date() == brownout.start.date()
        return f"{brownout.end:%H:%M}" if same_day else f"{brownout.end:%Y-%m-%d %H:%M} UTC"

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
        if obj.end > timezone.now():
            self.message_user(request, str(recent_calls(_today()).forecast(of_row(obj))))
        self.message_user(request, SOON)

    def changelist_view(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        """Show the time zone, and how many brownouts the settings add."""
        others = len(of_settings().brownouts)
        subtitle = f"{ZONE} V1_BROWNOUTS has {others} more." if others else ZONE
        return super().changelist_view(request, {"title": "Brownouts", **(extra_context or {}), "subtitle": subtitle})


@admin.register(DailyCalls)
class DailyCallsAdmin(DailyCallsModelAdmin):
    """The ledger, the latest day first, read-only. Last calls of users are personal data and not shown."""

    list_display = ("day", "version", "client", "resource", "outcome", "calls")
    list_display_links = None
    list_filter = (ClientFilter, "version", "day", "resource", "outcome")
    search_fields = ("^client",)
    search_help_text = "A client as ShopApp/2.1, or the beginning of its name"
    ordering = ("-day", "version", "client", "resource", "outcome")
    date_hierarchy = "day"
    # The full count would read the whole ledger.
    show_full_result_count = False

    def changelist_view(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        """Name the list."""
        return super().changelist_view(request, {"title": "Calls by day", **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: DailyCalls | None = None) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DailyCalls | None = None) -> bool:
        """Return False; the service deletes old rows itself."""
        return False


def _forecast_of_form(found: Mapping[str, Any]) -> str:
    """Return the sentence for the valid fields of a form; without times, how often its clients call."""
    if "client" not in found:
        return "No client has such a name."
    recent, client = recent_calls(_today()), found["client"]
    start, end, share = (found.get(name) for name in ("start", "end", "share"))
    if start is None or end is None or share is None or end <= start:
        return recent.words(client)
    return str(recent.forecast(of_row(Brownout(start=start, end=end, share=share, client=client))))


def _today() -> date:
    return timezone.now().date()


def _has_called(client: str) -> bool:
    counted = DailyCalls.objects.filter(client__startswith=client).values_list("client", flat=True).distinct()
    # On SQLite `startswith` ignores case; a brownout does not.
    return any(is_named(name, client) for name in counted)
