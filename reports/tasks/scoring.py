"""A visit that was approved: scored, and what it says of its location."""

from uuid import UUID

from celery import shared_task

from locations.queueing import heals
from reports.detection.data import scoring
from reports.detection.scan import online_update


@shared_task(name="reports.tasks.score_visit", **heals)
def score_visit(visit_id: str) -> None:
    """Scores a visit, then sees at once what it says of its location."""
    if scoring.score_visit(visit_id):
        online_update.evaluate_visit(UUID(visit_id))


@shared_task(name="reports.tasks.evaluate_location", **heals)
def evaluate_location(standard_id: int, location_id: int) -> None:
    """Sees what the visits of one location say now, with the common effects of the last run."""
    online_update.evaluate_location(standard_id=standard_id, location_id=location_id)
