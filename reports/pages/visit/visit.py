"""Everything about one visit: what was observed, under which circumstances, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from audits.models import Interaction, Photo, Section, Visit
from locations.accounts.roles import EXCLUDES_VISITS, READS_RESULTS, READS_VISITS
from locations.models import Location
from reports.models import Tally
from reports.pages.access import NotVisible
from reports.pages.reviewer.desk import Judging, judging_of
from reports.pages.sentences import words
from reports.pages.visit.circumstances import Fact, facts_of, taps_of
from reports.pages.visit.evidence import Evidence, by_answer, evidence_of
from reports.pages.visit.observed import SectionRows, section_rows
from reports.pages.visit.revisions import RevisionRow, revision_rows


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
    zone_name: str
    auditor: str
    sections: list[SectionRows]
    interactions: list[InteractionRow]
    facts: list[Fact]
    taps: list[Fact]
    revisions: list[RevisionRow]
    judging: Judging | None
    other_photos: list[Evidence]
    tally: Tally | None
    reads_results: bool

    @property
    def score_text(self) -> str:
        return words.percent(self.tally.score) if self.tally and self.tally.score is not None else ""

    @property
    def coverage_text(self) -> str:
        return words.percent(self.tally.coverage) if self.tally and self.tally.coverage is not None else ""


def visit_page(*, user, visit_id: UUID, typed: Mapping[str, str] | None = None) -> VisitPage:
    """Raises NotVisible for a visit that is not there for this user.

    typed : what a reviewer has filled in and could not be done.
    Scores and conformity are for those who read results: an auditor sees what was observed, not how it counts.
    Who the auditor was is for the auditor and for those who read the visits of this location.
    """
    visits = Visit.objects.visible_to(user).select_related(
        "location__region", "version__standard", "auditor", "approved_by", "excluded_by"
    )
    visit = visits.filter(pk=visit_id).first()
    if visit is None:
        raise NotVisible(f"No visit {visit_id} among those you may see.")
    here = Location.objects.filter(pk=visit.location_id)
    reads_results = here.visible_to(user, READS_RESULTS).exists()
    is_reader = here.visible_to(user, READS_VISITS).exists()
    judges = here.visible_to(user, EXCLUDES_VISITS).exists()
    tally = Tally.objects.defer("matrix").filter(visit=visit).first() if reads_results else None
    interactions = list(visit.interactions.order_by("position"))
    observations = list(visit.observations.all())
    photos = list(Photo.objects.visible_to(user).filter(visit=visit).select_related("criterion"))
    sections = list(Section.objects.filter(version=visit.version_id).prefetch_related("criteria__options"))
    criteria = [criterion for section in sections for criterion in section.criteria.all()]
    answered = {(observation.criterion_id, observation.interaction_id) for observation in observations}
    zone = visit.location.zone
    rows = section_rows(
        sections,
        observations,
        interactions,
        pictures=by_answer(photos, visit),
        tally=tally,
        reads_results=reads_results,
        remarks=(typed or {}) if judges else None,
    )
    return VisitPage(
        visit=visit,
        when=words.moment(visit.started_at, zone),
        lasted=words.duration((visit.ended_at - visit.started_at).total_seconds()) if visit.ended_at else "",
        zone_name=visit.location.timezone,
        auditor=_auditor(visit) if is_reader or visit.auditor_id == user.pk else "",
        sections=rows,
        interactions=[_interaction(each, zone) for each in interactions],
        facts=facts_of(visit, photos),
        taps=taps_of(visit),
        revisions=revision_rows(visit, {each.key: each for each in criteria}, names_reviewers=is_reader),
        judging=judging_of(visit, user=user, observations=observations, typed=typed or {}) if judges else None,
        other_photos=[evidence_of(photo, visit) for photo in photos if _key(photo) not in answered],
        tally=tally,
        reads_results=reads_results,
    )


def _key(photo: Photo) -> tuple[int | None, UUID | None]:
    return photo.criterion_id, photo.interaction_id


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
    return InteractionRow(str(interaction), words.clock(start, zone) if start else "", waits)
