from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audits", "0003_photo_places_and_expired_drafts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="photo",
            name="given_up_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When the auditor gave up the picture, refused or no longer on the phone.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="photo",
            name="given_up_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="photo",
            name="given_up_reason",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Why it was refused; blank if it was not.",
                max_length=500,
            ),
        ),
        migrations.AddConstraint(
            model_name="photo",
            constraint=models.CheckConstraint(
                condition=models.Q(("given_up_at", None), ("given_up_by", None), ("given_up_reason", ""))
                | models.Q(
                    ("given_up_at__isnull", False), ("given_up_by__isnull", False), ("received_at", None)
                ),
                name="photo_given_up_by_somebody_and_not_here",
            ),
        ),
    ]
