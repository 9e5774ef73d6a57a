"""Celery's way in. A task takes ids, may run twice, and tries again only what time can heal."""

from datetime import timedelta

from celery import shared_task
from django.db import OperationalError

from reports.detection import scoring

LOST_AFTER = timedelta(seconds=30)
SWEPT_AT_ONCE = 20_000  # about ten seconds: a task stays short

heals = {"acks_late": True, "autoretry_for": (OperationalError,), "retry_backoff": True, "max_retries": 5}


@shared_task(**heals)
def score_visit(visit_id: str) -> None:
    scoring.score_visit(visit_id)


@shared_task(**heals)
def sweep_unscored() -> None:
    """Scores what a lost message left waiting."""
    scoring.score_waiting(limit=SWEPT_AT_ONCE, older_than=LOST_AFTER)
