"""Everything that was observed in one visit, in the order of the form."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from audits.models import Criterion, Interaction, Observation, Photo, Section, Visit
from locations.models import Location
from locations.roles import READS_RESULTS, READS_VISITS
from reports.models import SectionScore, Tally
from reports.pages import words
from reports.pages.queries import NotVisible


@dataclass(frozen=True)
class Evidence:
    """A photo; `taken` says when and where, as the camera wrote it."""

    photo_id: UUID
    is_here: bool
    title: str
    taken: str


@dataclass(frozen=True)
class Answer:
    """What was seen on one criterion, once. `grade` is kept, partly, missed or blank; blank also for auditors."""

    of: str
    text: str
    grade: str
    share: str
    note: str
    is_words: bool
    photos: list[Evidence]


@dataclass(frozen=True)
class CriterionRow:
    text: str
    is_critical: bool
    answers: list[Answer]


@dataclass(frozen=True)
class ScoreRow:
    dimension: str
    score: str
    n_observed: int
    n_applicable: int


@dataclass(frozen=True)
class SectionRows:
    title: str
    criteria: list[CriterionRow]
    scores: list[ScoreRow]


@dataclass(frozen=True)
class InteractionRow:
    label: str
    started: str
    waits: list[str]


@dataclass(frozen=True)
class VisitPage:
    visit: Visit
    when: str
    lasted: str
    received: str
    zone_name: str
    auditor: str
    sections: list[SectionRows]
    interactions: list[InteractionRow]
    other_photos: list[Evidence]
    tally: Tally | None
    reads_results: bool
    n_critical_missed: int

    @property
    def score_text(self) -> str:
        return words.percent(self.tally.score) if self.tally and self.tally.score is not None else ""

    @property
    def coverage_text(self) -> str:
        return words.percent(self.tally.coverage) if self.tally and self.tally.coverage is not None else ""


def visit_page(*, user, visit_id: UUID) -> VisitPage:
    """Raises NotVisible for a visit that is not there for this user.

    Scores and conformity are for those who read results: an auditor sees what was observed, not how it counts.
    Who the auditor was is for the auditor and for those who read the visits of this location.
    """
    visits = Visit.objects.visible_to(user).select_related(
        "location__region", "version__standard", "auditor", "assignment"
    )
    visit = visits.filter(pk=visit_id).first()
    if visit is None:
        raise NotVisible(f"No visit {visit_id} among those you may see.")
    here = Location.objects.filter(pk=visit.location_id)
    reads_results = here.visible_to(user, READS_RESULTS).exists()
    reads_visits = visit.auditor_id == user.pk or here.visible_to(user, READS_VISITS).exists()
    tally = Tally.objects.defer("matrix").filter(visit=visit).first() if reads_results else None
    interactions = list(visit.interactions.order_by("position"))
    observations = list(visit.observations.all())
    photos = list(Photo.objects.visible_to(user).filter(visit=visit).select_related("criterion"))
    sections = Section.objects.filter(version=visit.version_id).prefetch_related("criteria__options")
    criteria = {criterion.pk: criterion for section in sections for criterion in section.criteria.all()}
    zone = visit.location.zone
    return VisitPage(
        visit=visit,
        when=words.moment(visit.started_at, zone),
        lasted=words.duration((visit.ended_at - visit.started_at).total_seconds()) if visit.ended_at else "",
        received=words.moment(visit.received_at, zone),
        zone_name=visit.location.timezone,
        auditor=_auditor(visit) if reads_visits else "",
        sections=_sections(
            sections, observations, interactions, _by_place(photos, visit), tally, reads_results=reads_results
        ),
        interactions=[_interaction(each, zone) for each in interactions],
        other_photos=[_evidence(photo, visit) for photo in photos if photo.criterion_id is None],
        tally=tally,
        reads_results=reads_results,
        n_critical_missed=sum(
            o.conformity is not None and o.conformity < 0.5 and criteria[o.criterion_id].is_critical
            for o in observations
        ),
    )


def _auditor(visit: Visit) -> str:
    if visit.auditor:
        return f"{visit.auditor}"
    return f"no. {visit.auditor_code}" if visit.auditor_code else ""


def _interaction(interaction: Interaction, zone) -> InteractionRow:
    start = interaction.started_at
    waits = []
    for name, until in (
        ("acknowledged", interaction.acknowledged_at),
        ("helped", interaction.helped_at),
        ("finished", interaction.ended_at),
    ):
        if start and until:
            waits.append(f"{name} after {words.duration((until - start).total_seconds())}")
    return InteractionRow(str(interaction), f"{start.astimezone(zone):%H:%M}" if start else "", waits)


def _sections(
    sections: QuerySet[Section],
    observations: list[Observation],
    interactions: list[Interaction],
    pictures: dict[tuple, list[Evidence]],
    tally: Tally | None,
    *,
    reads_results: bool,
) -> list[SectionRows]:
    seen: dict[int, dict] = defaultdict(dict)
    for observation in observations:
        seen[observation.criterion_id][observation.interaction_id] = observation
    scores: dict[int, list[SectionScore]] = defaultdict(list)
    for score in tally.section_scores.order_by("dimension") if tally else ():
        scores[score.section_id].append(score)
    rows = []
    for section in sections:
        criteria = [
            _criterion(each, seen[each.pk], interactions, pictures, reads_results) for each in section.criteria.all()
        ]
        rows.append(SectionRows(
            section.title, [row for row in criteria if row.answers], [_score(score) for score in scores[section.pk]]
        ))  # fmt: skip
    return [row for row in rows if row.criteria]


def _criterion(
    criterion: Criterion,
    seen: dict,
    interactions: list[Interaction],
    pictures: dict[tuple, list[Evidence]],
    reads_results: bool,
) -> CriterionRow:
    several = len(interactions) > 1
    encounters: Iterable[Interaction | None] = [None, *interactions]
    answers = []
    for encounter in encounters:
        key = encounter.pk if encounter else None
        if key in seen:
            of = str(encounter) if encounter and several else ""
            answers.append(_answer(criterion, seen[key], of, pictures[criterion.pk, key], reads_results))
    return CriterionRow(criterion.text, criterion.is_critical, answers)


def _answer(
    criterion: Criterion, observation: Observation, of: str, photos: list[Evidence], reads_results: bool
) -> Answer:
    conformity = observation.conformity if reads_results else None
    grade = "" if conformity is None else "kept" if conformity >= 1 else "missed" if conformity < 0.5 else "partly"
    return Answer(
        of=of,
        text=answer_text(criterion, observation),
        grade=grade,
        share=words.percent(conformity) if conformity is not None and 0 < round(conformity, 2) < 1 else "",
        note=words.within_quotes(observation.note),
        is_words=criterion.kind == Criterion.Kind.TEXT and observation.state == Observation.State.ANSWERED,
        photos=photos,
    )


def answer_text(criterion: Criterion, observation: Observation) -> str:
    """An answer as people say it; imported ones may know only how far the criterion was met."""
    if observation.state != Observation.State.ANSWERED:
        return observation.get_state_display()
    value = observation.value
    if value is None:
        if observation.conformity is None:
            return "Answered"
        whole = {0.0: "Not met", 1.0: "Met"}.get(observation.conformity)
        return whole or f"{words.percent(observation.conformity)} met"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if criterion.kind == Criterion.Kind.SECONDS and isinstance(value, int | float):
        return words.duration(value)
    if criterion.kind in (Criterion.Kind.LEVEL, Criterion.Kind.CHOICE):
        return next((option.label for option in criterion.options.all() if option.value == value), str(value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _score(score: SectionScore) -> ScoreRow:
    name = Criterion.Dimension(score.dimension).label.split(":")[0]
    written = words.percent(score.score) if score.score is not None else ""
    return ScoreRow(name, written, score.n_observed, score.n_applicable)


def _by_place(photos: list[Photo], visit: Visit) -> dict[tuple, list[Evidence]]:
    """The photos of each answer, by its criterion and interaction."""
    found: dict[tuple, list[Evidence]] = defaultdict(list)
    for photo in photos:
        found[photo.criterion_id, photo.interaction_id].append(_evidence(photo, visit))
    return found


def _evidence(photo: Photo, visit: Visit) -> Evidence:
    of = photo.criterion.text if photo.criterion_id and photo.criterion else "the visit"
    return Evidence(photo.pk, photo.received_at is not None, f"Photo: {of}", _taken(photo, visit))


def _taken(photo: Photo, visit: Visit) -> str:
    """12:41, at the location; with the day where it is not that of the visit."""
    parts = []
    if photo.taken_at:
        zone = visit.location.zone
        local = photo.taken_at.astimezone(zone)
        on = visit.started_at.astimezone(zone).date()
        day = "" if local.date() == on else f"{words.short_day(local.date(), beside=on)}, "
        parts.append(f"{day}{local:%H:%M}")
    if photo.place:
        far = photo.place == Visit.Place.FAR and photo.place_distance_m
        parts.append(words.distance(far) + " away" if far else photo.get_place_display().lower())
    return ", ".join(parts)
