"""Client teams in the admin. A new key or secret is shown once, on the page that answers the request that made it."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from rollout.client_health.keys import renew_key, renew_webhook_secret
from rollout.client_health.report import usage
from rollout.client_health.views import PAGE
from rollout.client_health.webhooks import check_url
from rollout.clients import NO_CLIENTS, name_in
from rollout.models import ClientTeam, Notice
from rollout.utc_admin import UtcAdmin

if TYPE_CHECKING:
    NoticeTabularInline = admin.TabularInline[Notice, ClientTeam]
else:  # Django's class takes no parameter at run time
    NoticeTabularInline = admin.TabularInline


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes no parameter at run time
    """A client team."""

    webhook_url = forms.CharField(
        label="Webhook",
        required=False,
        max_length=500,
        widget=AdminURLFieldWidget,
        help_text=ClientTeam._meta.get_field("webhook_url").help_text,
    )

    class Meta:
        """The fields that staff edit."""

        model = ClientTeam
        fields = ("name", "email", "webhook_url")

    def clean_name(self) -> str:
        """Check that the ledger could have the name, and that it has no version."""
        name: str = self.cleaned_data["name"]
        if "/" in name:
            raise ValidationError("Give the name without a version: ShopApp stands for all versions of ShopApp.")
        if name_in(name) != name or name in NO_CLIENTS:
            raise ValidationError("The ledger would not count a client of this name. Give one as it has it: ShopApp.")
        return name

    def clean_webhook_url(self) -> str:
        """Check that a webhook may be sent there."""
        url: str = self.cleaned_data["webhook_url"]
        if url:
            check_url(url)
        return url


class NoticeInline(NoticeTabularInline):
    """The notices to a team, the record of what was sent and what was not."""

    model = Notice
    fields = readonly_fields = ("channel", "kind", "at", "days", "attempts", "sent_at")
    verbose_name_plural = "notices (times are UTC)"
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False


@admin.register(ClientTeam)
class ClientTeamAdmin(UtcAdmin):
    """Client teams, their links and the secrets of their webhooks."""

    form = TeamForm
    list_display = ("name", "email", "webhook_url", "key_created")
    readonly_fields = ("key_created",)
    search_fields = ("name", "email")
    inlines = (NoticeInline,)
    actions = ("new_link", "new_webhook_secret")

    def get_inlines(self, request: HttpRequest, obj: ClientTeam | None) -> Any:
        """Return the record of notices; none for a team that is being added."""
        return self.inlines if obj else ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Offer one button for a new team: whichever is pressed, the next page is the same."""
        context = {"show_save_and_continue": object_id is not None, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: ClientTeam, form: Any, change: bool) -> None:
        """Save the team; a new one gets its key and its secret."""
        if not change:
            obj.shown_once = {  # type: ignore[attr-defined]  # for `response_add`, which gets the same object
                "key": renew_key(obj),
                "webhook_secret": renew_webhook_secret(obj),
            }
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: ClientTeam, post_url_continue: str | None = None) -> HttpResponse:
        """Show the key and the secret, instead of the list with a message: the session would store that."""
        return self._show(request, obj, **getattr(obj, "shown_once", {}))

    @admin.action(description="New link (the old one no longer works)", permissions=["change"])
    def new_link(self, request: HttpRequest, queryset: QuerySet[ClientTeam]) -> HttpResponse | None:
        """Replace the key of one team, and show the new link."""
        team = self._only(request, queryset)
        if team is None:
            return None
        key = renew_key(team)
        team.save(update_fields=["key_digest", "key_created"])
        self.log_change(request, team, "New link.")
        return self._show(request, team, key=key)

    @admin.action(description="New webhook secret (the old one no longer signs)", permissions=["change"])
    def new_webhook_secret(self, request: HttpRequest, queryset: QuerySet[ClientTeam]) -> HttpResponse | None:
        """Replace the secret of one team, and show the new one."""
        team = self._only(request, queryset)
        if team is None:
            return None
        secret = renew_webhook_secret(team)
        team.save(update_fields=["webhook_secret"])
        self.log_change(request, team, "New webhook secret.")
        return self._show(request, team, webhook_secret=secret)

    def _only(self, request: HttpRequest, queryset: QuerySet[ClientTeam]) -> ClientTeam | None:
        teams = list(queryset[:2])
        if len(teams) == 1:
            # Django checks the permission for the model; a project's backend may refuse this row.
            if not self.has_change_permission(request, teams[0]):
                raise PermissionDenied
            return teams[0]
        self.message_user(request, "Select one team: what is new is shown once.", "warning")
        return None

    def _show(self, request: HttpRequest, team: ClientTeam, key: str = "", webhook_secret: str = "") -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Client team {team.name}",
            "opts": self.opts,
            "team": team,
            "key": key,
            "link": f"{_page(request)}#{key}" if key and _page(request) else "",
            "webhook_secret": webhook_secret,
            "has_calls": bool(usage(team.name, timezone.now().date()).clients),
        }
        response = TemplateResponse(request, "rollout/client_team_secrets.html", context)
        response["Cache-Control"] = "no-store"
        return response


def _page(request: HttpRequest) -> str:
    """Return the URL of the page; empty where the project has not mounted it."""
    try:
        return request.build_absolute_uri(reverse(PAGE))
    except NoReverseMatch:
        return ""
