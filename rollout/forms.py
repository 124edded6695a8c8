"""The forms of the plan of v1 and of a brownout, for the admin."""

from datetime import datetime
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.core.exceptions import ValidationError
from django.utils import timezone

from rollout.lifecycle import Lifecycle, merged, of_settings
from rollout.models import Brownout, Plan
from rollout.plan import Saved
from shared.http.urls import is_header_url


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
            "deprecated_at": ("V1_DEPRECATED_AT", shown(settings.deprecated_at)),
            "sunset_at": ("V1_SUNSET_AT", shown(settings.sunset_at)),
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
            self.add_error("deprecated_at", f"V1 ends at {shown(current.sunset_at)}: say since when it is deprecated.")
        elif sunset_here:
            self.add_error("sunset_at", f"V1 is deprecated at {shown(current.deprecated_at)}: it cannot end before.")
        else:
            self.add_error(
                "deprecated_at", f"V1 ends at {shown(current.sunset_at)} (V1_SUNSET_AT): it must be deprecated before."
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


def shown(moment: datetime | None) -> str:
    """Return a moment in words."""
    return "not decided" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
