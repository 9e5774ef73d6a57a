"""Runs: made shard by shard, by as many workers as there are."""

import logging

from celery import shared_task
from django.conf import settings

from audits.models import Standard
from locations.queueing import heals
from reports.detection.scan import online_update, scan, shards
from reports.detection.scan.lifecycle import start_scan
from reports.models import Run, Tally
from reports.tasks.comparisons import call_after_a_run

log = logging.getLogger(__name__)

SHARE_OF_TIME = 1 / 3  # of a task's limit; a shard that was begun then has the rest


@shared_task(name="reports.tasks.work_on_run", **heals)
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
            start_scan(standard=run.standard)
        for waiting in Run.objects.filter(standard=run.standard, state=Run.State.WAITING).order_by("pk")[:1]:
            work_on_run.delay(waiting.pk)
        call_after_a_run()


@shared_task(name="reports.tasks.scan_all_standards", **heals)
def scan_all_standards() -> None:
    """Every standard that has visits, each as a run of its own."""
    scored = Tally.objects.filter(version__standard__isnull=False, scored_at__isnull=False)
    for standard in Standard.objects.filter(pk__in=scored.values("version__standard")):
        start_scan(standard=standard)
