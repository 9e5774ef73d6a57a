from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0007_fill_tally_known_at"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="tally", name="tally_waiting"),
        migrations.RemoveIndex(model_name="tally", name="tally_received"),
        migrations.AlterField(
            model_name="tally",
            name="known_at",
            field=models.DateTimeField(
                help_text="When it began to count: its approval; imported visits: when made."
            ),
        ),
        migrations.AlterField(
            model_name="tally",
            name="received_at",
            field=models.DateTimeField(
                help_text="Not written any more; there for the release before, until the next one.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="tally",
            index=models.Index(condition=models.Q(("scored_at", None)), fields=["known_at"], name="tally_unscored"),
        ),
        migrations.AddIndex(
            model_name="tally",
            index=models.Index(fields=["known_at"], name="tally_known"),
        ),
    ]
