"""Taking a visit out of all figures, for good and with a reason."""

from django.db import transaction
from django.utils import timezone

from audits.models import Visit
from audits.models.limits import LONGEST_EXCLUSION_REASON
from audits.signals import visit_excluded


class AlreadyExcluded(Exception):
    """The visit was excluded before."""


@transaction.atomic
def exclude(*, visit: Visit, by, reason: str) -> None:
    """Takes a visit out of all figures, with a reason; it stays readable.

    Raises ValueError for a blank reason or one that is too long, AlreadyExcluded when somebody was faster.
    """
    if not reason.strip():
        raise ValueError("Say why the visit is excluded: the reason is shown beside it.")
    if len(reason.strip()) > LONGEST_EXCLUSION_REASON:
        raise ValueError(
            f"The reason has {len(reason.strip())} characters: at most {LONGEST_EXCLUSION_REASON} are kept."
        )
    excluded = Visit.objects.filter(pk=visit.pk, excluded_at=None).update(
        excluded_at=timezone.now(), excluded_by=by, exclusion_reason=reason.strip()
    )
    if not excluded:
        raise AlreadyExcluded(f"The visit to {visit} is excluded already.")
    visit_excluded.send(sender=Visit, visit_ids=[visit.pk])
