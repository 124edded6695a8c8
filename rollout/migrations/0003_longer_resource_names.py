from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rollout", "0002_delete_parity_difference")]

    operations = [
        migrations.AlterField("dailycalls", "resource", models.CharField(max_length=80)),
    ]
