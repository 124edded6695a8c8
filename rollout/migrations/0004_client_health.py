import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rollout", "0003_longer_resource_names")]

    operations = [
        migrations.CreateModel(
            name="ClientTeam",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="As the ledger names it, without a version: ShopApp stands for all versions of "
                        "ShopApp.",
                        max_length=80,
                        unique=True,
                        verbose_name="client",
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True,
                        help_text="Notices before each date go to this address.",
                        max_length=254,
                        verbose_name="mail",
                    ),
                ),
                (
                    "webhook_url",
                    models.URLField(
                        blank=True,
                        help_text="An https URL, to which the same notices are posted, signed.",
                        max_length=500,
                        verbose_name="webhook",
                    ),
                ),
                ("key_digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("key_created", models.DateTimeField(editable=False, verbose_name="link created")),
                ("webhook_secret", models.CharField(editable=False, max_length=255)),
            ],
            options={"ordering": ["name"]},
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("channel", models.CharField(choices=[("mail", "Mail"), ("webhook", "Webhook")], max_length=8)),
                (
                    "kind",
                    models.CharField(
                        choices=[("deprecation", "Deprecation"), ("brownout", "Brownout"), ("sunset", "Sunset")],
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="date")),
                ("days", models.PositiveSmallIntegerField(verbose_name="days before")),
                ("message", models.UUIDField(db_index=True, default=uuid.uuid4)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_until", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent at")),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="rollout.clientteam",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "days"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["team", "channel", "kind", "at", "days"], name="rollout_notice_unique"
                    )
                ],
            },
        ),
    ]
