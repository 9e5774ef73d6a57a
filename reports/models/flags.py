"""A detector's signal, on record."""

from django.db import models
from django.db.models import F, Q

from audits.models import Standard, Visit
from locations.accounts.roles import READS_RESULTS
from locations.models import Location, Metric
from reports.models.runs import Run


class DriftFlagQuerySet(models.QuerySet["DriftFlag"]):
    def visible_to(self, user):
        return self.filter(location__in=Location.objects.visible_to(user, READS_RESULTS))

    def open(self):
        return self.filter(closed_at=None)


class DriftFlag(models.Model):
    """Execution at a location moved away from what was expected there. Never from one visit."""

    class Direction(models.TextChoices):
        DECLINE = "decline", "Decline"
        IMPROVEMENT = "improvement", "Improvement"

    class Comparison(models.TextChoices):
        BLIND_SPOT = "blind_spot", "Blind spot"
        CONFIRMED = "confirmed", "Confirmed"
        REPORTED_ONLY = "reported_only", "Reported only"
        STABLE = "stable", "Stable"
        WAITING = "waiting", "Not yet in the metric"
        NONE = "", "No usable metric"

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="drift_flags")
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="drift_flags")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="drift_flags")
    direction = models.CharField(max_length=11, choices=Direction)
    channel = models.CharField(max_length=80, help_text="overall, section:<key>, dimension:<name> or consistency.")
    flagged_at = models.DateTimeField(help_text="The time of the visit that raised it.")
    flagged_by = models.ForeignKey(
        Visit, on_delete=models.PROTECT, related_name="+", help_text="The visit that raised it."
    )
    onset_at = models.DateTimeField()
    onset_low = models.DateTimeField()
    onset_high = models.DateTimeField()
    evidence = models.FloatField(help_text="How many times likelier the visits are under a drift than without one.")
    seen = models.FloatField(help_text="Share kept since the onset in the channel, 0 to 1.")
    expected = models.FloatField(help_text="Share expected here with these auditors, dayparts and weeks.")
    drop = models.FloatField(
        null=True,
        help_text="How far the level has moved by what the visits make likely, 0 to 1, above 0 in either direction; "
        "of consistency, the spread. Null on flags of older releases.",
    )
    chance = models.FloatField(null=True, help_text="That the change is real, 0 to 1; null as `drop`.")
    n_visits = models.PositiveIntegerField(help_text="Since the onset.")
    moved = models.JSONField(default=list, help_text="Per section: key, title, seen, expected, n_visits.")
    metric = models.ForeignKey(Metric, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    comparison = models.CharField(max_length=13, choices=Comparison, blank=True)
    comparison_note = models.CharField(max_length=255, blank=True)
    metric_alarm_on = models.DateField(null=True, blank=True)
    metric_moved = models.FloatField(
        null=True, blank=True, help_text="Since the onset, freed of what the chain shares; its units, above 0 is up."
    )
    metric_moved_low = models.FloatField(null=True, blank=True)
    metric_moved_high = models.FloatField(null=True, blank=True)
    metric_lag_weeks = models.FloatField(
        null=True, blank=True, help_text="After which the metric usually follows; null where no past decline tells."
    )
    lead_days = models.IntegerField(null=True, blank=True, help_text="Days by which the flag came before the metric.")
    raised_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField(max_length=255, blank=True)

    objects = DriftFlagQuerySet.as_manager()

    class Meta:
        ordering = ["-evidence", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "standard", "direction"],
                condition=Q(closed_at=None),
                name="flag_one_open_per_direction",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, close_reason="") | (Q(closed_at__isnull=False) & ~Q(close_reason="")),
                name="flag_closed_with_reason",
            ),
            models.CheckConstraint(condition=Q(n_visits__gte=2), name="flag_never_from_one_visit"),
            models.CheckConstraint(condition=Q(flagged_at__gte=F("onset_at")), name="flag_not_before_onset"),
        ]

    def __str__(self) -> str:
        return f"{self.location}: {self.direction} in {self.channel}"
