"""Hears what `audits` says."""

from django.dispatch import receiver

from audits.signals import visit_approved, visit_excluded, visit_withdrawn
from reports.detection import scoring
from reports.tasks import score_visit, send_on_commit

ONE_BY_ONE = 50  # more at once come from an import, which scores them itself; the sweeper takes what is left


@receiver(visit_approved)
def queue_approved_visits(sender, visit_ids, **kwargs) -> None:
    """The tallies are made in the transaction of the approval."""
    scoring.queue_visits(visit_ids)
    if len(visit_ids) <= ONE_BY_ONE:
        for visit_id in visit_ids:
            send_on_commit(score_visit, str(visit_id))


@receiver(visit_withdrawn)
def forget_withdrawn_visits(sender, visit_ids, **kwargs) -> None:
    scoring.withdraw_visits(visit_ids)


@receiver(visit_excluded)
def leave_out_excluded_visits(sender, visit_ids, **kwargs) -> None:
    scoring.exclude_visits(visit_ids)
