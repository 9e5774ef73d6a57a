"""Under which circumstances a visit was made, and how it came in: facts beside its answers."""

from dataclasses import dataclass
from datetime import datetime

from audits.models import Photo, Visit
from reports.pages.sentences import words

WORTH_TELLING_MS = 120_000
TAPS = {
    "arrived": "arrived",
    "customer": "a customer came in",
    "acknowledged": "noticed",
    "helped": "helped",
    "done": "done",
    "left": "left",
}


@dataclass(frozen=True)
class Fact:
    name: str
    value: str


def facts_of(visit: Visit, photos: list[Photo]) -> list[Fact]:
    """Only what is known. Why a visit could not be completed is no fact beside it: it stands above everything."""
    given_up = sum(photo.given_up_at is not None for photo in photos)
    missing = sum(photo.received_at is None for photo in photos) - given_up
    told = [
        ("Knows people there", interest(visit)),
        ("Daypart", visit.daypart),
        ("Busyness", visit.get_busyness_display().lower()),
        ("Staff seen", "" if visit.staff_seen is None else str(visit.staff_seen)),
        ("Customers waiting", "" if visit.customers_waiting is None else str(visit.customers_waiting)),
        ("Staffing", visit.staffing),
        ("Kind", visit.kind),
        ("Entry", visit.get_mode_display().lower()),
        ("Place", where_the_phone_was(visit)),
        ("Phone’s clock", _clock(visit)),
        ("Photos to come", f"{missing} of {len(photos)}" if missing else ""),
        ("Photos given up on the phone", f"{given_up} of {len(photos)}" if given_up else ""),
        ("Received", words.moment(visit.received_at, visit.location.zone)),
        ("Receipt", visit.receipt),
        ("Revision", str(visit.revision) if visit.revision > 1 else ""),
        ("Reference", visit.reference),
    ]
    return [Fact(name, value) for name, value in told if value]


def where_the_phone_was(visit: Visit) -> str:
    """Where the phone was when the visit began, never as coordinates."""
    said = visit.get_gps_grade_display().lower()
    if visit.gps_grade == Visit.GpsGrade.FAR and visit.gps_distance_m:
        return f"{said}, {words.distance(visit.gps_distance_m)} away"
    if visit.gps_grade == Visit.GpsGrade.UNSURE and visit.gps_accuracy_m:
        return f"{said}: known to {words.distance(visit.gps_accuracy_m)}"
    return said


def interest(visit: Visit) -> str:
    """Whether the auditor knows the people there; blank where nobody asked."""
    if visit.conflict_of_interest is None:
        return ""
    if not visit.conflict_of_interest:
        return "no"
    return f"yes: {visit.conflict_of_interest_note}" if visit.conflict_of_interest_note else "yes"


def taps_of(visit: Visit) -> list[Fact]:
    """What was tapped inside, each at its time on the clock of the place."""
    return [
        Fact(f"{datetime.fromisoformat(tap['at']).astimezone(visit.location.zone):%H:%M:%S}", TAPS.get(what, what))
        for tap in visit.taps or []
        for what in [tap["what"]]
    ]


def _clock(visit: Visit) -> str:
    offset = visit.clock_offset_ms or 0
    if abs(offset) < WORTH_TELLING_MS:
        return ""
    hours, minutes = divmod(round(abs(offset) / 60_000), 60)
    by = words.count(hours, "hour") if hours else words.count(minutes, "minute")
    return f"{by} {'fast' if offset > 0 else 'slow'}; the times here are corrected"
