"""Writes from outside: a visit and its photos, each stored once however often the phone sends it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.models import Interaction, Observation, Photo, Visit
from audits.payload import INTERACTION_TIMES, CheckedVisit, VisitRefused, check_visit
from audits.photos import PhotoRefused, prepare
from audits.review import approve_by_policy

__all__ = [
    "PhotoConflict",
    "PhotoUnexpected",
    "Recorded",
    "VisitConflict",
    "VisitRefused",
    "attach_photo",
    "record_visit",
]


class VisitConflict(Exception):
    """The id was stored before with other content; `stored` and `sent` are the two digests."""

    def __init__(self, stored: str, sent: str):
        super().__init__("This visit was stored before with other content.")
        self.stored, self.sent = stored, sent


class NotYours(Exception):
    """The id belongs to somebody else's visit."""


class PhotoUnexpected(Exception):
    """The visit names no such photo."""


class PhotoConflict(Exception):
    """Another picture was stored under this id."""


@dataclass(frozen=True)
class Recorded:
    visit: Visit
    created: bool


def content_digest(payload: dict) -> str:
    """SHA-256 of the JSON with sorted keys: the order in which a phone writes its keys does not matter."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def record_visit(*, visit_id: UUID, auditor, payload: dict) -> Recorded:
    """Store a visit from a phone, once, however often and however simultaneously the phone sends it.

    `payload` is the JSON as sent (`audits.serializers.VisitSerializer`). Raises VisitRefused when it does not fit,
    VisitConflict when `visit_id` was stored before with other content, NotYours when by somebody else.
    """
    digest = content_digest(payload)
    if stored := Visit.objects.filter(pk=visit_id).first():
        return _seen_before(stored, auditor, digest)
    try:
        checked = check_visit(payload, auditor=auditor)
        return Recorded(_store(visit_id, auditor, digest, checked), created=True)
    except (IntegrityError, VisitRefused):
        # The same visit may have been stored while this copy was checked: its ids are then taken, by itself.
        stored = Visit.objects.filter(pk=visit_id).first()
        if stored is None:
            raise
        return _seen_before(stored, auditor, digest)


def _seen_before(stored: Visit, auditor, digest: str) -> Recorded:
    if stored.auditor_id != auditor.pk:
        raise NotYours("This visit id belongs to somebody else's visit.")
    if stored.digest != digest:
        raise VisitConflict(stored.digest, digest)
    return Recorded(stored, created=False)


@transaction.atomic
def _store(visit_id: UUID, auditor, digest: str, checked: CheckedVisit) -> Visit:
    content, context = checked.content, checked.content.get("context") or {}
    visit = Visit(
        id=visit_id,
        location=checked.location,
        version=checked.version,
        auditor=auditor,
        assignment=checked.assignment,
        kind=checked.assignment.kind if checked.assignment else "",
        mode=content["mode"],
        started_at=checked.started_at,
        ended_at=checked.at(content["ended_at"]),
        daypart=daypart_of(checked.started_at.astimezone(checked.location.zone)),
        note=content["note"],
        clock_offset_ms=content["clock_offset_ms"],
        digest=digest,
        received_at=timezone.now(),
        **context,
    )
    visit.save(force_insert=True)
    Interaction.objects.bulk_create(
        Interaction(
            id=interaction["id"],
            visit=visit,
            position=position,
            label=interaction["label"],
            **{name: checked.at(interaction[name]) for name in INTERACTION_TIMES},
        )
        for position, interaction in enumerate(content["interactions"])
    )
    for observation in checked.observations:
        observation.visit = visit
    Observation.objects.bulk_create(checked.observations)
    Photo.objects.bulk_create(
        Photo(
            id=photo["id"],
            visit=visit,
            interaction_id=photo["interaction"],
            criterion_id=checked.criteria_ids[photo["criterion"]] if photo["criterion"] else None,
            sha256=photo["sha256"],
            taken_at=checked.at(photo["taken_at"]),
        )
        for photo in content["photos"]
    )
    approve_by_policy(visit)
    return visit


def daypart_of(local: datetime) -> str:
    """The part of the day, in the location's own time."""
    if local.hour < 12:
        return "morning"
    return "afternoon" if local.hour < 17 else "evening"


def attach_photo(*, visit: Visit, photo_id: UUID, data: bytes) -> tuple[Photo, bool]:
    """Store a photo that the visit named, once. Returns it and whether this call stored it.

    Raises PhotoUnexpected when the visit names no such photo, PhotoRefused when the bytes are no photo or not those
    that were named, PhotoConflict when the stored one has other bytes.
    """
    photo = Photo.objects.filter(pk=photo_id, visit=visit).first()
    if photo is None:
        raise PhotoUnexpected(f"The visit names no photo {photo_id}: send the visit with its list of photos first.")
    sha256 = hashlib.sha256(data).hexdigest()
    if photo.sha256 != sha256:
        if photo.received_at is not None:
            raise PhotoConflict(f"Another picture was stored as {photo_id}.")
        raise PhotoRefused(f"The bytes that came (SHA-256 {sha256}) are not those that the visit named: send again.")
    if photo.received_at is not None:
        return photo, False
    prepared = prepare(data)
    photo.width, photo.height = prepared.width, prepared.height
    photo.image.save(f"{photo_id}.jpg", ContentFile(prepared.image), save=False)
    photo.thumbnail.save(f"{photo_id}-small.jpg", ContentFile(prepared.thumbnail), save=False)
    photo.received_at = timezone.now()
    fields = ["image", "thumbnail", "width", "height", "received_at"]
    stored = Photo.objects.filter(pk=photo_id, received_at=None).update(
        **{name: getattr(photo, name) for name in fields}
    )
    if not stored:  # the same photo arrived twice at once, and the other was faster
        photo.image.delete(save=False)
        photo.thumbnail.delete(save=False)
        photo.refresh_from_db()
    return photo, bool(stored)
