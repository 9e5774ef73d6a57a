"""The numbers that locations report about themselves."""

from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q

from locations.models.places import Location


class Metric(models.Model):
    """A number that locations report."""

    class Better(models.TextChoices):
        HIGHER = "better", "Higher is better"
        LOWER = "worse", "Higher is worse"
        NEITHER = "", "Neither: for context only"

    class Cadence(models.TextChoices):
        DAILY = "daily", "Daily"
        WEEKLY = "weekly", "Weekly"
        MONTHLY = "monthly", "Monthly"
        QUARTERLY = "quarterly", "Quarterly"
        YEARLY = "yearly", "Yearly or irregular"

    class Timing(models.TextChoices):
        LEAD = "lead", "Leads: moves before customers notice"
        LAG = "lag", "Lags: moves after customers noticed"

    key = models.CharField(max_length=64, unique=True, help_text="Its name in files and in the API.")
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    unit = models.CharField(max_length=24, blank=True, help_text="%, minutes, points … shown behind the number.")
    higher_is = models.CharField(max_length=6, choices=Better, default=Better.HIGHER, blank=True)
    cadence = models.CharField(max_length=9, choices=Cadence, default=Cadence.WEEKLY)
    timing = models.CharField(max_length=4, choices=Timing, default=Timing.LAG)
    plausible_min = models.FloatField(null=True, blank=True, help_text="Smaller readings are refused.")
    plausible_max = models.FloatField(null=True, blank=True, help_text="Larger readings are refused.")
    is_self_reported = models.BooleanField(default=True, help_text="The location itself supplies the number.")
    is_independent = models.BooleanField(
        default=True,
        help_text="Off when the number contains audits or is measured with them: then it is no evidence about them.",
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(plausible_min=None) | Q(plausible_max=None) | Q(plausible_max__gt=F("plausible_min")),
                name="metric_plausible_range_ordered",
                violation_error_message="The largest plausible value must be above the smallest.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def why_implausible(self, value: float) -> str:
        """A sentence about a value outside the plausible range; blank when it lies within."""
        if self.plausible_min is not None and value < self.plausible_min:
            return f"{value:g} is below the smallest plausible {self.name}, {self.plausible_min:g}."
        if self.plausible_max is not None and value > self.plausible_max:
            return f"{value:g} is above the largest plausible {self.name}, {self.plausible_max:g}."
        return ""


class ReadingQuerySet(models.QuerySet["Reading"]):
    def visible_to(self, user, roles: Iterable[str] | None = None) -> "ReadingQuerySet":
        return self.filter(location__in=Location.objects.visible_to(user, roles))


class Reading(models.Model):
    """The value of a metric for one location and period, last day included."""

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="readings")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="readings")
    period_start = models.DateField()
    period_end = models.DateField()
    value = models.FloatField()

    objects = ReadingQuerySet.as_manager()

    class Meta:
        ordering = ["location", "metric", "period_start"]
        constraints = [
            models.UniqueConstraint(fields=["location", "metric", "period_start"], name="reading_once_per_period"),
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")), name="reading_period_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.period_start}: {self.value:g}"
