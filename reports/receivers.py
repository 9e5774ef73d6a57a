"""Hears what `audits` and `locations` say."""

from django.dispatch import receiver

from audits.signals import visit_approved
from reports.detection.scoring import queue_visits


@receiver(visit_approved)
def queue_approved_visits(sender, visit_ids, **kwargs) -> None:
    queue_visits(visit_ids)
