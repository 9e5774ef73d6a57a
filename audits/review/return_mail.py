"""What auditors are told by mail, in the language that each of them used last."""

from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audits.models import VisitReturn


def tell_of_return(visit_id: UUID) -> bool:
    """Tells the auditor that a visit came back and why; returns whether there was somebody to tell.

    Nobody is told of a visit that has been corrected, or excluded, meanwhile, nor on an account that is closed.
    """
    told = VisitReturn.objects.filter(visit=visit_id, visit__returned_at__isnull=False, visit__excluded_at=None)
    word = told.select_related("visit__location", "visit__auditor").order_by("-revision").first()
    auditor = word.visit.auditor if word else None
    if word is None or auditor is None or not auditor.is_active:
        return False
    location = word.visit.location
    with translation.override(auditor.language or settings.LANGUAGE_CODE), timezone.override(location.zone):
        subject = _("Your visit to {location} came back").format(location=" ".join(location.name.split()))
        given = {"auditor": auditor, "location": location, "visit": word.visit, "word": word, "n": len(word.items)}
        text = render_to_string("mail/returned.txt", given)
    send_mail(subject, text, None, [auditor.email])
    return True
