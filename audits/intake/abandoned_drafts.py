"""Drafts that nobody will send: emptied on the server, never on a phone."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from audits.models import Assignment, Draft, Visit

BATCH = 100


def empty_abandoned(*, now: datetime | None = None) -> int:
    """Empties drafts that were saved, and whose assignments closed, more than DRAFT_DAYS ago; returns how many.

    A phone may still hold the same work. It stays there, can be sent as before, and is saved here anew with the next
    change; so the row stays, without its contents, and says whose draft it was, when it was saved and emptied. Drafts
    of visits that came back are left alone: their auditor is still asked for a correction.
    """
    now = now or timezone.now()
    before = now - timedelta(days=settings.DRAFT_DAYS)
    of_visits = Exists(Visit.objects.filter(pk=OuterRef("pk")))
    old = Draft.objects.filter(~of_visits, expired_at=None, saved_at__lt=before).values_list("pk", flat=True)
    found, n = list(old), 0
    for start in range(0, len(found), BATCH):
        drafts = Draft.objects.filter(pk__in=found[start : start + BATCH])
        abandoned = [draft.pk for draft in _without_open_assignment(list(drafts), before.date())]
        emptied = {"text": "{}", "digest": "", "n_bytes": 2, "expired_at": now}
        n += Draft.objects.filter(pk__in=abandoned, saved_at__lt=before).update(**emptied)
    return n


def _without_open_assignment(drafts: list[Draft], before: date) -> list[Draft]:
    assigned = {draft.pk: draft.content.get("assignment") for draft in drafts}
    numbers = [number for number in assigned.values() if isinstance(number, int)]
    closing = Assignment.objects.filter(pk__in=numbers, closes_on__gte=before)
    late = set(closing.values_list("pk", "auditor_id"))
    return [draft for draft in drafts if (assigned[draft.pk], draft.owner_id) not in late]
