"""What is planned: who visits where, by when."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from audits.models.standards import Version
from locations.accounts.roles import CAPTURES, READS_VISITS
from locations.models import Location


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def visible_to(self, user):
        """One's own, and those at the locations whose visits one oversees. Never a store: some are covert."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(auditor=user) | Q(location__in=Location.objects.visible_to(user, READS_VISITS)))

    def open(self, today):
        """Not withdrawn, not yet visited, and its window has not closed."""
        return self.filter(visits=None, withdrawn_at=None, closes_on__gte=today)


class Assignment(models.Model):
    """One planned visit with a window, last day included, in the location's own time."""

    class Kind(models.TextChoices):
        ANNOUNCED = "announced", "Announced"
        UNANNOUNCED = "unannounced", "Unannounced"
        COVERT = "covert", "Covert"

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="assignments")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="assignments")
    auditor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments")
    kind = models.CharField(max_length=11, choices=Kind, default=Kind.UNANNOUNCED)
    opens_on = models.DateField()
    closes_on = models.DateField()
    daypart = models.CharField(max_length=16, blank=True, help_text="morning, afternoon, evening; blank for any.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["closes_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on")),
                name="assignment_closes_after_opens",
                violation_error_message="The window closes on or after the day it opens.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.location} by {self.closes_on}"

    def is_open(self, now: datetime) -> bool:
        """Its last day is not over where it is to be made."""
        return now.astimezone(self.location.zone).date() <= self.closes_on

    @property
    def visit_id(self) -> UUID:
        """Of the visit that its auditor makes: begun on two phones, or again on a wiped one, it is still one."""
        return self._made_id("visit")

    @property
    def first_interaction_id(self) -> UUID:
        return self._made_id("interaction")

    def _made_id(self, what: str) -> UUID:
        """The same each time, another for another auditor, and nobody's to guess."""
        digest = salted_hmac(f"audits.assignment.{what}", f"{self.pk} {self.auditor_id}", algorithm="sha256").digest()
        return UUID(bytes=digest[:16], version=4)

    def clean(self) -> None:
        if self.version_id and self.version.state != Version.State.PUBLISHED:
            raise ValidationError({"version": f"{self.version} is {self.version.state}: choose a published version."})
        if (
            self.auditor_id
            and self.location_id
            and not Location.objects.visible_to(self.auditor, CAPTURES).filter(pk=self.location_id).exists()
        ):
            raise ValidationError(
                {"auditor": f"{self.auditor} may not audit {self.location}: add a membership first."}
            )
