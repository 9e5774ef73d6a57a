from datetime import UTC, datetime, timedelta

import django.db.models.deletion
from django.db import migrations, models


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KEPT = ("channel", "direction", "evidence", "seen", "expected", "n_visits")
DATES = {"at": "flagged_at", "onset": "onset_at", "onset_low": "onset_low", "onset_high": "onset_high"}


def keep_what_stands(apps, schema_editor):
    """What an open flag says is what its location has raised: the next visit there goes on from it."""
    chart = apps.get_model("reports", "ControlChart")
    results = apps.get_model("reports", "LocationResult").objects.exclude(log_evidence=None)
    for standard_id, location_id, log_evidence in results.values_list("standard", "location", "log_evidence"):
        chart.objects.filter(standard=standard_id, location=location_id).update(log_evidence=log_evidence)
    flags = apps.get_model("reports", "DriftFlag").objects.filter(closed_at=None).order_by("flagged_at")
    for flag in flags.iterator():
        for one in chart.objects.filter(standard=flag.standard_id, location=flag.location_id):
            days = {name: (getattr(flag, field) - EPOCH) / DAY for name, field in DATES.items()}
            same = {name: getattr(flag, name) for name in KEPT}
            one.signals = [*one.signals, {"visit_id": str(flag.flagged_by_id), "raised_at": days["at"], **same, **days}]
            one.save(update_fields=["signals"])


class Migration(migrations.Migration):

    dependencies = [
        ('audits', '0005_name_the_gps_grade'),
        ('reports', '0015_drop_and_chance'),
    ]

    operations = [
        migrations.AddField(
            model_name='controlchart',
            name='judged',
            field=models.BinaryField(default=bytes, help_text='Of each visit in `points`: days, when it was scored, and when it arrived.'),
        ),
        migrations.AddField(
            model_name='controlchart',
            name='signals',
            field=models.JSONField(default=list, help_text='Raised here so far, as they were raised, with their visits.'),
        ),
        migrations.AddField(
            model_name='controlchart',
            name='log_evidence',
            field=models.FloatField(help_text='ln of the evidence of a decline after the last visit.', null=True),
        ),
        migrations.AddField(
            model_name='run',
            name='n_simulated',
            field=models.PositiveIntegerField(default=0, help_text='Visits that the threshold rests on; twice as many, or half, ask for another.'),
        ),
        migrations.AlterField(
            model_name='backtest',
            name='every_days',
            field=models.FloatField(default=1.0, help_text='Between two runs.'),
        ),
        migrations.CreateModel(
            name='PastEstimate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('estimated_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('parameters', models.JSONField(help_text='Of the run that estimated.')),
                ('threshold', models.FloatField()),
                ('effects', models.BinaryField(help_text='As of a run, with all that was carried on until then.')),
                ('standard', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='past_estimates', to='audits.standard')),
            ],
            options={
                'ordering': ['estimated_at'],
                'constraints': [models.UniqueConstraint(fields=('standard', 'estimated_at'), name='past_estimate_once'), models.CheckConstraint(condition=models.Q(('until__gte', models.F('estimated_at'))), name='past_estimate_not_over_before')],
            },
        ),
        migrations.RunPython(keep_what_stands, migrations.RunPython.noop),
    ]
