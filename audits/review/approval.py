"""Whether a visit counts: the policy approves it as it arrives, or a reviewer does later."""

from django.db import transaction
from django.utils import timezone

from audits.models import Observation, Visit
from audits.review.refusal import why_not
from audits.signals import visit_approved


class NotApprovable(Exception):
    """The visit cannot count as it stands now; the message says why."""


@transaction.atomic
def approve_by_policy(visit: Visit) -> None:
    """Counts from now on. A visit that could not be completed and holds no answer has nothing to count, and waits."""
    if visit.not_completed_reason and not _holds_answers(visit):
        return
    visit.approved_at = timezone.now()
    visit.save(update_fields=["approved_at"])
    visit_approved.send(sender=Visit, visit_ids=[visit.pk])


@transaction.atomic
def approve(*, visit: Visit, by) -> None:
    """A reviewer lets a waiting visit count from now on.

    Raises NotApprovable for one's own visit, one without answers, one that is excluded, returned or approved by now,
    and when another revision than that of `visit` is stored by now.
    """
    if visit.auditor_id == by.pk:
        raise NotApprovable("This is your own visit: somebody else reviews it.")
    if not _holds_answers(visit):
        raise NotApprovable("This visit holds no answer, so there is nothing to count: exclude it, with a reason.")
    waiting = Visit.objects.waiting().filter(pk=visit.pk, revision=visit.revision)
    if not waiting.update(approved_at=timezone.now(), approved_by=by):
        raise NotApprovable(why_not(visit))
    visit.refresh_from_db()
    visit_approved.send(sender=Visit, visit_ids=[visit.pk])


def _holds_answers(visit: Visit) -> bool:
    return visit.observations.filter(state=Observation.State.ANSWERED).exists()
