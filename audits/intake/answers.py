"""Whether a visit's answers fit the exact version it was made with; what is wrong is named by criterion."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audits.intake.document import InteractionDocument, ObservationDocument
from audits.models import Criterion, Observation, Section, Version
from audits.models.visits import STATES
from audits.problems import Problem
from audits.standards.kinds import BadAnswer, conformity_of, kind_of
from audits.standards.text import sections_of

ASKED_ELSEWHERE: dict[str, Any] = {
    Section.Asked.VISIT: gettext_lazy("“{title}” is asked once per visit: send the answer there."),
    Section.Asked.INTERACTION: gettext_lazy("“{title}” is asked once per interaction: send the answer there."),
}

Said = dict[str, ObservationDocument]
"""What was sent, by the key of its criterion."""


@dataclass
class Answers:
    """Observations ready to be stored, without their visit; `problems` is empty when all fit."""

    observations: list[Observation] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def hold_any(self) -> bool:
        return any(observation.state == Observation.State.ANSWERED for observation in self.observations)


class AnswerSheet:
    """The criteria of one version, by key, as answers are checked against them."""

    def __init__(self, version: Version):
        sections = sections_of(version)
        self.criteria: dict[str, tuple[Section, Criterion]] = {
            criterion.key: (section, criterion) for section in sections for criterion in section.criteria.all()
        }
        self.keys = {criterion.pk: key for key, (_, criterion) in self.criteria.items()}

    def check(
        self,
        interactions: Sequence[InteractionDocument],
        per_visit: Sequence[ObservationDocument],
        *,
        may_be_empty: bool = False,
    ) -> Answers:
        """Check everything that was sent, in the order sent, so that all problems are named at once.

        may_be_empty : a visit that could not be completed need not hold an answer.
        """
        answers = Answers()
        said_of_visit = _by_key(per_visit)
        self._check_scope(answers, per_visit, "observations", Section.Asked.VISIT, None, said_of_visit)
        for number, interaction in enumerate(interactions):
            said = said_of_visit | _by_key(interaction.observations)
            where = f"interactions.{number}.observations"
            asked = Section.Asked.INTERACTION
            self._check_scope(answers, interaction.observations, where, asked, interaction.id, said)
        if not (answers.problems or answers.hold_any or may_be_empty):
            sentence = _("This visit holds no answer: answer at least one, or say why it could not be completed.")
            answers.problems.append(Problem("observations", sentence))
        return answers

    def _check_scope(
        self,
        answers: Answers,
        sent: Sequence[ObservationDocument],
        where: str,
        asked: str,
        interaction_id: UUID | None,
        said: Said,
    ) -> None:
        seen: set[str] = set()
        for answer in sent:
            key = answer.criterion
            if key in seen:
                answers.problems.append(Problem(f"{where}.{key}", _("Answered twice here: send one answer.")))
                continue
            seen.add(key)
            found = list(self._problems_of(answer, asked, said))
            answers.problems += [Problem(f"{where}.{key}", message) for message in found]
            if not found:
                answers.observations.append(self._observation(answer, interaction_id))

    def _problems_of(self, answer: ObservationDocument, asked: str, said: Said) -> Iterator[str]:
        if answer.criterion not in self.criteria:
            yield _("This version has no such criterion.")
            return
        section, criterion = self.criteria[answer.criterion]
        if section.asked != asked:
            yield ASKED_ELSEWHERE[section.asked].format(title=section.title)
        if not answer.is_answered:
            if answer.value is not None:
                yield _("Marked “{state}” but has a value: send one or the other.").format(state=answer.state)
            return
        if answer.reason:
            yield _("Has an answer and a reason why there is none: send one or the other.")
        if isinstance(answer.value, str) and not is_storable(answer.value):
            yield _("Holds a character that no database keeps (NUL or half a pair): take it out.")
        try:
            conformity_of(criterion, answer.value)
        except BadAnswer as error:
            yield str(error)
        if criterion.shown_if_id and not self._is_shown(criterion, decider := self.keys[criterion.shown_if_id], said):
            sentence = _("Asked only if “{criterion}” is “{value}”: leave it out.")
            yield sentence.format(criterion=decider, value=criterion.shown_if_value)

    def _is_shown(self, criterion: Criterion, decider: str, said: Said) -> bool:
        answer = said.get(decider)
        if answer is None or not answer.is_answered:
            return False
        _, asked = self.criteria[decider]
        return kind_of(asked).answer_key(answer.value) == criterion.shown_if_value

    def _observation(self, answer: ObservationDocument, interaction_id: UUID | None) -> Observation:
        _, criterion = self.criteria[answer.criterion]
        return Observation(
            interaction_id=interaction_id,
            criterion=criterion,
            state=STATES[answer.state],
            value=answer.value,
            conformity=conformity_of(criterion, answer.value) if answer.is_answered else None,
            reason=answer.reason,
            note=answer.note,
        )


def is_storable(text: str) -> bool:
    """PostgreSQL takes no NUL, and half of a surrogate pair is no Unicode: a cut emoji is one."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _by_key(observations: Sequence[ObservationDocument]) -> Said:
    return {observation.criterion: observation for observation in observations}
