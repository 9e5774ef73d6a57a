"""Celery's way in: mails, and what is cleaned up by and by."""

from uuid import UUID

from celery import shared_task
from django.db import OperationalError

from audits.intake.abandoned_drafts import empty_abandoned
from audits.review.return_mail import tell_of_return
from locations.queueing import heals


@shared_task(**heals)
def empty_abandoned_drafts() -> None:
    empty_abandoned()


@shared_task(**heals | {"autoretry_for": (OperationalError, OSError), "retry_backoff": 60, "max_retries": 8})
def mail_of_return(visit_id: str) -> None:
    """A mail server that is away or refuses (both OSError) is tried again, for some hours."""
    tell_of_return(UUID(visit_id))
