"""Renames attributes only: the columns keep their names, so that yesterday's code runs on today's tables."""

from django.db import migrations, models

GRADES = [
    ("near", "At the location"),
    ("unsure", "Perhaps at the location"),
    ("far", "Elsewhere"),
    ("refused", "Not told"),
]


def _renamed(model, old, new, field):
    """`field` names the old name as its column, and then the attribute changes: neither touches the table."""
    return [
        migrations.AlterField(model_name=model, name=old, field=field),
        migrations.RenameField(model_name=model, old_name=old, new_name=new),
    ]


def _grade():
    return models.CharField(
        blank=True, choices=GRADES, db_column="place", db_default="", default="", max_length=7
    )


def _metres(column, help_text):
    return models.FloatField(blank=True, db_column=column, help_text=help_text, null=True)


class Migration(migrations.Migration):
    dependencies = [("audits", "0004_photos_given_up")]

    operations = [
        *_renamed("visit", "place", "gps_grade", _grade()),
        *_renamed(
            "visit",
            "place_distance_m",
            "gps_distance_m",
            _metres("place_distance_m", "From the phone to the location."),
        ),
        *_renamed(
            "visit", "place_accuracy_m", "gps_accuracy_m", _metres("place_accuracy_m", "As the phone told it.")
        ),
        *_renamed("photo", "place", "gps_grade", _grade()),
        *_renamed(
            "photo",
            "place_distance_m",
            "gps_distance_m",
            _metres("place_distance_m", "From where it was taken to the location."),
        ),
    ]
