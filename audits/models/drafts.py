"""Visits that are not sent yet: what the phone typed so far, kept here in case the phone loses it."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef

from audits.models.visits import Visit


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, user):
        """One's own alone: nobody else reads what an auditor has not sent."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(owner=user)

    def open(self):
        """Those that still wait to be sent.

        A draft that was saved in the very moment in which its visit arrived may outlive the visit's transaction.
        """
        return self.filter(expired_at=None).exclude(Exists(Visit.objects.filter(pk=OuterRef("pk"), returned_at=None)))


class Draft(models.Model):
    """One per visit, under the id that the phone made for the visit."""

    id = models.UUIDField(primary_key=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts", db_index=False
    )
    revision = models.PositiveIntegerField(help_text="Rises by one with every change.")
    text = models.TextField(help_text="The phone's own JSON; here nobody looks into it.")
    n_bytes = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content.")
    saved_at = models.DateTimeField()
    expired_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was emptied as abandoned; a phone that still has it saves it anew."
    )

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-saved_at", "pk"]
        indexes = [models.Index(fields=["owner", "-saved_at"], name="draft_owner_saved")]

    def __str__(self) -> str:
        return f"Draft {self.id}, revision {self.revision}"

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.text)
