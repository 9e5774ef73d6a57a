"""A visit from a phone, stored once however often the phone sends it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audits.intake.checked_visit import CheckedVisit, VisitRefused, check_visit
from audits.intake.content import NotKeepable, as_text, content_digest
from audits.intake.daypart import daypart_of
from audits.intake.document import INTERACTION_TIMES, VisitDocument
from audits.intake.photos import expect_photos
from audits.models import Draft, Interaction, Observation, Photo, Visit, VisitRevision
from audits.problems import Problem
from audits.review.approval import approve_by_policy


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


@dataclass(frozen=True)
class Recorded:
    """`created` says whether this call stored the visit's first revision."""

    visit: Visit
    created: bool


def record_visit(
    *, visit_id: UUID, auditor, payload: dict[str, Any], read: Callable[[dict[str, Any]], VisitDocument]
) -> Recorded:
    """Store a visit from a phone, once, however often and however simultaneously the phone sends it.

    `payload` is the JSON as sent; what was stored once is known again by its digest, whatever today's shape is. Of
    all else `read` makes the document, or raises VisitRefused. A returned visit is stored anew when it is sent as the
    next revision; the earlier one stays on record. Raises VisitRefused when the content does not fit, VisitConflict
    when `visit_id` was stored before with other content, NotYours when by somebody else.
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
        checked = check_visit(read(payload), auditor=auditor, stored=stored)
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
            id=interaction.id,
            visit=visit,
            position=position,
            label=interaction.label,
            **{name: checked.at(getattr(interaction, name)) for name in INTERACTION_TIMES},
        )
        for position, interaction in enumerate(checked.document.interactions)
    )
    for observation in checked.observations:
        observation.visit = visit
    Observation.objects.bulk_create(checked.observations)
    expect_photos(visit, checked)
    VisitRevision.objects.create(
        visit=visit, revision=visit.revision, text=as_text(payload), digest=digest, received_at=visit.received_at
    )
    Draft.objects.filter(pk=visit_id, owner=auditor).delete()
    approve_by_policy(visit)
    return visit


def _fields(checked: CheckedVisit) -> dict[str, Any]:
    """The visit's own columns, all that a new revision writes anew."""
    document, gps = checked.document, checked.gps
    return {
        "location": checked.location,
        "version": checked.version,
        "assignment": checked.assignment,
        "kind": checked.assignment.kind if checked.assignment else "",
        "mode": document.mode,
        "started_at": checked.started_at,
        "ended_at": checked.ended_at,
        "daypart": daypart_of(checked.started_at.astimezone(checked.location.zone)),
        "note": document.note,
        "clock_offset_ms": document.clock_offset_ms,
        "not_completed_reason": document.not_completed_reason,
        "conflict_of_interest": document.conflict_of_interest,
        "conflict_of_interest_note": document.conflict_of_interest_note,
        "gps_grade": gps.grade,
        "gps_distance_m": gps.distance_m,
        "gps_accuracy_m": gps.accuracy_m,
        "taps": checked.taps,
        "hidden_notes": document.hidden_notes,
        "revision": document.revision,
        **asdict(document.context),
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
