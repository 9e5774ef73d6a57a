"""Hears what the review says."""

from django.dispatch import receiver

from audits.signals import visit_withdrawn
from audits.tasks import mail_of_return
from locations.queueing import send_on_commit


@receiver(visit_withdrawn)
def tell_auditors(sender, visit_ids, **kwargs) -> None:
    """By mail, once the return is stored; the phone tells of it, too."""
    for visit_id in visit_ids:
        send_on_commit(mail_of_return, str(visit_id))
