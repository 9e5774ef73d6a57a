"""A visit's photos: expected from the moment that the visit names them, each stored once."""

import hashlib
from uuid import UUID

from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.translation import gettext as _

from audits.intake.checked_visit import CheckedVisit
from audits.intake.document import PhotoDocument
from audits.intake.gps_grade import CAMERA_ACCURACY_M, grade_gps
from audits.intake.pictures import PhotoRefused, Prepared, prepare
from audits.models import Photo, Visit

NOT_GIVEN_UP = {"given_up_at": None, "given_up_by": None, "given_up_reason": ""}
"""A photo that is named anew, or here after all."""


class PhotoUnexpected(Exception):
    """The visit names no such photo."""


class PhotoConflict(Exception):
    """Another picture was stored under this id."""


def expect_photos(visit: Visit, checked: CheckedVisit) -> None:
    """Photos that are here already stay; those that a new revision leaves out are withdrawn, never thrown away."""
    sent = [_expected(photo, visit, checked) for photo in checked.document.photos]
    if visit.revision > 1:
        left_out = Photo.objects.filter(visit=visit).exclude(pk__in=[photo.pk for photo in sent])
        left_out.filter(received_at=None).delete()
        left_out.filter(withdrawn_at=None).update(withdrawn_at=visit.received_at)
        here = set(Photo.objects.filter(visit=visit).values_list("pk", flat=True))
        again = [photo for photo in sent if photo.pk in here]
        renewed = [
            "interaction",
            "criterion",
            "taken_at",
            "gps_grade",
            "gps_distance_m",
            "withdrawn_at",
            *NOT_GIVEN_UP,
        ]
        Photo.objects.bulk_update(again, renewed)
        sent = [photo for photo in sent if photo.pk not in here]
    Photo.objects.bulk_create(sent)


def _expected(photo: PhotoDocument, visit: Visit, checked: CheckedVisit) -> Photo:
    gps = grade_gps(photo.gps, checked.location, unknown_accuracy_m=CAMERA_ACCURACY_M)
    return Photo(
        id=photo.id,
        visit=visit,
        interaction_id=photo.interaction,
        criterion_id=checked.criteria_ids[photo.criterion] if photo.criterion else None,
        sha256=photo.sha256,
        taken_at=checked.at(photo.taken_at),
        gps_grade=gps.grade,
        gps_distance_m=gps.distance_m,
    )


def attach_photo(*, visit: Visit, photo_id: UUID, data: bytes) -> tuple[Photo, bool]:
    """Store a photo that the visit named, once. Returns it and whether this call stored it.

    A picture that the visit shows in two places is one file. Raises PhotoUnexpected when the visit names no such
    photo, PhotoRefused when the bytes are no photo or not those that were named, PhotoConflict when the stored one
    has other bytes.
    """
    photo = Photo.objects.filter(pk=photo_id, visit=visit).first()
    if photo is None:
        sentence = _("The visit names no photo {photo}: send the visit with its list of photos first.")
        raise PhotoUnexpected(sentence.format(photo=photo_id))
    sha256 = hashlib.sha256(data).hexdigest()
    if photo.sha256 != sha256:
        if photo.received_at is not None:
            raise PhotoConflict(_("Another picture was stored as {photo}.").format(photo=photo_id))
        sentence = _("The bytes that came (SHA-256 {digest}) are not those that the visit named: send again.")
        raise PhotoRefused(sentence.format(digest=sha256))
    if photo.received_at is not None:
        return photo, False
    twin = Photo.objects.filter(visit=visit, sha256=sha256, received_at__isnull=False).first()
    if twin is None:
        _keep_picture(photo, prepare(data))
    else:
        photo.image, photo.thumbnail = twin.image.name, twin.thumbnail.name
        photo.width, photo.height = twin.width, twin.height
    photo.received_at = timezone.now()
    fields = ["image", "thumbnail", "width", "height", "received_at"]
    stored = Photo.objects.filter(pk=photo_id, received_at=None).update(
        **{name: getattr(photo, name) for name in fields}, **NOT_GIVEN_UP
    )
    if not stored:  # the same photo arrived twice at once, and the other was faster
        if twin is None:
            photo.image.delete(save=False)
            photo.thumbnail.delete(save=False)
        kept = Photo.objects.filter(pk=photo_id).first()
        if kept is None:
            sentence = _("The visit no longer names the photo {photo}: it was corrected meanwhile.")
            raise PhotoUnexpected(sentence.format(photo=photo_id))
        photo = kept
    return photo, bool(stored)


def _keep_picture(photo: Photo, prepared: Prepared) -> None:
    photo.width, photo.height = prepared.width, prepared.height
    photo.image.save(f"{photo.pk}.jpg", ContentFile(prepared.image), save=False)
    photo.thumbnail.save(f"{photo.pk}-small.jpg", ContentFile(prepared.thumbnail), save=False)
