"""What staff may write into the plan, checked against what the settings say."""

from datetime import datetime
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.core.exceptions import ValidationError
from django.utils import timezone

from rollout.lifecycle import Lifecycle, merged, of_settings
from rollout.models import Brownout, Plan
from rollout.plan import Saved
from shared.http.urls import is_page

ZONE = "All times are UTC."


def shown(moment: datetime | None) -> str:
    """Give a moment as staff read it."""
    return "not decided" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own takes no parameter at run time
    """The dates and the guide; what is left empty, the settings decide, and the form says what that is."""

    guide = forms.CharField(required=False, max_length=500, widget=AdminURLFieldWidget)

    class Meta:
        """All that staff decide."""

        model = Plan
        fields = ("deprecated_at", "sunset_at", "guide")
        labels: ClassVar = {"deprecated_at": "Deprecated at (UTC)", "sunset_at": "Sunset at (UTC)"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say beside each field what holds while it is empty."""
        super().__init__(*args, **kwargs)
        said = of_settings()
        values = {
            "deprecated_at": ("V1_DEPRECATED_AT", shown(said.deprecated_at)),
            "sunset_at": ("V1_SUNSET_AT", shown(said.sunset_at)),
            "guide": ("V1_GUIDE_URL", said.guide or "none"),
        }
        for name, (variable, value) in values.items():
            if name in self.fields:  # not for those who may only look
                self.fields[name].help_text = f"Empty: as {variable} says, {value}."

    def clean_guide(self) -> str:
        """It goes into a header."""
        guide: str = self.cleaned_data["guide"]
        if guide and not is_page(guide):
            raise ValidationError("Give an address such as https://example.com/migrate, in ASCII, without blanks.")
        return guide

    def clean(self) -> dict[str, Any]:
        """V1 does not end before its clients are warned, whichever date stands where."""
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
        """All of it."""

        model = Brownout
        fields = ("start", "end", "share", "client", "note")
        labels: ClassVar = {"start": "Start (UTC)", "end": "End (UTC)", "share": "Share (percent)"}

    def clean_end(self) -> datetime:
        """A new one that is over already is a slip; a running one may be ended with a moment that has just passed."""
        end = cast(datetime, self.cleaned_data["end"])
        if self.instance.pk is None and end <= timezone.now():
            raise ValidationError("It would be over already.")
        return end
