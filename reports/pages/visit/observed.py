"""What was observed in a visit, criterion by criterion in the order of the form."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from audits.models import Criterion, Interaction, Observation, Section
from audits.models.visits import REASONS
from audits.standards.kinds import kind_of
from reports.models import SectionScore, Tally
from reports.pages.sentences import words
from reports.pages.visit.evidence import Evidence

REMARK = "remark/"
MOST_REMARKS = 800
"""Django takes at most a thousand fields of a form; a visit with more answers is rare, and has its one comment."""


@dataclass(frozen=True)
class Answer:
    """What was seen on one criterion, once. `grade` is kept, partly, missed or blank; blank also for auditors.

    `remark_name` is blank for those who write no remarks.
    """

    of: str
    text: str
    grade: str
    share: str
    note: str
    is_words: bool
    photos: list[Evidence]
    remark_name: str
    remark: str


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


def section_rows(
    sections: Iterable[Section],
    observations: list[Observation],
    interactions: list[Interaction],
    *,
    pictures: Mapping[tuple, list[Evidence]],
    tally: Tally | None,
    reads_results: bool,
    remarks: Mapping[str, str] | None,
) -> list[SectionRows]:
    """Sections in which something was observed.

    remarks : what a reviewer has typed so far, by `Answer.remark_name`; None for those who type none.
    """
    seen: dict[int, dict] = defaultdict(dict)
    for observation in observations:
        seen[observation.criterion_id][observation.interaction_id] = observation
    scores: dict[int, list[SectionScore]] = defaultdict(list)
    for score in tally.section_scores.order_by("dimension") if tally else ():
        scores[score.section_id].append(score)
    making = _Making(
        interactions, seen, pictures, reads_results, remarks if len(observations) <= MOST_REMARKS else None
    )
    rows = []
    for section in sections:
        criteria = [making.criterion(each) for each in section.criteria.all()]
        rows.append(SectionRows(
            section.title, [row for row in criteria if row.answers], [_score(score) for score in scores[section.pk]]
        ))  # fmt: skip
    return [row for row in rows if row.criteria]


@dataclass(frozen=True)
class _Making:
    """What the rows of one visit are made of."""

    interactions: list[Interaction]
    seen: Mapping[int, dict]
    pictures: Mapping[tuple, list[Evidence]]
    reads_results: bool
    remarks: Mapping[str, str] | None

    def criterion(self, criterion: Criterion) -> CriterionRow:
        encounters: Iterable[Interaction | None] = [None, *self.interactions]
        answers = [
            self._answer(criterion, self.seen[criterion.pk][key], encounter)
            for encounter in encounters
            for key in [encounter.pk if encounter else None]
            if key in self.seen[criterion.pk]
        ]
        return CriterionRow(criterion.text, criterion.is_critical, answers)

    def _answer(self, criterion: Criterion, observation: Observation, encounter: Interaction | None) -> Answer:
        conformity = observation.conformity if self.reads_results else None
        grade = (
            "" if conformity is None else "kept" if conformity >= 1 else "missed" if conformity < 0.5 else "partly"
        )
        reason = str(REASONS.get(observation.reason, observation.reason))
        name = remark_name(criterion.key, encounter.pk if encounter else None) if self.remarks is not None else ""
        return Answer(
            of=str(encounter) if encounter and len(self.interactions) > 1 else "",
            text=": ".join(part for part in (answer_text(criterion, observation), reason) if part),
            grade=grade,
            share=words.percent(conformity) if conformity is not None and 0 < round(conformity, 2) < 1 else "",
            note=words.within_quotes(observation.note),
            is_words=kind_of(criterion).is_words and observation.state == Observation.State.ANSWERED,
            photos=self.pictures[criterion.pk, encounter.pk if encounter else None],
            remark_name=name,
            remark=(self.remarks or {}).get(name, ""),
        )


def remark_name(criterion: str, interaction: UUID | None) -> str:
    """The field of a form in which a reviewer writes about one answer."""
    return f"{REMARK}{interaction or ''}/{criterion}"


def remark_items(fields: Mapping[str, str]) -> list[dict]:
    """What a reviewer wrote about single answers, as `audits.review.returns.return_visit` takes it."""
    items = []
    for name, comment in fields.items():
        if name.startswith(REMARK) and comment.strip():
            interaction, _, criterion = name.removeprefix(REMARK).partition("/")
            items.append({"criterion": criterion, "interaction": interaction or None, "comment": comment})
    return items


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
    return kind_of(criterion).worded(criterion, value)


def _score(score: SectionScore) -> ScoreRow:
    name = Criterion.Dimension(score.dimension).label.split(":")[0]
    written = words.percent(score.score) if score.score is not None else ""
    return ScoreRow(name, written, score.n_observed, score.n_applicable)
