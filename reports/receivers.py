"""Hears what `audits` and `locations` say, and what detection leaves for the workers."""

from django.db import transaction
from django.dispatch import receiver

from audits.models import Visit
from audits.signals import visit_approved, visit_excluded, visit_withdrawn
from locations.queueing import send_on_commit
from locations.signals import readings_changed
from reports.detection.data import scoring
from reports.detection.scan import rejudge_comparisons as waiting
from reports.detection.signals import backtest_waits, run_waits
from reports.tasks.backtests import work_on_backtests
from reports.tasks.comparisons import call_soon
from reports.tasks.scans import work_on_run
from reports.tasks.scoring import evaluate_location, score_visit
from reports.tasks.sweeper import EVALUATED_AT_ONCE

ONE_BY_ONE = EVALUATED_AT_ONCE  # an import scores its visits itself; the sweeper takes what is left


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
    _evaluate_locations_of(visit_ids)


@receiver(visit_excluded)
def leave_out_excluded_visits(sender, visit_ids, **kwargs) -> None:
    scoring.exclude_visits(visit_ids)
    _evaluate_locations_of(visit_ids)


def _evaluate_locations_of(visit_ids) -> None:
    """A flag that rested on a visit that does not count any more should not stand until the next run."""
    if len(visit_ids) <= ONE_BY_ONE:
        visits = Visit.objects.filter(pk__in=visit_ids).order_by()
        for standard_id, location_id in visits.values_list("version__standard", "location").distinct():
            send_on_commit(evaluate_location, standard_id, location_id)


@receiver(readings_changed)
def queue_changed_readings(sender, location_ids, **kwargs) -> None:
    """Queued in the transaction of the readings. One message for all that waits: thousands that come one by one
    ask for one task, not for thousands."""
    first = waiting.note_changed(location_ids)
    if first is None:
        return

    def call() -> None:
        if not waiting.is_called_for(first):
            call_soon()

    transaction.on_commit(call, robust=True)


@receiver(run_waits)
def call_workers_for_a_run(sender, run_id, **kwargs) -> None:
    send_on_commit(work_on_run, run_id)


@receiver(backtest_waits)
def call_workers_for_backtests(sender, **kwargs) -> None:
    send_on_commit(work_on_backtests)
