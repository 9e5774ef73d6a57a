import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('locations', '0002_user_language'),
        ('reports', '0017_each_visit_judged_once'),
    ]

    operations = [
        migrations.AddField(
            model_name='driftflag',
            name='metric_lag_weeks',
            field=models.FloatField(blank=True, help_text='After which the metric usually follows; null where no past decline tells.', null=True),
        ),
        migrations.AddField(
            model_name='driftflag',
            name='metric_moved',
            field=models.FloatField(blank=True, help_text='Since the onset, freed of what the chain shares; its units, above 0 is up.', null=True),
        ),
        migrations.AddField(
            model_name='driftflag',
            name='metric_moved_high',
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='driftflag',
            name='metric_moved_low',
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='locationresult',
            name='reported_metric',
            field=models.ForeignKey(blank=True, help_text='That `reported` is of.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='locations.metric'),
        ),
    ]
