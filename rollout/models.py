"""The plan of v1 and its brownouts as staff have saved them, the ledger of calls, and client teams."""

import uuid
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
    """When, and with which client, a user last called a version with a credential.

    It is personal data: deleted with the user, or when it is old.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.CharField(max_length=16)
    at = models.DateTimeField()
    client = models.CharField(max_length=80, blank=True, default="", db_default="")
    """The client of that call, as the ledger names it; empty for a call recorded by a release without this column."""

    class Meta:
        """Options of the model; the index finds the users who called a version lately."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "version"], name="rollout_last_call_unique")]
        indexes: ClassVar = [models.Index(fields=["version", "at"], name="rollout_last_call_version_at")]

    def __str__(self) -> str:
        """Return it without the user, because it may be logged."""
        return f"{self.version} until {self.at}"


class ClientTeam(models.Model):
    """A team whose client calls the APIs. It reads its own calls with a key, and receives notices before each date."""

    name = models.CharField(
        "client",
        max_length=80,
        unique=True,
        help_text="As the ledger names it, without a version: ShopApp stands for all versions of ShopApp.",
    )
    email = models.EmailField("mail", blank=True, help_text="Notices before each date go to this address.")
    webhook_url = models.URLField(
        "webhook", blank=True, max_length=500, help_text="An https URL, to which the same notices are posted, signed."
    )
    key_digest = models.CharField(max_length=64, unique=True, editable=False)
    key_created = models.DateTimeField("link created", editable=False)
    webhook_secret = models.CharField(max_length=255, editable=False)
    """Encrypted, because each notice is signed with it (`rollout.client_health.keys`)."""

    class Meta:
        """Options of the model."""

        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        """Return the name of the client."""
        return self.name


class Notice(models.Model):
    """A notice of one date to one team by one channel, at one distance in days. Its row exists before it is sent.

    Rows of one `message` are sent together. The message's id stays the same when it is sent again.
    """

    class Channel(models.TextChoices):
        """How a notice is sent."""

        MAIL = "mail"
        WEBHOOK = "webhook"

    class Kind(models.TextChoices):
        """What happens to v1 at the date."""

        DEPRECATION = "deprecation"
        BROWNOUT = "brownout"
        SUNSET = "sunset"

    team = models.ForeignKey(ClientTeam, on_delete=models.CASCADE, related_name="notices")
    channel = models.CharField(max_length=8, choices=Channel)
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField("date")
    days = models.PositiveSmallIntegerField("days before")
    message = models.UUIDField(default=uuid.uuid4, db_index=True)
    created = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    """Until then only the process that has claimed the message sends it."""
    sent_at = models.DateTimeField("sent at", null=True)

    class Meta:
        """Options of the model."""

        ordering: ClassVar = ["-at", "days"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "channel", "kind", "at", "days"], name="rollout_notice_unique")
        ]

    def __str__(self) -> str:
        """Return what it is about."""
        return f"{self.channel}, {self.days} days before the {self.kind} of {self.at:%Y-%m-%d %H:%M} UTC"
