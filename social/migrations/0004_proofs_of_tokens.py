"""Add two nullable columns without a default: PostgreSQL changes no row, however large the table is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("social", "0003_fewer_indexes_of_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="accesstoken",
            name="proved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="accesstoken",
            name="credential_digest",
            field=models.CharField(editable=False, max_length=32, null=True),
        ),
    ]
