from django.db import migrations
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce


def fill(apps, schema_editor) -> None:
    """A tally is made when its visit is approved; until now it kept when the visit had been received."""
    Visit = apps.get_model("audits", "Visit")
    approved = Visit.objects.filter(pk=OuterRef("visit")).values("approved_at")
    apps.get_model("reports", "Tally").objects.update(known_at=Coalesce(Subquery(approved), F("received_at")))


class Migration(migrations.Migration):
    dependencies = [
        ("audits", "0003_photo_places_and_expired_drafts"),
        ("reports", "0006_tally_known_at"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
