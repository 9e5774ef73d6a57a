"""What was seen: one auditor at one place once, the encounters there, and what was observed on each criterion.

Only `audits.intake` (from phones) and `audits.history` (from files) write these tables.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from audits.models.limits import LONGEST_EXCLUSION_REASON, LONGEST_LABEL, LONGEST_REASON
from audits.models.programme import Assignment
from audits.models.standards import Criterion, Version
from locations.accounts.roles import READS_VISITS
from locations.models import Location
from locations.times import moment


class VisitQuerySet(models.QuerySet["Visit"]):
    def visible_to(self, user):
        """One's own visits, and those at the locations whose visits one's role reads."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(auditor=user) | Q(location__in=Location.objects.visible_to(user, READS_VISITS)))

    def counting(self):
        """Approved and not excluded: the visits that scores and scans are made of."""
        return self.filter(approved_at__isnull=False, excluded_at=None)

    def waiting(self):
        """A reviewer has to say what becomes of them."""
        return self.filter(approved_at=None, excluded_at=None, returned_at=None)

    def returned(self):
        """Their auditors have to correct them."""
        return self.filter(returned_at__isnull=False, excluded_at=None)


class Visit(models.Model):
    """One auditor at one place once. The phone made the id before the first answer."""

    class Busyness(models.TextChoices):
        QUIET = "quiet", "Quiet"
        NORMAL = "normal", "Normal"
        BUSY = "busy", "Busy"

    class GpsGrade(models.TextChoices):
        """Where the phone was when the visit began, as `audits.intake.gps_grade` says."""

        NEAR = "near", "At the location"
        UNSURE = "unsure", "Perhaps at the location"
        FAR = "far", "Elsewhere"
        REFUSED = "refused", "Not told"

    class Mode(models.TextChoices):
        LIVE = "live", "Recorded while it happened"
        COVERT = "covert", "Reported afterwards from taps and notes"
        HISTORY = "history", "Imported"

    id = models.UUIDField(primary_key=True)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="visits")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="visits")
    auditor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="visits"
    )
    auditor_code = models.CharField(
        max_length=64, blank=True, help_text="Imported visits: the files' own id of the auditor."
    )
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, null=True, blank=True, related_name="visits")
    reference = models.CharField(
        max_length=64, blank=True, help_text="Imported visits: the files' own id of the visit."
    )
    kind = models.CharField(max_length=32, blank=True)
    mode = models.CharField(max_length=7, choices=Mode, default=Mode.LIVE)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    daypart = models.CharField(max_length=16, blank=True, help_text="In the location's own time.")
    staffing = models.CharField(max_length=16, blank=True, help_text="How the staff seen met the customers waiting.")
    staff_seen = models.PositiveIntegerField(null=True, blank=True)
    customers_waiting = models.PositiveIntegerField(null=True, blank=True)
    busyness = models.CharField(max_length=6, choices=Busyness, blank=True)
    note = models.TextField(blank=True)
    clock_offset_ms = models.BigIntegerField(null=True, blank=True, help_text="Device clock minus server clock.")
    not_completed_reason = models.CharField(
        max_length=LONGEST_REASON,
        blank=True,
        default="",
        db_default="",
        help_text="Why the visit could not be completed.",
    )
    conflict_of_interest = models.BooleanField(
        null=True, blank=True, help_text="Whether the auditor knows the people there; blank where nobody asked."
    )
    conflict_of_interest_note = models.TextField(blank=True, default="", db_default="")
    gps_grade = models.CharField(
        max_length=7, choices=GpsGrade, blank=True, default="", db_default="", db_column="place"
    )
    gps_distance_m = models.FloatField(
        null=True, blank=True, db_column="place_distance_m", help_text="From the phone to the location."
    )
    gps_accuracy_m = models.FloatField(
        null=True, blank=True, db_column="place_accuracy_m", help_text="As the phone told it."
    )
    taps = models.JSONField(
        null=True, blank=True, help_text="Covert visits: what was tapped when, [{what, at}], on the server's clock."
    )
    hidden_notes = models.TextField(blank=True, default="", db_default="", help_text="Typed in covert mode.")
    revision = models.PositiveIntegerField(
        default=1, db_default=1, help_text="Rises when a returned visit is re-sent."
    )
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content as it was sent.")
    received_at = models.DateTimeField(help_text="When it became known here; imported visits: when they were made.")
    returned_at = models.DateTimeField(
        null=True, blank=True, help_text="Set while the visit waits for its auditor to correct it."
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    excluded_at = models.DateTimeField(null=True, blank=True)
    excluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    exclusion_reason = models.CharField(max_length=LONGEST_EXCLUSION_REASON, blank=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "pk"]
        indexes = [
            models.Index(fields=["location", "started_at"], name="visit_location_started"),
            models.Index(
                fields=["received_at"], condition=Q(approved_at=None, excluded_at=None), name="visit_undecided"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="visit_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(excluded_at=None, exclusion_reason="")
                | (Q(excluded_at__isnull=False) & ~Q(exclusion_reason="")),
                name="visit_exclusion_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(returned_at=None) | Q(approved_at=None), name="visit_returned_counts_nowhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.location}, {moment(self.started_at, self.location.zone)}"

    @property
    def receipt(self) -> str:
        """Short enough to read out on the telephone: the first eight digits of the id."""
        digits = self.id.hex[:8].upper()
        return f"{digits[:4]}-{digits[4:]}"


class Interaction(models.Model):
    """One encounter between a customer and the staff, seen during a visit."""

    id = models.UUIDField(primary_key=True)
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="interactions")
    position = models.PositiveIntegerField()
    label = models.CharField(max_length=LONGEST_LABEL, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    helped_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["visit", "position"]
        constraints = [models.UniqueConstraint(fields=["visit", "position"], name="interaction_position_once")]

    def __str__(self) -> str:
        return self.label or f"Interaction {self.position + 1}"


class Observation(models.Model):
    """What was seen on one criterion: in one interaction, or (interaction null) on the visit as a whole."""

    class State(models.IntegerChoices):
        ANSWERED = 1, "Answered"
        DOES_NOT_APPLY = 2, "Does not apply"
        NOT_OBSERVED = 3, "Not observed"

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="observations")
    interaction = models.ForeignKey(
        Interaction, on_delete=models.CASCADE, null=True, blank=True, related_name="observations", db_index=False
    )
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="observations")
    state = models.PositiveSmallIntegerField(choices=State, default=State.ANSWERED)
    value = models.JSONField(null=True, blank=True, help_text="The answer as given: true, 42, 'level-2', text.")
    conformity = models.FloatField(null=True, blank=True)
    reason = models.CharField(
        max_length=LONGEST_REASON,
        blank=True,
        default="",
        db_default="",
        help_text="Why it does not apply or was not observed.",
    )
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["interaction", "criterion"],
                condition=Q(interaction__isnull=False),
                name="observation_once_per_interaction",
            ),
            models.UniqueConstraint(
                fields=["visit", "criterion"], condition=Q(interaction=None), name="observation_once_per_visit"
            ),
            models.CheckConstraint(
                condition=Q(conformity=None) | Q(conformity__range=(0, 1), state=1),
                name="observation_conformity_when_answered",
            ),
            models.CheckConstraint(condition=Q(state__in=[1, 2, 3]), name="observation_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.value if self.state == self.State.ANSWERED else self.get_state_display()}"


STATES = {
    "answered": Observation.State.ANSWERED,
    "does_not_apply": Observation.State.DOES_NOT_APPLY,
    "not_observed": Observation.State.NOT_OBSERVED,
}
"""By the words that phones send."""
REASONS = {
    "not_offered": gettext_lazy("The location does not offer it"),
    "closed": gettext_lazy("That part of the location was closed"),
    "no_customer": gettext_lazy("No customer or situation to see it in"),
    "out_of_view": gettext_lazy("Out of sight from where I was"),
    "other": gettext_lazy("Another reason, in the note"),
}
"""Codes that a phone may send as `reason`; free text is as good."""


class PhotoQuerySet(models.QuerySet["Photo"]):
    def visible_to(self, user):
        """The evidence of the visits that one may read, as they stand now."""
        return self.filter(visit__in=Visit.objects.visible_to(user), withdrawn_at=None)

    def to_come(self):
        """Named by their visits, not here yet, and still waited for."""
        return self.filter(received_at=None, given_up_at=None)

    def given_up(self):
        """Nobody waits for them any more: their auditors said so."""
        return self.filter(given_up_at__isnull=False)


class Photo(models.Model):
    """Evidence. Expected from the moment that the visit names it; `received_at` is null until it arrives.

    Time and position are those that the camera wrote into the file, read on the phone.
    """

    id = models.UUIDField(primary_key=True)
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="photos")
    interaction = models.ForeignKey(
        Interaction, on_delete=models.CASCADE, null=True, blank=True, related_name="photos"
    )
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, null=True, blank=True, related_name="photos")
    sha256 = models.CharField(max_length=64, help_text="Of the file as the phone sent it.")
    taken_at = models.DateTimeField(null=True, blank=True)
    gps_grade = models.CharField(
        max_length=7, choices=Visit.GpsGrade, blank=True, default="", db_default="", db_column="place"
    )
    gps_distance_m = models.FloatField(
        null=True, blank=True, db_column="place_distance_m", help_text="From where it was taken to the location."
    )
    received_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text="Set when a later revision of the visit left the photo out; it is kept."
    )
    given_up_at = models.DateTimeField(
        null=True, blank=True, help_text="When the auditor gave up the picture, refused or no longer on the phone."
    )
    given_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    given_up_reason = models.CharField(
        max_length=LONGEST_REASON,
        blank=True,
        default="",
        db_default="",
        help_text="Why it was refused; blank if it was not.",
    )
    image = models.ImageField(upload_to="photos/%Y/%m/", blank=True)
    thumbnail = models.ImageField(upload_to="photos/%Y/%m/", blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        ordering = ["visit", "taken_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(received_at=None, image="") | (Q(received_at__isnull=False) & ~Q(image="")),
                name="photo_received_with_image",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(received_at__isnull=False), name="photo_withdrawn_was_received"
            ),
            models.CheckConstraint(
                condition=Q(given_up_at=None, given_up_by=None, given_up_reason="")
                | Q(given_up_at__isnull=False, given_up_by__isnull=False, received_at=None),
                name="photo_given_up_by_somebody_and_not_here",
            ),
        ]

    def __str__(self) -> str:
        return f"Photo of {self.visit}"
