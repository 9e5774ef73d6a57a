"""A replay of a standard's past, and what would have been flagged in it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value

from audits.models import Standard
from locations.accounts.roles import SETS_DRIFT
from locations.models import Location, Metric
from reports.measure.defaults import REFIT_DAYS, SCAN_DAYS
from reports.models.flags import DriftFlag


class Backtest(models.Model):
    """The runs that would have been made between two days, each with only what was known at its moment.

    A worker holds it by a lease, and keeps what it found every few runs: when the worker dies, the lease ends and
    another goes on from there.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="backtests")
    start_on = models.DateField(help_text="What was known when this day began is the first baseline.")
    stop_on = models.DateField(help_text="The last day, included.")
    every_days = models.FloatField(default=SCAN_DAYS, help_text="Between two runs.")
    refit_days = models.FloatField(default=REFIT_DAYS, help_text="Between two fits of the common effects.")
    parameters = models.JSONField(help_text="As those of a run.")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    n_done = models.PositiveIntegerField(default=0, help_text="Runs replayed.")
    n_total = models.PositiveIntegerField(help_text="Runs to replay.")
    n_locations = models.PositiveIntegerField(default=0)
    n_visits = models.PositiveIntegerField(default=0, help_text="Known at the end.")
    threshold = models.FloatField(null=True, blank=True, help_text="ln of the evidence at which a flag is raised.")
    simulated_rate = models.FloatField(null=True, blank=True, help_text="False declines per location-year at it.")
    simulated_improvement_rate = models.FloatField(
        null=True, blank=True, help_text="False improvements per location-year at it."
    )
    inputs_digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the tallies that were read.")
    code_version = models.CharField(max_length=64, blank=True)
    kept = models.BinaryField(null=True, help_text="What a successor goes on from, as numpy's npz.")
    able_from = models.BinaryField(
        null=True, help_text="Since when each location had visits enough for a flag, as numpy's npz."
    )
    lags = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),  # for the previous release, while it still runs
        blank=True,
        help_text="How many days after its begin a decline shows in each metric, and over how many declines.",
    )
    worker = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Workers that took it since it last advanced.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        constraints = [
            # the other workers stay free for what cannot wait
            models.UniqueConstraint(fields=["state"], condition=Q(state="running"), name="backtest_one_at_a_time"),
            models.CheckConstraint(condition=Q(stop_on__gte=F("start_on")), name="backtest_stops_after_its_start"),
            models.CheckConstraint(
                condition=Q(every_days__gt=0, refit_days__gt=0), name="backtest_steps_are_above_0_days"
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="backtest_running_with_a_lease"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], finished_at=None)
                | Q(state__in=["done", "failed"], finished_at__isnull=False),
                name="backtest_finished_when_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"Backtest {self.pk} of {self.standard}"


class PastFlagQuerySet(models.QuerySet["PastFlag"]):
    def visible_to(self, user):
        return self.filter(location__in=Location.objects.visible_to(user, SETS_DRIFT))


class PastFlag(models.Model):
    """A flag that a backtest would have raised; nobody was told, and nothing followed."""

    backtest = models.ForeignKey(Backtest, on_delete=models.CASCADE, related_name="flags")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="past_flags")
    flagged_at = models.DateTimeField(help_text="The moment of the run that would have raised it.")
    direction = models.CharField(max_length=11, choices=DriftFlag.Direction)
    channel = models.CharField(max_length=80, help_text="overall, section:<key>, dimension:<name> or consistency.")
    onset_at = models.DateTimeField()
    evidence = models.FloatField()
    seen = models.FloatField()
    expected = models.FloatField()
    drop = models.FloatField(null=True, help_text="As of a DriftFlag, and `chance` too.")
    chance = models.FloatField(null=True)
    comparison = models.CharField(
        max_length=13, choices=DriftFlag.Comparison, blank=True, help_text="With the readings known at the flag."
    )
    in_the_end = models.CharField(
        max_length=13, choices=DriftFlag.Comparison, blank=True, help_text="With the readings known at the stop."
    )
    metric = models.ForeignKey(Metric, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    lead_days = models.IntegerField(null=True, blank=True, help_text="Days by which the flag came before the metric.")

    objects = PastFlagQuerySet.as_manager()

    class Meta:
        ordering = ["flagged_at", "pk"]

    def __str__(self) -> str:
        return f"{self.location}: {self.direction} in {self.channel}"
