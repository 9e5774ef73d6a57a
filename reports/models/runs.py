"""A scan over all locations of one standard, and what it found for each location."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from audits.models import Standard
from locations.accounts.roles import READS_RESULTS
from locations.models import Location, Metric

VISITS_OF_A_CHANGE = 2  # a flag never rests on one visit


class RunQuerySet(models.QuerySet["Run"]):
    def fitted(self) -> "RunQuerySet":
        """Done, with the effects that figures rest on; of each standard the last alone has them."""
        return self.filter(state=Run.State.DONE, effects__isnull=False, threshold__isnull=False)


class Run(models.Model):
    """One scan with its parameters, inputs and code version: every figure names its run."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    as_of = models.DateTimeField(help_text="Only what was known at this moment counts.")
    is_current = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Asked for without a moment: it looks at that of its own beginning.",
    )
    parameters = models.JSONField(default=dict, help_text="False alarms a year, smallest drop, look-back, seed.")
    inputs_digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the tallies that were read.")
    code_version = models.CharField(max_length=64, blank=True)
    phase = models.CharField(max_length=80, blank=True, help_text="What the run is doing, in words.")
    n_done = models.PositiveIntegerField(default=0, help_text="Shards.")
    n_total = models.PositiveIntegerField(default=0, help_text="Shards; 0 until they are known.")
    n_locations = models.PositiveIntegerField(default=0)
    n_visits = models.PositiveIntegerField(default=0)
    threshold = models.FloatField(null=True, blank=True, help_text="ln of the evidence at which a flag is raised.")
    n_simulated = models.PositiveIntegerField(
        default=0, help_text="Visits that the threshold rests on; twice as many, or half, ask for another."
    )
    simulated_rate = models.FloatField(null=True, blank=True, help_text="False declines per location-year at it.")
    simulated_improvement_rate = models.FloatField(
        null=True, blank=True, help_text="False improvements per location-year at it."
    )
    effects = models.BinaryField(null=True, help_text="The common effects, as numpy's npz; of the last run alone.")
    evaluated_until = models.DateTimeField(
        null=True, blank=True, help_text="When a visit that came after the run was last evaluated by its effects."
    )
    chain_movement = models.FloatField(
        null=True, blank=True, help_text="This week against the average, on the 0 to 1 scale."
    )
    estimated_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="carried_on_by",
        help_text="The run whose estimate of what is common this one carries on; blank where it made its own.",
    )
    must_estimate = models.BooleanField(default=False, help_text="Asked to estimate what is common anew.")
    why_estimated = models.CharField(max_length=255, blank=True, help_text="Why what is common was estimated anew.")
    numbers = models.JSONField(default=dict, blank=True, help_text="What is common to the readings of the chain.")
    levels_not_compared = models.JSONField(
        default=list, blank=True, help_text="[[metric, why its level is no evidence], ...]."
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["standard"], condition=Q(state="running"), name="run_one_at_a_time_per_standard"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], finished_at=None)
                | Q(state__in=["done", "failed"], finished_at__isnull=False),
                name="run_finished_when_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk} of {self.standard}"

    @property
    def least_visits(self) -> int:
        """How many visits a location needs before a flag can be raised there."""
        return self.parameters.get("least_baseline", 1) + VISITS_OF_A_CHANGE


class PastEstimate(models.Model):
    """What was in force before the last estimate: visits that arrived after `estimated_at` and by `until` are judged
    by it, also when one of them is corrected long after.

    An input like the visits: with the same estimates on record the same visits give the same flags.
    """

    standard = models.ForeignKey(Standard, on_delete=models.CASCADE, related_name="past_estimates")
    estimated_at = models.DateTimeField()
    until = models.DateTimeField()
    parameters = models.JSONField(help_text="Of the run that estimated.")
    threshold = models.FloatField()
    effects = models.BinaryField(help_text="As of a run, with all that was carried on until then.")

    class Meta:
        ordering = ["estimated_at"]
        constraints = [
            models.UniqueConstraint(fields=["standard", "estimated_at"], name="past_estimate_once"),
            models.CheckConstraint(condition=Q(until__gte=F("estimated_at")), name="past_estimate_not_over_before"),
        ]

    def __str__(self) -> str:
        return f"What was estimated for {self.standard} on {self.estimated_at:%Y-%m-%d}"


class Carried(models.Model):
    """What a run leaves for the next one of its standard, by location: visits seen.

    A table of its own, as it is large and nobody else reads it; only the last run has a row.
    """

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="carried")
    kept = models.BinaryField(help_text="As numpy's npz.")

    class Meta:
        verbose_name_plural = "carried"

    def __str__(self) -> str:
        return f"What run {self.run_id} leaves"


class Shard(models.Model):
    """A part of a run that one worker makes, held by a lease: when the worker dies, the lease ends and another
    takes it.

    Those of the next phase can be taken once none of an earlier phase is unfinished. Deleted when the run is done.
    """

    class Phase(models.IntegerChoices):
        COMMON = 1, "What is common to all locations"
        LOCATIONS = 2, "Changes at some of the locations"
        WRITING = 3, "Flags and results"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        TAKEN = "taken", "Taken"
        DONE = "done", "Done"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="shards")
    phase = models.PositiveSmallIntegerField(choices=Phase)
    index = models.PositiveIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    lease_until = models.DateTimeField(null=True, help_text="Of the last worker; kept when the shard is done.")
    worker = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    payload = models.JSONField(default=dict, help_text="What is to be done: the range of the locations' indexes.")
    result = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "phase", "index"], name="shard_once"),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(lease_until__isnull=False), name="shard_taken_with_a_lease"
            ),
        ]

    def __str__(self) -> str:
        return f"Shard {self.phase}.{self.index} of run {self.run_id}"


def able_to_flag(run: Run) -> Q:
    """Of a result: with visits enough for a flag, false ones included."""
    return Q(n_visits__gte=run.least_visits)


class LocationResultQuerySet(models.QuerySet["LocationResult"]):
    def visible_to(self, user):
        return self.filter(location__in=Location.objects.visible_to(user, READS_RESULTS))

    def able_to_flag(self, run: Run):
        """With visits enough for a flag, false ones included: a baseline, then two visits that differ from it."""
        return self.filter(able_to_flag(run))


class LocationResult(models.Model):
    """What the last run says of one location: one row per standard and location, overwritten by each run."""

    class Reported(models.TextChoices):
        RISING = "rising", "Rising"
        STEADY = "steady", "Steady"
        FALLING = "falling", "Falling"
        UNKNOWN = "", "No usable number"

    standard = models.ForeignKey(Standard, on_delete=models.CASCADE, related_name="location_results")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="results")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="location_results")
    n_visits = models.PositiveIntegerField()
    n_more_needed = models.PositiveIntegerField(
        default=0, help_text="Visits still missing before a change could be flagged."
    )
    last_visit_at = models.DateTimeField(null=True)
    level = models.FloatField(null=True, help_text="Share kept lately, adjusted, 0 to 1; null with too few visits.")
    level_low = models.FloatField(null=True)
    level_high = models.FloatField(null=True)
    reported = models.CharField(max_length=7, choices=Reported, blank=True)
    reported_metric = models.ForeignKey(
        Metric, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="That `reported` is of."
    )
    comparison = models.CharField(max_length=13, blank=True, help_text="Quadrant of the comparison; see DriftFlag.")
    points = models.JSONField(
        default=list,
        help_text="[[days since 1970, adjusted share], ...] of the last half year, or the last visits if few.",
    )
    log_evidence = models.FloatField(
        null=True,
        help_text="ln of the evidence of a decline after its last visit, to be held against the run's threshold; "
        "null: none.",
    )
    n_disagreements = models.PositiveSmallIntegerField(
        default=0, help_text="Metrics in whose best quarter it stands, in the worst quarter as observed."
    )
    disagreements = models.JSONField(
        default=list,
        blank=True,
        help_text="Of those metrics: key, region, n, reported_rank, observed_rank; 1 is best.",
    )

    objects = LocationResultQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["standard", "location"], name="location_result_once")]

    def __str__(self) -> str:
        return f"{self.location}: {self.level}"
