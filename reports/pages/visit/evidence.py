"""The photos of a visit, each with when and where it was taken."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from audits.models import Photo, Visit
from reports.pages.sentences import words


@dataclass(frozen=True)
class Evidence:
    """A photo; `taken` says when and where, as the camera wrote it; `is_given_up`: nobody waits for it any more."""

    photo_id: UUID
    is_here: bool
    is_given_up: bool
    title: str
    taken: str


def by_answer(photos: list[Photo], visit: Visit) -> dict[tuple, list[Evidence]]:
    """The photos of each answer, by its criterion and interaction."""
    found: dict[tuple, list[Evidence]] = defaultdict(list)
    for photo in photos:
        found[photo.criterion_id, photo.interaction_id].append(evidence_of(photo, visit))
    return found


def evidence_of(photo: Photo, visit: Visit) -> Evidence:
    of = photo.criterion.text if photo.criterion_id and photo.criterion else "the visit"
    is_here, is_given_up = photo.received_at is not None, photo.given_up_at is not None
    return Evidence(photo.pk, is_here, is_given_up, f"Photo: {of}", _taken(photo, visit))


def _taken(photo: Photo, visit: Visit) -> str:
    """12:41, at the location; with the day where it is not that of the visit."""
    parts = []
    if photo.taken_at:
        zone = visit.location.zone
        local = photo.taken_at.astimezone(zone)
        on = visit.started_at.astimezone(zone).date()
        day = "" if local.date() == on else f"{words.short_day(local.date(), beside=on)}, "
        parts.append(f"{day}{words.clock(photo.taken_at, zone)}")
    if photo.gps_grade:
        far = photo.gps_grade == Visit.GpsGrade.FAR and photo.gps_distance_m
        parts.append(words.distance(far) + " away" if far else photo.get_gps_grade_display().lower())
    return ", ".join(parts)
