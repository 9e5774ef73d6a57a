"""What one visit says: its scores for pages, its tally for the scan."""

from django.db import models
from django.db.models import Q

from audits.models import Section, Version, Visit
from locations.models import Location


class TallyQuerySet(models.QuerySet["Tally"]):
    def waiting(self):
        """The queue of record: approved visits that nobody scored yet."""
        return self.filter(scored_at=None)


class Tally(models.Model):
    """A visit's observations as one small matrix, interactions by criteria of its version.

    A byte is conformity x 240, 255 where none was observed; rows follow the interactions' positions, columns
    `Version.criteria()`; what was asked once per visit stands in the first row. A row is made when its visit is
    approved, with `scored_at` null: the table is the queue of record. Columns repeat the visit's so that a scan
    reads this table alone.
    """

    visit = models.OneToOneField(Visit, on_delete=models.CASCADE, primary_key=True, related_name="tally")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="tallies", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="tallies")
    started_at = models.DateTimeField()
    known_at = models.DateTimeField(help_text="When it began to count: its approval; imported visits: when made.")
    received_at = models.DateTimeField(
        null=True, help_text="Not written any more; there for the release before, until the next one."
    )
    auditor = models.CharField(
        max_length=72, blank=True, help_text="user:<id> or code:<id of the files>; blank = unknown."
    )
    daypart = models.CharField(max_length=16, blank=True)
    staffing = models.CharField(max_length=16, blank=True)
    is_excluded = models.BooleanField(default=False)
    n_interactions = models.PositiveIntegerField(default=0)
    matrix = models.BinaryField(null=True)
    score = models.FloatField(null=True, help_text="Weighted conformity, 0 to 1; null when nothing was scored.")
    coverage = models.FloatField(null=True, help_text="Observed / applicable, 0 to 1.")
    n_critical_failed = models.PositiveIntegerField(default=0)
    scored_at = models.DateTimeField(null=True, blank=True)

    objects = TallyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "tallies"
        indexes = [
            models.Index(fields=["location", "started_at"], name="tally_location_started"),
            models.Index(fields=["known_at"], condition=Q(scored_at=None), name="tally_unscored"),
            models.Index(fields=["known_at"], name="tally_known"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(scored_at=None) | Q(matrix__isnull=False), name="tally_scored_has_matrix"
            )
        ]

    def __str__(self) -> str:
        return f"Tally of {self.visit_id}"


class SectionScore(models.Model):
    """A visit's weighted conformity in one section and dimension; the two dimensions are never blended here."""

    tally = models.ForeignKey(Tally, on_delete=models.CASCADE, related_name="section_scores")
    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="+", db_index=False)
    dimension = models.CharField(max_length=10)
    score = models.FloatField(null=True, help_text="0 to 1; null when nothing was observed.")
    n_observed = models.PositiveIntegerField()
    n_applicable = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tally", "section", "dimension"], name="section_score_once"),
            models.CheckConstraint(condition=Q(score=None) | Q(score__range=(0, 1)), name="section_score_0_to_1"),
        ]

    def __str__(self) -> str:
        return f"{self.section}: {self.score}"
