"""Once a minute: what a lost message left."""

from contextlib import suppress
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from locations.queueing import heals
from reports.detection.data import scoring
from reports.detection.data.matrices import Unscorable
from reports.detection.scan import shards
from reports.models import Run, Tally
from reports.tasks.backtests import call_for_lost_backtests
from reports.tasks.comparisons import call_for_changed_readings
from reports.tasks.scans import work_on_run
from reports.tasks.scoring import evaluate_location

LOST_AFTER = timedelta(seconds=30)
SWEPT_AT_ONCE = 20_000  # a task stays short
EVALUATED_AT_ONCE = 50  # more at once come from an import; the next run sees them


@shared_task(name="reports.tasks.sweep_unscored", **heals)
def sweep_unscored() -> None:
    """Scores what a lost message left waiting; calls again for runs, shards and backtests that nobody makes, and for
    readings that nobody judged."""
    call_for_changed_readings()
    underway = Run.objects.filter(state=Run.State.RUNNING).values("standard")
    lost = Run.objects.filter(state=Run.State.WAITING, requested_at__lt=timezone.now() - LOST_AFTER)
    for run in [*lost.exclude(standard__in=underway), *shards.abandoned(Run.objects.defer("effects"))]:
        work_on_run.delay(run.pk)
    call_for_lost_backtests()
    left = Tally.objects.waiting().filter(known_at__lt=timezone.now() - LOST_AFTER).order_by("known_at", "pk")
    locations = list(left.values_list("version__standard", "location")[: EVALUATED_AT_ONCE + 1])
    with suppress(Unscorable):  # each is in the log; what was scored is evaluated
        scoring.score_waiting(limit=SWEPT_AT_ONCE, older_than=LOST_AFTER)
    if len(locations) <= EVALUATED_AT_ONCE:
        for standard_id, location_id in dict.fromkeys(locations):
            evaluate_location.delay(standard_id, location_id)
