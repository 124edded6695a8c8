"""What the rollout keeps: the plan as the operator has changed it and who calls which version."""

from datetime import datetime
from typing import ClassVar, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Plan(models.Model):
    """The dates of v1 as they were set while the service runs; one row. What is empty, the settings decide."""

    deprecated_at = models.DateTimeField("deprecated at", null=True, blank=True)
    sunset_at = models.DateTimeField("sunset at", null=True, blank=True)
    guide = models.URLField("guide", blank=True, max_length=500)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        """There is one plan."""

        verbose_name = "plan of v1"
        verbose_name_plural = "plan of v1"

    def __str__(self) -> str:
        """There is but one."""
        return "plan of v1"


class Brownout(models.Model):
    """A time at which v1 answers as it will after its sunset: to all, to a share of requests, or to one client."""

    start = models.DateTimeField()
    end = models.DateTimeField(help_text="The first moment at which v1 answers again.")
    share = models.PositiveSmallIntegerField(
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Percent of the requests that are refused.",
    )
    client = models.CharField(
        max_length=80,
        blank=True,
        help_text="As the ledger names it: ShopApp/2.1, or ShopApp for all its versions. Empty: all.",
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        """The next one first."""

        ordering: ClassVar = ["start"]

    def __str__(self) -> str:
        """Say when, how many and whom."""
        whom = self.client or "all clients"
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC, {self.share} % of {whom}"

    def clean(self) -> None:
        """It ends after it has begun."""
        # A date that could not be read is None here, and has been complained of already.
        start, end = cast(datetime | None, self.start), cast(datetime | None, self.end)
        if start is not None and end is not None and end <= start:
            raise ValidationError({"end": "It must end after it has begun."})


class DailyCalls(models.Model):
    """The ledger: how many requests of one kind came from one client on one day (UTC). No person is in it."""

    day = models.DateField()
    version = models.CharField(max_length=16)
    client = models.CharField(max_length=80)
    resource = models.CharField(max_length=32)
    outcome = models.CharField(max_length=40)
    calls = models.PositiveBigIntegerField(default=0)

    class Meta:
        """One row for each; the index serves every question, which begins with the day."""

        verbose_name = "calls of a day"
        verbose_name_plural = "calls by day"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "version", "client", "resource", "outcome"], name="rollout_daily_calls_unique"
            )
        ]

    def __str__(self) -> str:
        """Say what was counted."""
        return f"{self.day} {self.version} {self.client} {self.resource} {self.outcome}: {self.calls}"


class LastCall(models.Model):
    """When a user last called a version with a credential. Personal data: goes with the user, or with its age."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        """One row for each user and version; who still depends on a version is found by its age."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "version"], name="rollout_last_call_unique")]
        indexes: ClassVar = [models.Index(fields=["version", "at"], name="rollout_last_call_version_at")]

    def __str__(self) -> str:
        """Without the user: this ends up in logs."""
        return f"{self.version} until {self.at}"
