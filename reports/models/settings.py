"""What an organisation sets for the drift of one standard, in three numbers."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from audits.models import Standard
from reports.models.backtests import Backtest


class DriftSettings(models.Model):
    """The three numbers that the runs of a standard are made with; where there is no row, the defaults hold."""

    standard = models.OneToOneField(Standard, on_delete=models.CASCADE, related_name="drift_settings")
    false_alarms_per_year = models.FloatField(help_text="Per store, for declines and for improvements each.")
    smallest_drop = models.FloatField(help_text="Worth acting on, on the 0 to 1 scale; smaller ones are not sought.")
    look_back = models.PositiveSmallIntegerField(help_text="Visits back that a change may have begun.")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)
    adopted_from = models.ForeignKey(
        Backtest, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="What led to them."
    )

    class Meta:
        verbose_name_plural = "drift settings"
        constraints = [
            models.CheckConstraint(condition=Q(false_alarms_per_year__gt=0), name="drift_settings_rate_above_0"),
            models.CheckConstraint(
                condition=Q(smallest_drop__gte=0, smallest_drop__lt=1), name="drift_settings_drop_0_to_1"
            ),
            models.CheckConstraint(condition=Q(look_back__gte=2), name="drift_settings_look_back_2_or_more"),
        ]

    def __str__(self) -> str:
        return f"Drift settings of {self.standard}"
