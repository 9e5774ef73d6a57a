"""Writes from outside: a visit and its photos, each stored once however often the phone sends it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audits.content import NotKeepable, as_text, content_digest
from audits.models import Draft, Interaction, Observation, Photo, Visit, VisitRevision
from audits.payload import INTERACTION_TIMES, CheckedVisit, VisitRefused, check_visit
from audits.photos import PhotoRefused, Prepared, prepare
from audits.place import CAMERA_ACCURACY_M, graded
from audits.problems import Problem
from audits.review.approval import approve_by_policy

__all__ = [
    "PhotoConflict",
    "PhotoUnexpected",
    "Recorded",
    "VisitConflict",
    "VisitRefused",
    "attach_photo",
    "content_digest",
    "record_visit",
]


NOT_GIVEN_UP = {"given_up_at": None, "given_up_by": None, "given_up_reason": ""}
"""A photo that is named anew, or here after all."""


class VisitConflict(Exception):
    """The id was stored before with other content.

    `stored` and `sent` are the two digests, beside them the two revisions; `stored_content` is the JSON as it was
    sent, None where it is not on record.
    """

    def __init__(self, visit: Visit, *, sent: str, sent_revision: int, stored_content: dict[str, Any] | None):
        super().__init__(_("This visit was stored before with other content."))
        self.stored, self.sent = visit.digest, sent
        self.stored_revision, self.sent_revision = visit.revision, sent_revision
        self.stored_content = stored_content
        self.is_returned = visit.returned_at is not None


class NotYours(Exception):
    """The id belongs to somebody else's visit."""


class Overtaken(Exception):
    """Another request stored the next revision first."""


class PhotoUnexpected(Exception):
    """The visit names no such photo."""


class PhotoConflict(Exception):
    """Another picture was stored under this id."""


@dataclass(frozen=True)
class Recorded:
    """`created` says whether this call stored the visit's first revision."""

    visit: Visit
    created: bool


def record_visit(*, visit_id: UUID, auditor, payload: dict) -> Recorded:
    """Store a visit from a phone, once, however often and however simultaneously the phone sends it.

    `payload` is the JSON as sent (`audits.serializers.VisitSerializer`). A returned visit is stored anew when it is
    sent as the next revision; the earlier one stays on record. Raises VisitRefused when the content does not fit,
    VisitConflict when `visit_id` was stored before with other content, NotYours when by somebody else.
    """
    try:
        digest = content_digest(payload)
    except NotKeepable as error:
        raise VisitRefused([Problem("visit", str(error))]) from error
    if type(_revision(payload)) is not int:
        sentence = _("{sent} is no revision: send a whole number.").format(sent=repr(payload["revision"]))
        raise VisitRefused([Problem("revision", sentence)])
    stored = Visit.objects.filter(pk=visit_id).first()
    if stored and not _is_correction(stored, auditor, digest, payload):
        return _seen_before(stored, auditor, digest, payload)
    if not stored and _revision(payload) != 1:
        sentence = _("This visit was never received here: send it as revision 1.")
        raise VisitRefused([Problem("revision", sentence)])
    try:
        checked = check_visit(payload, auditor=auditor, stored=stored)
        visit = _store(visit_id, auditor, payload, digest, checked, stored)
        return Recorded(visit, created=stored is None)
    except (IntegrityError, VisitRefused, Overtaken):
        # The same visit may have been stored while this copy was checked: its ids are then taken, by itself.
        now_stored = Visit.objects.filter(pk=visit_id).first()
        if now_stored is None or (stored and now_stored.digest == stored.digest):
            raise
        return _seen_before(now_stored, auditor, digest, payload)


def _revision(payload: dict) -> Any:
    return payload.get("revision", 1)


def _is_correction(stored: Visit, auditor, digest: str, payload: dict) -> bool:
    return (
        stored.auditor_id == auditor.pk
        and stored.returned_at is not None
        and stored.digest != digest
        and _revision(payload) == stored.revision + 1
    )


def _seen_before(stored: Visit, auditor, digest: str, payload: dict) -> Recorded:
    """An earlier revision that comes again, late, is on record and therefore no conflict."""
    if stored.auditor_id != auditor.pk:
        raise NotYours("This visit id belongs to somebody else's visit.")
    revisions = VisitRevision.objects.filter(visit=stored)
    if stored.digest != digest and not revisions.filter(digest=digest).exists():
        newest = revisions.filter(revision=stored.revision).first()
        content = newest.content if newest else None
        raise VisitConflict(stored, sent=digest, sent_revision=_revision(payload), stored_content=content)
    return Recorded(stored, created=False)


@transaction.atomic
def _store(visit_id: UUID, auditor, payload: dict, digest: str, checked: CheckedVisit, stored: Visit | None) -> Visit:
    fields = {**_fields(checked), "digest": digest, "received_at": timezone.now()}
    if stored is None:
        visit = Visit(id=visit_id, auditor=auditor, **fields)
        visit.save(force_insert=True)
    else:
        visit = _replace(stored, fields)
    Interaction.objects.bulk_create(
        Interaction(
            id=interaction["id"],
            visit=visit,
            position=position,
            label=interaction["label"],
            **{name: checked.at(interaction[name]) for name in INTERACTION_TIMES},
        )
        for position, interaction in enumerate(checked.content["interactions"])
    )
    for observation in checked.observations:
        observation.visit = visit
    Observation.objects.bulk_create(checked.observations)
    _expect_photos(visit, checked)
    VisitRevision.objects.create(
        visit=visit, revision=visit.revision, text=as_text(payload), digest=digest, received_at=visit.received_at
    )
    Draft.objects.filter(pk=visit_id, owner=auditor).delete()
    approve_by_policy(visit)
    return visit


def _fields(checked: CheckedVisit) -> dict[str, Any]:
    """The visit's own columns, all that a new revision writes anew."""
    content, place = checked.content, checked.place
    context = {"staff_seen": None, "customers_waiting": None, "busyness": "", **(content.get("context") or {})}
    return {
        "location": checked.location,
        "version": checked.version,
        "assignment": checked.assignment,
        "kind": checked.assignment.kind if checked.assignment else "",
        "mode": content["mode"],
        "started_at": checked.started_at,
        "ended_at": checked.ended_at,
        "daypart": daypart_of(checked.started_at.astimezone(checked.location.zone)),
        "note": content["note"],
        "clock_offset_ms": content["clock_offset_ms"],
        "not_completed_reason": content["not_completed_reason"],
        "conflict_of_interest": content["conflict_of_interest"],
        "conflict_of_interest_note": content["conflict_of_interest_note"],
        "place": place.grade,
        "place_distance_m": place.distance_m,
        "place_accuracy_m": place.accuracy_m,
        "taps": checked.taps,
        "hidden_notes": content["hidden_notes"],
        "revision": content["revision"],
        **context,
    }


def _replace(stored: Visit, fields: dict[str, Any]) -> Visit:
    """Writes the next revision over the returned one and clears what hangs on it, but for the photos.

    Raises Overtaken when another request was faster: one filtered update decides.
    """
    returned = Visit.objects.filter(pk=stored.pk, revision=stored.revision, returned_at__isnull=False)
    if not returned.update(returned_at=None, **fields):
        raise Overtaken(f"Revision {fields['revision']} of {stored.pk} was stored by another request.")
    Observation.objects.filter(visit=stored).delete()
    Photo.objects.filter(visit=stored).update(interaction=None)  # so that they outlive the interactions
    Interaction.objects.filter(visit=stored).delete()
    return Visit.objects.get(pk=stored.pk)


def _expect_photos(visit: Visit, checked: CheckedVisit) -> None:
    """Photos that are here already stay; those that a new revision leaves out are withdrawn, never thrown away."""
    sent = [_expected(photo, visit, checked) for photo in checked.content["photos"]]
    if visit.revision > 1:
        left_out = Photo.objects.filter(visit=visit).exclude(pk__in=[photo.pk for photo in sent])
        left_out.filter(received_at=None).delete()
        left_out.filter(withdrawn_at=None).update(withdrawn_at=visit.received_at)
        here = set(Photo.objects.filter(visit=visit).values_list("pk", flat=True))
        again = [photo for photo in sent if photo.pk in here]
        told = ["interaction", "criterion", "taken_at", "place", "place_distance_m", "withdrawn_at", *NOT_GIVEN_UP]
        Photo.objects.bulk_update(again, told)
        sent = [photo for photo in sent if photo.pk not in here]
    Photo.objects.bulk_create(sent)


def _expected(photo: dict[str, Any], visit: Visit, checked: CheckedVisit) -> Photo:
    place = graded(photo["place"], checked.location, unknown_accuracy_m=CAMERA_ACCURACY_M)
    return Photo(
        id=photo["id"],
        visit=visit,
        interaction_id=photo["interaction"],
        criterion_id=checked.criteria_ids[photo["criterion"]] if photo["criterion"] else None,
        sha256=photo["sha256"],
        taken_at=checked.at(photo["taken_at"]),
        place=place.grade,
        place_distance_m=place.distance_m,
    )


def daypart_of(local: datetime) -> str:
    """The part of the day, in the location's own time."""
    if local.hour < 12:
        return "morning"
    return "afternoon" if local.hour < 17 else "evening"


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
