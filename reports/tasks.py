"""Celery's way in. A task takes ids, may run twice, and tries again only what time can heal."""

import logging
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from audits.models import Standard
from reports.detection.data import scoring
from reports.detection.data.matrices import Unscorable
from reports.detection.scan import online_update, scan, shards
from reports.models import Run, Tally
from reports.queueing import heals, send_on_commit
from reports.replaying import call_for_lost_backtests

log = logging.getLogger(__name__)

LOST_AFTER = timedelta(seconds=30)
SWEPT_AT_ONCE = 20_000  # a task stays short
SHARE_OF_TIME = 1 / 3  # of a task's limit; a shard that was begun then has the rest
EVALUATED_AT_ONCE = 50  # more at once come from an import; the next run sees them


@shared_task(**heals)
def score_visit(visit_id: str) -> None:
    """Scores a visit, then sees at once what it says of its location."""
    if scoring.score_visit(visit_id):
        online_update.evaluate_visit(UUID(visit_id))


@shared_task(**heals)
def evaluate_location(standard_id: int, location_id: int) -> None:
    """Sees what the visits of one location say now, with the common effects of the last run."""
    online_update.evaluate_location(standard_id=standard_id, location_id=location_id)


@shared_task(**heals)
def sweep_unscored() -> None:
    """Scores what a lost message left waiting; calls again for runs, shards and backtests that nobody makes."""
    underway = Run.objects.filter(state=Run.State.RUNNING).values("standard")
    lost = Run.objects.filter(state=Run.State.WAITING, requested_at__lt=timezone.now() - LOST_AFTER)
    for run in [*lost.exclude(standard__in=underway), *shards.abandoned(Run.objects.defer("effects"))]:
        work_on_run.delay(run.pk)
    call_for_lost_backtests()
    left = Tally.objects.waiting().filter(known_at__lt=timezone.now() - LOST_AFTER).order_by("known_at", "pk")
    places = list(left.values_list("version__standard", "location")[: EVALUATED_AT_ONCE + 1])
    with suppress(Unscorable):  # each is in the log; what was scored is evaluated
        scoring.score_waiting(limit=SWEPT_AT_ONCE, older_than=LOST_AFTER)
    if len(places) <= EVALUATED_AT_ONCE:
        for standard_id, location_id in dict.fromkeys(places):
            evaluate_location.delay(standard_id, location_id)


@shared_task(**heals)
def work_on_run(run_id: int) -> None:
    """Makes shards of a run until none is free; who makes the first phase calls for helpers, who makes the last one
    for the run of the same standard that had to wait, or that is due as much came meanwhile."""

    def call_helpers(n_shards: int) -> None:
        for _ in range(min(settings.WORKERS, n_shards) - 1):
            work_on_run.delay(run_id)

    try:
        run, n_made = scan.work_on_run(
            run_id, call_helpers=call_helpers, seconds=settings.CELERY_TASK_TIME_LIMIT * SHARE_OF_TIME
        )
    except scan.RunTaken as busy:
        log.info("%s", busy)
        return
    if n_made and shards.any_free(run):  # the time for one task is over
        work_on_run.delay(run_id)
    if run.state == Run.State.DONE and n_made:
        if not online_update.catch_up(run):
            request_scan(standard=run.standard)
        for waiting in Run.objects.filter(standard=run.standard, state=Run.State.WAITING).order_by("pk")[:1]:
            work_on_run.delay(waiting.pk)


def request_scan(*, standard: Standard, must_estimate: bool = False, requested_by=None) -> Run:
    """A run of this standard, sent to the workers once the transaction is over."""
    run = scan.request_scan(standard=standard, must_estimate=must_estimate, requested_by=requested_by)
    send_on_commit(work_on_run, run.pk)
    return run


@shared_task(**heals)
def scan_all_standards() -> None:
    """Every standard that has visits, each as a run of its own."""
    scored = Tally.objects.filter(version__standard__isnull=False, scored_at__isnull=False)
    for standard in Standard.objects.filter(pk__in=scored.values("version__standard")):
        request_scan(standard=standard)
