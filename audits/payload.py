"""Whether a visit can be stored as a phone sent it: its shape, references, answers, photos and times."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audits.answers import AnswerSheet, Problem
from audits.models import Assignment, Interaction, Observation, Photo, Version, Visit
from audits.place import Graded, graded
from audits.serializers import VisitSerializer
from locations.accounts.roles import CAPTURES
from locations.models import Location

CLOCK_TOLERANCE = timedelta(minutes=10)
OLDEST = timedelta(days=2 * 365)
INTERACTION_TIMES = ("started_at", "acknowledged_at", "helped_at", "ended_at")


class VisitRefused(Exception):
    """Nothing was stored; `problems` says what is wrong, by criterion."""

    def __init__(self, problems: list[Problem]):
        super().__init__(f"{len(problems)} problem(s); first: {problems[0].where}: {problems[0].message}")
        self.problems = problems


@dataclass(frozen=True)
class CheckedVisit:
    """What was sent, after every check: ready to be stored."""

    content: dict
    location: Location
    version: Version
    assignment: Assignment | None
    observations: list[Observation]
    criteria_ids: dict[str, int]
    place: Graded

    @property
    def started_at(self) -> datetime:
        return self.content["started_at"] - self.offset_of("started_at")

    @property
    def ended_at(self) -> datetime | None:
        told = self.content["ended_at"]
        return told and told - self.offset_of("ended_at")

    def offset_of(self, where: str) -> timedelta:
        """Of the clock that the time at that place comes from: what was written by hand comes from a watch."""
        return timedelta(0) if where in self.content["written"] else self.clock_offset

    def at(self, moment: datetime | None) -> datetime | None:
        """A time of the phone's clock as the server's clock would have shown it."""
        return moment and moment - self.clock_offset

    @property
    def taps(self) -> list[dict[str, str]] | None:
        """What was tapped when, on the server's clock, ready for JSON."""
        corrected = [(tap["what"], tap["at"] - self.clock_offset) for tap in self.content["taps"]]
        return [{"what": what, "at": at.isoformat()} for what, at in corrected] or None

    @property
    def clock_offset(self) -> timedelta:
        return timedelta(milliseconds=self.content["clock_offset_ms"] or 0)


def check_visit(payload: dict, *, auditor, stored: Visit | None = None) -> CheckedVisit:
    """Raises VisitRefused with all that is wrong, not only the first.

    stored : the visit whose next revision this is; its interactions and photos may be named again.
    """
    serializer = VisitSerializer(data=payload)
    if not serializer.is_valid():
        raise VisitRefused(list(_flattened(serializer.errors)))
    content = serializer.validated_data
    location = Location.objects.visible_to(auditor, CAPTURES).filter(pk=content["location"]).first()
    version = Version.objects.exclude(state=Version.State.DRAFT).filter(pk=content["version"]).first()
    assignment = _assignment(content, auditor)
    problems = list(_problems_of_references(content, location, version, assignment))
    if location is None or version is None:
        raise VisitRefused(problems)
    sheet = AnswerSheet(version)
    answers = sheet.check(
        content["interactions"], content["observations"], may_be_empty=bool(content["not_completed_reason"])
    )
    criteria_ids = {key: criterion.pk for key, (_, criterion) in sheet.criteria.items()}
    place = graded(content["place"], location)
    checked = CheckedVisit(content, location, version, assignment, answers.observations, criteria_ids, place)
    problems += answers.problems
    problems += _problems_of_interactions(content, stored)
    problems += _problems_of_photos(content, criteria_ids, stored)
    problems += _problems_of_times(checked)
    if problems:
        raise VisitRefused(problems)
    return checked


def _assignment(content: dict, auditor) -> Assignment | None:
    if content["assignment"] is None:
        return None
    return Assignment.objects.filter(
        pk=content["assignment"], auditor=auditor, location_id=content["location"]
    ).first()


def _problems_of_references(content, location, version, assignment) -> Iterator[Problem]:
    if location is None:
        sentence = _("{location} is unknown, or not a location that you audit.")
        yield Problem("location", sentence.format(location=content["location"]))
    if version is None:
        sentence = _("{version} is no published version of a standard.")
        yield Problem("version", sentence.format(version=content["version"]))
    if content["assignment"] is not None and assignment is None:
        sentence = _("{assignment} is no assignment of yours to this location.")
        yield Problem("assignment", sentence.format(assignment=content["assignment"]))


def _problems_of_interactions(content: dict, stored: Visit | None) -> Iterator[Problem]:
    ids = [interaction["id"] for interaction in content["interactions"]]
    for number, id_ in enumerate(ids):
        if id_ in ids[:number]:
            sentence = _("{id} is used twice: each interaction has an id of its own.")
            yield Problem(f"interactions.{number}.id", sentence.format(id=id_))
    taken = Interaction.objects.filter(pk__in=ids).exclude(visit=stored).values_list("pk", flat=True).first()
    if taken is not None:
        sentence = _("{id} belongs to another visit: each interaction has an id of its own.")
        yield Problem("interactions", sentence.format(id=taken))


def _problems_of_photos(content: dict, criteria_ids: dict[str, int], stored: Visit | None) -> Iterator[Problem]:
    interactions = {interaction["id"] for interaction in content["interactions"]}
    ids = [photo["id"] for photo in content["photos"]]
    known = Photo.objects.in_bulk(ids)
    for number, photo in enumerate(content["photos"]):
        where = f"photos.{number}"
        if photo["id"] in ids[:number]:
            yield Problem(f"{where}.id", _("{id} is named twice.").format(id=photo["id"]))
        if photo["criterion"] is not None and photo["criterion"] not in criteria_ids:
            sentence = _("This version has no criterion “{criterion}”.")
            yield Problem(f"{where}.criterion", sentence.format(criterion=photo["criterion"]))
        if photo["interaction"] is not None and photo["interaction"] not in interactions:
            sentence = _("This visit has no interaction {interaction}.")
            yield Problem(f"{where}.interaction", sentence.format(interaction=photo["interaction"]))
        if (here := known.get(photo["id"])) is None:
            continue
        if stored is None or here.visit_id != stored.pk:
            sentence = _("{id} belongs to another visit: each photo has an id of its own.")
            yield Problem(f"{where}.id", sentence.format(id=here.pk))
        elif here.sha256 != photo["sha256"]:
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
    content = checked.content
    named = [("started_at", content["started_at"]), ("ended_at", content["ended_at"])]
    for number, interaction in enumerate(content["interactions"]):
        named += [(f"interactions.{number}.{name}", interaction[name]) for name in INTERACTION_TIMES]
    named += [(f"taps.{number}.at", tap["at"]) for number, tap in enumerate(content["taps"])]
    named += [(f"photos.{number}.taken_at", photo["taken_at"]) for number, photo in enumerate(content["photos"])]
    return [(where, moment) for where, moment in named if moment is not None]


def _flattened(errors, path: str = "") -> Iterator[Problem]:
    """REST framework's nested errors as one list: 'interactions.0.id' and a sentence."""
    if isinstance(errors, dict):
        for name, below in errors.items():
            step = "" if name == "non_field_errors" else str(name)
            yield from _flattened(below, ".".join(part for part in (path, step) if part))
    elif isinstance(errors, list) and any(isinstance(below, dict) for below in errors):
        for number, below in enumerate(errors):
            yield from _flattened(below, f"{path}.{number}" if path else str(number))
    else:
        for message in errors:
            yield Problem(path or "visit", str(message))
