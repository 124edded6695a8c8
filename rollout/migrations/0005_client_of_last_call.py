from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rollout", "0004_client_health")]

    operations = [
        migrations.AddField(
            "lastcall", "client", models.CharField(blank=True, db_default="", default="", max_length=80)
        ),
    ]
