"""Remove two indexes of tokens that no lookup uses. The new constraint is added first, so that digests stay unique."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("social", "0002_names_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="accesstoken",
            constraint=models.UniqueConstraint(fields=("digest",), name="social_token_digest"),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="digest",
            field=models.CharField(editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="access_tokens",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
