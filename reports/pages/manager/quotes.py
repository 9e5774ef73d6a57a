"""What auditors wrote at a store, with the way to the visit and its photos."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, FilteredRelation, Q, QuerySet

from audits.models import Observation, Visit
from audits.standards.kinds import IN_WORDS
from locations.models import Location
from reports.pages.scope import Scope
from reports.pages.sentences import words

N_QUOTES = 6
N_VISITS = 15
MOST_OF_A_VISIT = 2


@dataclass(frozen=True)
class Quote:
    text: str
    of: str
    when: str
    visit_id: UUID
    photo_ids: list[UUID]


def quotes(asked: Scope, location: Location, *, since: datetime | None, section: str) -> list[Quote]:
    """The latest words since the onset: first those about `section` (its key), then about what was missed."""
    if asked.standard is None:
        return []
    visits = Visit.objects.visible_to(asked.user).counting()
    visits = visits.filter(location=location, version__standard=asked.standard)
    if since:
        visits = visits.filter(started_at__gte=since)
    recent = visits.order_by("-started_at").values("pk")[:N_VISITS]
    is_text = Q(criterion__kind__in=IN_WORDS, state=Observation.State.ANSWERED)
    said = Observation.objects.filter(~Q(note="") | is_text, visit__in=recent)
    said = said.select_related("visit", "interaction", "criterion__section")
    observations, photos = _with_photos(said)

    def rank(observation: Observation) -> tuple:
        missed = observation.conformity if observation.conformity is not None else 1.0
        is_here = observation.criterion.section.key == section
        return not is_here, missed, -observation.visit.started_at.timestamp(), observation.pk

    chosen = _spread(sorted((each for each in observations if _words(each)), key=rank))
    return [
        Quote(
            text=_words(each),
            of=" · ".join(part for part in (str(each.interaction or ""), each.criterion.text) if part),
            when=words.moment(each.visit.started_at, location.zone),
            visit_id=each.visit_id,
            photo_ids=photos[each.pk],
        )
        for each in chosen
    ]


def _with_photos(said: QuerySet[Observation]) -> tuple[list[Observation], dict[int, list[UUID]]]:
    """Each once, and the photos of each that have arrived; who reads a visit may read them. One query."""
    of_criterion = Q(visit__photos__criterion=F("criterion"), visit__photos__received_at__isnull=False)
    rows: QuerySet[Any] = said.annotate(photo=FilteredRelation("visit__photos", condition=of_criterion))
    observations: dict[int, Observation] = {}
    photos: dict[int, list[UUID]] = defaultdict(list)
    for row in rows.annotate(photo_pk=F("photo__pk"), of_interaction=F("photo__interaction")).order_by("photo_pk"):
        observations[row.pk] = row
        if row.photo_pk and row.of_interaction == row.interaction_id:
            photos[row.pk].append(row.photo_pk)
    return list(observations.values()), photos


def _spread(said: list[Observation]) -> list[Observation]:
    """The first ones, at most two of a visit, and nothing said twice."""
    chosen: list[Observation] = []
    for each in said:
        of_visit = [other for other in chosen if other.visit_id == each.visit_id]
        if len(of_visit) < MOST_OF_A_VISIT and _words(each) not in map(_words, chosen):
            chosen.append(each)
    return chosen[:N_QUOTES]


def _words(observation: Observation) -> str:
    said = observation.note
    if not said and observation.criterion.kind in IN_WORDS and isinstance(observation.value, str):
        said = observation.value
    return words.within_quotes(said)
