"""Photos that their auditor gave up on the phone: nobody waits for them any more, and the record says who and why."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from audits.intake.photos import NOT_GIVEN_UP, PhotoUnexpected
from audits.models import Photo, Visit


def give_up_photo(*, visit: Visit, photo_id: UUID, by, reason: str) -> Photo:
    """Safe to repeat: the first word stays. A picture that is here, perhaps from another phone, is not given up.

    Raises PhotoUnexpected when the visit names no such photo.
    """
    Photo.objects.to_come().filter(visit=visit, pk=photo_id).update(
        given_up_at=timezone.now(), given_up_by=by, given_up_reason=reason
    )
    return _named(visit, photo_id)


def take_back(*, visit: Visit, photo_id: UUID) -> Photo:
    """It is waited for again. Raises PhotoUnexpected when the visit names no such photo."""
    Photo.objects.given_up().filter(visit=visit, pk=photo_id).update(**NOT_GIVEN_UP)
    return _named(visit, photo_id)


def _named(visit: Visit, photo_id: UUID) -> Photo:
    photo = Photo.objects.filter(visit=visit, pk=photo_id).first()
    if photo is None:
        raise PhotoUnexpected(_("The visit names no photo {photo}.").format(photo=photo_id))
    return photo
