"""Whether a visit can be stored as a phone sent it: its references, answers, photos and times."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audits.intake.answers import AnswerSheet
from audits.intake.document import INTERACTION_TIMES, VisitDocument
from audits.intake.gps_grade import GradedGps, grade_gps
from audits.models import Assignment, Interaction, Observation, Photo, Version, Visit
from audits.problems import Problem
from locations.accounts.roles import CAPTURES
from locations.models import Location

CLOCK_TOLERANCE = timedelta(minutes=10)
OLDEST = timedelta(days=2 * 365)


class VisitRefused(Exception):
    """Nothing was stored; `problems` says what is wrong, by criterion."""

    def __init__(self, problems: list[Problem]):
        super().__init__(f"{len(problems)} problem(s); first: {problems[0].where}: {problems[0].message}")
        self.problems = problems


@dataclass(frozen=True)
class CheckedVisit:
    """What was sent, after every check: ready to be stored."""

    document: VisitDocument
    location: Location
    version: Version
    assignment: Assignment | None
    observations: list[Observation]
    criteria_ids: dict[str, int]
    gps: GradedGps

    @property
    def started_at(self) -> datetime:
        return self.document.started_at - self.offset_of("started_at")

    @property
    def ended_at(self) -> datetime | None:
        told = self.document.ended_at
        return told and told - self.offset_of("ended_at")

    def offset_of(self, where: str) -> timedelta:
        """Of the clock that the time at that place comes from: what was written by hand comes from a watch."""
        return timedelta(0) if where in self.document.written else self.clock_offset

    def at(self, moment: datetime | None) -> datetime | None:
        """A time of the phone's clock as the server's clock would have shown it."""
        return moment and moment - self.clock_offset

    @property
    def taps(self) -> list[dict[str, str]] | None:
        """What was tapped when, on the server's clock, ready for JSON."""
        corrected = [(tap.what, tap.at - self.clock_offset) for tap in self.document.taps]
        return [{"what": what, "at": at.isoformat()} for what, at in corrected] or None

    @property
    def clock_offset(self) -> timedelta:
        return timedelta(milliseconds=self.document.clock_offset_ms or 0)


def check_visit(document: VisitDocument, *, auditor, stored: Visit | None = None) -> CheckedVisit:
    """Raises VisitRefused with all that is wrong, not only the first.

    stored : the visit whose next revision this is; its interactions and photos may be named again.
    """
    location = Location.objects.visible_to(auditor, CAPTURES).filter(pk=document.location).first()
    version = Version.objects.exclude(state=Version.State.DRAFT).filter(pk=document.version).first()
    assignment = _assignment(document, auditor)
    problems = list(_problems_of_references(document, location, version, assignment))
    if location is None or version is None:
        raise VisitRefused(problems)
    sheet = AnswerSheet(version)
    answers = sheet.check(
        document.interactions, document.observations, may_be_empty=bool(document.not_completed_reason)
    )
    criteria_ids = {key: criterion.pk for key, (_, criterion) in sheet.criteria.items()}
    gps = grade_gps(document.gps, location)
    checked = CheckedVisit(document, location, version, assignment, answers.observations, criteria_ids, gps)
    problems += answers.problems
    problems += _problems_of_interactions(document, stored)
    problems += _problems_of_photos(document, criteria_ids, stored)
    problems += _problems_of_times(checked)
    if problems:
        raise VisitRefused(problems)
    return checked


def _assignment(document: VisitDocument, auditor) -> Assignment | None:
    if document.assignment is None:
        return None
    return Assignment.objects.filter(pk=document.assignment, auditor=auditor, location_id=document.location).first()


def _problems_of_references(document: VisitDocument, location, version, assignment) -> Iterator[Problem]:
    if location is None:
        sentence = _("{location} is unknown, or not a location that you audit.")
        yield Problem("location", sentence.format(location=document.location))
    if version is None:
        sentence = _("{version} is no published version of a standard.")
        yield Problem("version", sentence.format(version=document.version))
    if document.assignment is not None and assignment is None:
        sentence = _("{assignment} is no assignment of yours to this location.")
        yield Problem("assignment", sentence.format(assignment=document.assignment))


def _problems_of_interactions(document: VisitDocument, stored: Visit | None) -> Iterator[Problem]:
    ids = [interaction.id for interaction in document.interactions]
    for number, id_ in enumerate(ids):
        if id_ in ids[:number]:
            sentence = _("{id} is used twice: each interaction has an id of its own.")
            yield Problem(f"interactions.{number}.id", sentence.format(id=id_))
    taken = Interaction.objects.filter(pk__in=ids).exclude(visit=stored).values_list("pk", flat=True).first()
    if taken is not None:
        sentence = _("{id} belongs to another visit: each interaction has an id of its own.")
        yield Problem("interactions", sentence.format(id=taken))


def _problems_of_photos(
    document: VisitDocument, criteria_ids: dict[str, int], stored: Visit | None
) -> Iterator[Problem]:
    interactions = {interaction.id for interaction in document.interactions}
    ids = [photo.id for photo in document.photos]
    known = Photo.objects.in_bulk(ids)
    for number, photo in enumerate(document.photos):
        where = f"photos.{number}"
        if photo.id in ids[:number]:
            yield Problem(f"{where}.id", _("{id} is named twice.").format(id=photo.id))
        if photo.criterion is not None and photo.criterion not in criteria_ids:
            sentence = _("This version has no criterion “{criterion}”.")
            yield Problem(f"{where}.criterion", sentence.format(criterion=photo.criterion))
        if photo.interaction is not None and photo.interaction not in interactions:
            sentence = _("This visit has no interaction {interaction}.")
            yield Problem(f"{where}.interaction", sentence.format(interaction=photo.interaction))
        if (here := known.get(photo.id)) is None:
            continue
        if stored is None or here.visit_id != stored.pk:
            sentence = _("{id} belongs to another visit: each photo has an id of its own.")
            yield Problem(f"{where}.id", sentence.format(id=here.pk))
        elif here.sha256 != photo.sha256:
            sentence = _("{id} was another picture before: a new picture has a new id.")
            yield Problem(f"{where}.sha256", sentence.format(id=here.pk))


def _problems_of_times(checked: CheckedVisit) -> Iterator[Problem]:
    now = timezone.now()
    can_be = True
    for where, told in _times(checked):
        try:
            moment = told - checked.offset_of(where)
        except OverflowError:
            sentence = _("{time} is no time that can be: check the phone's clock.")
            yield Problem(where, sentence.format(time=told.isoformat()))
            can_be = False
            continue
        there = date_format(moment.astimezone(checked.location.zone), "j F Y H:i")
        if moment > now + CLOCK_TOLERANCE:
            sentence = _("{time} at the location lies in the future: check the phone's clock.")
            yield Problem(where, sentence.format(time=there))
        elif moment < now - OLDEST and not where.startswith("photos."):  # an old picture is a reviewer's matter
            sentence = _("{time} at the location is over two years ago: check the phone's clock.")
            yield Problem(where, sentence.format(time=there))
    if can_be and checked.ended_at is not None and checked.ended_at < checked.started_at:
        yield Problem("ended_at", _("The visit ends before it starts."))


def _times(checked: CheckedVisit) -> list[tuple[str, datetime]]:
    """As the phone told them."""
    document = checked.document
    named = [("started_at", document.started_at), ("ended_at", document.ended_at)]
    for number, interaction in enumerate(document.interactions):
        named += [(f"interactions.{number}.{name}", getattr(interaction, name)) for name in INTERACTION_TIMES]
    named += [(f"taps.{number}.at", tap.at) for number, tap in enumerate(document.taps)]
    named += [(f"photos.{number}.taken_at", photo.taken_at) for number, photo in enumerate(document.photos)]
    return [(where, moment) for where, moment in named if moment is not None]
