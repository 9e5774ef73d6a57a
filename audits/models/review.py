"""What became of a visit after it was received: each revision as it was sent, and each time it was returned."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from audits.models.visits import Visit


class VisitRevision(models.Model):
    """The JSON of a visit as the phone sent it; the visit's own tables hold the newest revision.

    Text, not the database's own JSON, which writes numbers anew: the digest has to stay that of what was sent.
    """

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    revision = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["visit", "revision"]
        constraints = [models.UniqueConstraint(fields=["visit", "revision"], name="visit_revision_once")]

    def __str__(self) -> str:
        return f"{self.visit}, revision {self.revision}"

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.text)


class VisitReturn(models.Model):
    """A reviewer's word on one revision of a visit, back to its auditor."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="returns", db_index=False)
    revision = models.PositiveIntegerField(help_text="The one that was returned.")
    returned_at = models.DateTimeField()
    returned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    comment = models.TextField()
    items = models.JSONField(
        default=list, blank=True, help_text="[{criterion, interaction, comment}]; the first two may be null."
    )

    class Meta:
        ordering = ["visit", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "revision"], name="visit_return_once_per_revision"),
            models.CheckConstraint(condition=~Q(comment=""), name="visit_return_has_comment"),
        ]

    def __str__(self) -> str:
        return f"{self.visit}, revision {self.revision} returned"
