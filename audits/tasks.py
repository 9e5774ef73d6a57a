"""Celery's way in: what is cleaned up by and by."""

from celery import shared_task
from django.db import OperationalError

from audits.abandoned import empty_abandoned


@shared_task(acks_late=True, autoretry_for=(OperationalError,), retry_backoff=True, max_retries=5)
def empty_abandoned_drafts() -> None:
    empty_abandoned()
