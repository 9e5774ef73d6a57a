"""Hears what the review says."""

from django.db import transaction
from django.dispatch import receiver

from audits.signals import visit_withdrawn
from audits.tasks import mail_of_return


@receiver(visit_withdrawn)
def tell_auditors(sender, visit_ids, **kwargs) -> None:
    """By mail, once the return is stored. A broker that is away undoes no return (robust); the phone tells of it."""

    def send() -> None:
        for visit_id in visit_ids:
            mail_of_return.delay(str(visit_id))

    transaction.on_commit(send, robust=True)
