from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audits", "0002_phone_drafts_and_returns"),
        ("locations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="expired_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When it was emptied as abandoned; a phone that still has it saves it anew.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="photo",
            name="place",
            field=models.CharField(
                blank=True,
                choices=[
                    ("near", "At the location"),
                    ("unsure", "Perhaps at the location"),
                    ("far", "Elsewhere"),
                    ("refused", "Not told"),
                ],
                db_default="",
                default="",
                max_length=7,
            ),
        ),
        migrations.AddField(
            model_name="photo",
            name="place_distance_m",
            field=models.FloatField(blank=True, help_text="From where it was taken to the location.", null=True),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(
                condition=models.Q(("approved_at", None), ("excluded_at", None)),
                fields=["received_at"],
                name="visit_undecided",
            ),
        ),
    ]
