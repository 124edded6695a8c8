"""The plan of v1 and its brownouts as staff have saved them, and the ledger of calls."""

from datetime import datetime
from typing import ClassVar, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Plan(models.Model):
    """The dates of v1 that staff have set, in one row. The settings apply where a field is empty."""

    deprecated_at = models.DateTimeField("deprecated at", null=True, blank=True)
    sunset_at = models.DateTimeField("sunset at", null=True, blank=True)
    guide = models.URLField("guide", blank=True, max_length=500)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        """Options of the model."""

        verbose_name = "plan of v1"
        verbose_name_plural = "plan of v1"

    def __str__(self) -> str:
        """Return the name of the only plan."""
        return "plan of v1"


class Brownout(models.Model):
    """A time in which v1 answers as it will after its sunset: to all, to a share of requests, or to one client."""

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
        """Options of the model."""

        ordering: ClassVar = ["start"]

    def __str__(self) -> str:
        """Return its times, its share and its client."""
        whom = self.client or "all clients"
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC, {self.share} % of {whom}"

    def clean(self) -> None:
        """Check that it ends after it begins."""
        # An invalid date is None here, and has an error of its own.
        start, end = cast(datetime | None, self.start), cast(datetime | None, self.end)
        if start is not None and end is not None and end <= start:
            raise ValidationError({"end": "It must end after it has begun."})


class DailyCalls(models.Model):
    """A row of the ledger: how many requests of one kind a client made on one day (UTC). No personal data."""

    day = models.DateField()
    version = models.CharField(max_length=16)
    client = models.CharField(max_length=80)
    resource = models.CharField(max_length=80)
    outcome = models.CharField(max_length=40)
    calls = models.PositiveBigIntegerField(default=0)

    class Meta:
        """Options of the model; every query filters by day, so the index of the constraint serves it."""

        verbose_name = "calls of a day"
        verbose_name_plural = "calls by day"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "version", "client", "resource", "outcome"], name="rollout_daily_calls_unique"
            )
        ]

    def __str__(self) -> str:
        """Return all values."""
        return f"{self.day} {self.version} {self.client} {self.resource} {self.outcome}: {self.calls}"


class LastCall(models.Model):
    """When a user last called a version with a credential. Personal data: deleted with the user, or when it is old."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        """Options of the model; the index finds the users who called a version lately."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "version"], name="rollout_last_call_unique")]
        indexes: ClassVar = [models.Index(fields=["version", "at"], name="rollout_last_call_version_at")]

    def __str__(self) -> str:
        """Return it without the user, because it may be logged."""
        return f"{self.version} until {self.at}"
