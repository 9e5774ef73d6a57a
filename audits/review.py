"""Whether to believe a visit. Until reviewers exist the policy approves every visit as it arrives."""

from django.db import transaction
from django.utils import timezone

from audits.models import Visit
from audits.signals import visit_approved, visit_excluded


class AlreadyExcluded(Exception):
    """The visit was excluded before."""


@transaction.atomic
def approve_by_policy(visit: Visit) -> None:
    """Counts from now on."""
    visit.approved_at = timezone.now()
    visit.save(update_fields=["approved_at"])
    visit_approved.send(sender=Visit, visit_ids=[visit.pk])


@transaction.atomic
def exclude(*, visit: Visit, by, reason: str) -> None:
    """Takes a visit out of all figures, with a reason; it stays readable.

    Raises ValueError for a blank reason, AlreadyExcluded when somebody was faster.
    """
    if not reason.strip():
        raise ValueError("Say why the visit is excluded: the reason is shown beside it.")
    excluded = Visit.objects.filter(pk=visit.pk, excluded_at=None).update(
        excluded_at=timezone.now(), excluded_by=by, exclusion_reason=reason.strip()
    )
    if not excluded:
        raise AlreadyExcluded(f"The visit to {visit} is excluded already.")
    visit_excluded.send(sender=Visit, visit_ids=[visit.pk])
