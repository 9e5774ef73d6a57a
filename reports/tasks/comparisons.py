"""Readings that changed: what they say beside the flags and results of their locations."""

from celery import shared_task

from locations.queueing import heals
from reports.detection.scan import rejudge_comparisons as waiting

SECONDS_AT_ONCE = 20.0
GATHERING_SECONDS = 3.0
"""What comes one by one is gathered for so long: a machine that sends all day asks for a task every few seconds."""


@shared_task(name="reports.tasks.rejudge_comparisons", **heals)
def rejudge_comparisons() -> None:
    """Judges whatever waits, whoever stored it, then calls again for what came meanwhile."""
    if waiting.rejudge_waiting(seconds=SECONDS_AT_ONCE):
        call_soon()


def call_soon() -> None:
    rejudge_comparisons.apply_async(countdown=GATHERING_SECONDS)


def call_for_changed_readings() -> None:
    """For the sweeper: whose message was lost, whose worker died, and what a run may have written over."""
    if waiting.any_ready():
        rejudge_comparisons.delay()


def call_after_a_run() -> None:
    """For what came while the run was under way: it may have read the readings before."""
    if waiting.judge_again():
        rejudge_comparisons.delay()
