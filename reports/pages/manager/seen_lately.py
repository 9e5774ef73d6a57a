"""What visits saw in the last four weeks that needs no drift to be told: critical failures, and how it felt."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, TextField, Value, When, Window
from django.db.models.functions import Cast, Concat, RowNumber

from audits.models import Criterion, Observation, Option, Photo, Visit
from audits.standards.kinds import IN_WORDS
from locations.models import Location
from reports.pages.manager.standing import RECENT
from reports.pages.scope import Scope
from reports.pages.sentences import words

MOST_VISITS = 2000
N_FAILURES = 6
N_FELT = 6
N_QUOTES = 2
MOST_ROWS = 24  # of the failures, and of one answer
FAILED_BELOW = 0.5  # conformity, as scores count it
FELT_BY = (Criterion.Kind.YES_NO, Criterion.Kind.LEVEL, Criterion.Kind.CHOICE, *sorted(IN_WORDS))
YES_NO = {"true": "Yes", "false": "No"}


@dataclass(frozen=True)
class Failure:
    """A critical criterion that failed during a visit, perhaps more than once."""

    location_id: int
    store: str
    moment: str
    text: str
    note: str
    when: str
    visit_id: UUID
    photo_id: UUID | None
    n_photos: int
    n_times: int


@dataclass(frozen=True)
class Said:
    text: str
    store: str
    location_id: int
    when: str
    visit_id: UUID


@dataclass(frozen=True)
class Felt:
    """A perception criterion. shares : in percent with the answer, in the order of its scale; none for free words."""

    text: str
    n: int
    shares: list[tuple[str, str]]
    quotes: list[Said]


@dataclass(frozen=True)
class SeenLately:
    failures: list[Failure] = field(default_factory=list)
    n_failures: int = 0
    felt: list[Felt] = field(default_factory=list)

    @property
    def leaves_out(self) -> bool:
        """More failures were seen than are listed."""
        return sum(each.n_times for each in self.failures) < self.n_failures


def seen_lately(scope: Scope, location: Location | None = None) -> SeenLately:
    """Of the visits of the last four weeks that count and the user may read, at most the latest 2,000. One query.

    location : the one that it is about, also where it is closed; else all open ones of the scope.
    """
    if scope.standard is None:
        return SeenLately()
    failures: list[Any] = []
    felt: list[Any] = []
    for row in _observed(scope, location):
        (felt if row.of else failures).append(row)
    return SeenLately(_failures(failures), failures[0].n_alike if failures else 0, _felt(felt))


def _visits(scope: Scope, location: Location | None) -> QuerySet:
    visits = Visit.objects.visible_to(scope.user).counting()
    visits = visits.filter(
        location__in=[location] if location else scope.open_locations(),
        version__standard=scope.standard,
        started_at__gt=scope.as_of - RECENT,
        started_at__lte=scope.as_of,
    )
    return visits.order_by("-started_at").values("pk")[:MOST_VISITS]


def _observed(scope: Scope, location: Location | None) -> QuerySet:
    """The latest failures, and of each answer to a perception criterion the latest, those with a note first.

    of : the key of the perception criterion, blank for failures. n_alike : how many there are beside those that are
    read. n_times : the same of one criterion in one visit.
    """
    is_felt = Q(
        criterion__dimension=Criterion.Dimension.PERCEPTION,
        criterion__kind__in=FELT_BY,
        state=Observation.State.ANSWERED,
    )
    is_failure = Q(criterion__is_critical=True, conformity__lt=FAILED_BELOW)
    photos = Photo.objects.visible_to(scope.user).filter(
        Q(interaction=OuterRef("interaction")) | Q(interaction=None),
        visit=OuterRef("visit"),
        criterion=OuterRef("criterion"),
        received_at__isnull=False,
    )
    options = Option.objects.filter(criterion=OuterRef("criterion"))
    chosen = options.annotate(written=Concat(Value('"'), "value", Value('"'), output_field=TextField())).filter(
        written=OuterRef("answer")
    )
    alike = [F("of"), F("group")]
    latest = [F("is_bare").asc(), F("visit__started_at").desc(), F("pk").desc()]
    return (
        Observation.objects.filter(is_felt | is_failure, visit__in=_visits(scope, location))
        .annotate(
            of=Case(When(is_felt, then=F("criterion__key")), default=Value(""), output_field=TextField()),
            answer=Cast("value", TextField()),
            is_bare=Case(When(is_felt & Q(note=""), then=Value(1)), default=Value(0)),
        )
        .annotate(
            group=Case(
                When(Q(of="") | Q(criterion__kind__in=IN_WORDS), then=Value("")),
                default=F("answer"),
                output_field=TextField(),
            )
        )
        .annotate(
            n_alike=Window(Count("pk"), partition_by=alike),
            n_times=Window(Count("pk"), partition_by=[F("of"), F("visit"), F("criterion")]),
            place=Window(RowNumber(), partition_by=alike, order_by=latest),
        )
        .filter(place__lte=MOST_ROWS)
        .annotate(
            label=Subquery(chosen.values("label")[:1]),
            at=Subquery(chosen.values("position")[:1]),
            photo_id=Subquery(photos.order_by("pk").values("pk")[:1]),
            n_photos=Subquery(photos.order_by().values("visit").annotate(n=Count("pk")).values("n")),
        )
        .select_related("visit__location", "criterion__section", "interaction")
        .order_by("of", "at", "group", "place")
    )


def _failures(rows: Iterable[Any]) -> list[Failure]:
    found: dict[tuple, Failure] = {}
    for row in rows:
        key = row.visit_id, row.criterion_id
        if key in found:
            before = found[key]
            found[key] = replace(
                before,
                note=before.note or words.within_quotes(row.note),
                photo_id=before.photo_id or row.photo_id,
                n_photos=before.n_photos + (row.n_photos or 0),
            )
        else:
            found[key] = _failure(row)
    return list(found.values())[:N_FAILURES]


def _failure(row: Any) -> Failure:
    location = row.visit.location
    return Failure(
        location_id=location.pk,
        store=location.name,
        moment=words.inside(row.criterion.section.title),
        text=row.criterion.text,
        note=words.within_quotes(row.note),
        when=words.moment(row.visit.started_at, location.zone),
        visit_id=row.visit_id,
        photo_id=row.photo_id,
        n_photos=row.n_photos or 0,
        n_times=row.n_times,
    )


def _felt(rows: Iterable[Any]) -> list[Felt]:
    by_criterion: dict[str, list[Any]] = {}
    for row in rows:
        by_criterion.setdefault(row.of, []).append(row)
    in_order = sorted(by_criterion.values(), key=_position)
    return [_of_criterion(found) for found in in_order[:N_FELT]]


def _position(rows: list[Any]) -> tuple:
    criterion = rows[0].criterion
    return criterion.section.position, criterion.position, criterion.pk


def _of_criterion(rows: list[Any]) -> Felt:
    first = {row.group: row for row in rows if row.place == 1}
    n = sum(row.n_alike for row in first.values())
    shares = [
        (words.percent(row.n_alike / n), row.label or YES_NO.get(row.answer, row.answer.strip('"')))
        for group, row in first.items()
        if group
    ]
    in_time = sorted(rows, key=lambda row: (row.visit.started_at, row.pk))
    quoted: dict[str, Any] = {}
    for row in reversed(in_time):
        quoted.setdefault(_words(row), row)
    quoted.pop("", None)
    return Felt(in_time[-1].criterion.text, n, shares, [_said(row) for row in list(quoted.values())[:N_QUOTES]])


def _said(row: Any) -> Said:
    location = row.visit.location
    when = words.moment(row.visit.started_at, location.zone)
    return Said(_words(row), location.name, location.pk, when, row.visit_id)


def _words(row: Any) -> str:
    said = row.note
    if not said and row.criterion.kind in IN_WORDS and isinstance(row.value, str):
        said = row.value
    return words.within_quotes(said)
