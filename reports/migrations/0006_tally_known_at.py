from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0005_carried_on_runs"),
    ]

    operations = [
        migrations.AddField(
            model_name="tally",
            name="known_at",
            field=models.DateTimeField(null=True),
        ),
    ]
