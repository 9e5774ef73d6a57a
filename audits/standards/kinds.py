"""Kinds of criterion: what each one means on the server, one row a kind.

The phone has a row of its own for each. A kind that stands in the database without a row here, as a newer release
may have left it, is asked by nobody, refuses every answer and hinders publishing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from audits.models import Criterion
from audits.models.limits import LARGEST_COUNT, LONGEST_SECONDS, LONGEST_TEXT
from audits.numbers import duration

FIELDS_OF_KINDS: Mapping[str, Any] = {"yes_conforms": True, "full_credit": None, "zero_credit": None}
"""Fields of a criterion that only some kinds have, and what the others hold there."""
BOUNDS = frozenset({"full_credit", "zero_credit"})


class BadAnswer(ValueError):
    """The value does not fit the criterion; the message says what would."""


def _nothing(criterion: Criterion) -> Iterator[str]:
    yield from ()


def _no_conformity(criterion: Criterion, value: Any) -> None:
    return None


def _plain(criterion: Criterion, value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Kind:
    """A row of the table.

    checked : what was sent as the value -> the value that is stored; raises BadAnswer.
    conformity : of a stored value, in [0, 1]; None where it says nothing.
    worded : a stored value as pages print it.
    answers : (key, words) of all that a condition may ask for; None where an answer cannot decide what is shown.
    answer_key : a stored value as `shown_if_value` writes it.
    is_words : the answer is the auditor's own words.
    fields : which of FIELDS_OF_KINDS its criteria have.
    traits : how an answer counts, in a few words each, beside the weight.
    hindrances : what hinders publishing a criterion of this kind, beside what may hinder any.
    """

    key: str
    checked: Callable[[Criterion, Any], Any]
    conformity: Callable[[Criterion, Any], float | None] = _no_conformity
    worded: Callable[[Criterion, Any], str] = _plain
    answers: Callable[[Criterion], list[tuple[str, str]]] | None = None
    answer_key: Callable[[Any], str] = str
    is_scored: bool = True
    is_words: bool = False
    has_anchors: bool = False
    fields: frozenset[str] = frozenset()
    traits: Callable[[Criterion], Iterator[str]] = _nothing
    hindrances: Callable[[Criterion], Iterator[str]] = _nothing

    @property
    def is_known(self) -> bool:
        return self.key in KINDS

    @property
    def label(self) -> str:
        return Criterion.Kind(self.key).label

    @property
    def template(self) -> str:
        """How the phone asks it; blank where nobody knows how."""
        return f"phone/kinds/{self.key}.html" if self.is_known else ""


# ---- yes or no


def _checked_yes_no(criterion: Criterion, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadAnswer(_("{value} is neither yes nor no: send true or false.").format(value=repr(value)))
    return value


def _yes_no_traits(criterion: Criterion) -> Iterator[str]:
    if not criterion.yes_conforms:
        yield "“no” is the good answer"


YES_NO = Kind(
    key=Criterion.Kind.YES_NO,
    checked=_checked_yes_no,
    conformity=lambda criterion, value: float(value == criterion.yes_conforms),
    worded=lambda criterion, value: "Yes" if value else "No",
    answers=lambda criterion: [("yes", "yes"), ("no", "no")],
    answer_key=lambda value: "yes" if value else "no",
    fields=frozenset({"yes_conforms"}),
    traits=_yes_no_traits,
)


# ---- level and choice: one of the criterion's anchors


def _checked_anchor(criterion: Criterion, value: Any) -> str:
    options = [option.value for option in criterion.options.all()]
    if not isinstance(value, str) or value not in options:
        sentence = _("{value} is none of the answers to choose from: {options}.")
        raise BadAnswer(sentence.format(value=repr(value), options=", ".join(options)))
    return value


def _conformity_of_anchor(criterion: Criterion, value: str) -> float | None:
    return next(option.conformity for option in criterion.options.all() if option.value == value)


def _anchor_in_words(criterion: Criterion, value: str) -> str:
    return next((option.label for option in criterion.options.all() if option.value == value), value)


def _anchors(criterion: Criterion) -> list[tuple[str, str]]:
    return [(option.value, f"“{option.label}”") for option in criterion.options.all()]


def _anchors_without_conformity(criterion: Criterion) -> Iterator[str]:
    if is_scored(criterion):
        for option in criterion.options.all():
            if option.conformity is None:
                yield f"Anchor “{option.label}” of “{criterion.text}” has no conformity: give it 0 to 1."


LEVEL = Kind(
    key=Criterion.Kind.LEVEL,
    checked=_checked_anchor,
    conformity=_conformity_of_anchor,
    worded=_anchor_in_words,
    answers=_anchors,
    has_anchors=True,
    hindrances=_anchors_without_conformity,
)
CHOICE = Kind(
    key=Criterion.Kind.CHOICE,
    checked=_checked_anchor,
    conformity=_conformity_of_anchor,
    worded=_anchor_in_words,
    answers=_anchors,
    has_anchors=True,
)


# ---- count and seconds: a number between two bounds


def _checked_count(criterion: Criterion, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_COUNT:
        sentence = _("{value} is no count: send a whole number from 0 to {most}.")
        raise BadAnswer(sentence.format(value=repr(value), most=number_format(LARGEST_COUNT, force_grouping=True)))
    return value


def _checked_seconds(criterion: Criterion, value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= LONGEST_SECONDS:
        sentence = _("{value} are no seconds: send a number from 0 to {most}.")
        raise BadAnswer(sentence.format(value=repr(value), most=number_format(LONGEST_SECONDS, force_grouping=True)))
    return value


def _between_bounds(criterion: Criterion, value: float) -> float | None:
    """Runs linearly from full credit (1) to zero credit (0), whichever of the two is larger."""
    if criterion.full_credit is None or criterion.zero_credit is None:
        return None
    share = (criterion.zero_credit - value) / (criterion.zero_credit - criterion.full_credit)
    return min(1.0, max(0.0, share))


def _credit(criterion: Criterion) -> Iterator[str]:
    if criterion.full_credit is None:
        yield "recorded, not scored: no credit bounds"
    else:
        yield f"full credit at {criterion.full_credit:g}, none at {criterion.zero_credit:g}"


COUNT = Kind(
    key=Criterion.Kind.COUNT, checked=_checked_count, conformity=_between_bounds, fields=BOUNDS, traits=_credit
)
SECONDS = Kind(
    key=Criterion.Kind.SECONDS,
    checked=_checked_seconds,
    conformity=_between_bounds,
    worded=lambda criterion, value: duration(value, digits=2),
    fields=BOUNDS,
    traits=_credit,
)


# ---- text


def _checked_text(criterion: Criterion, value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        sentence = _("Send a text of at most {most} characters.")
        raise BadAnswer(sentence.format(most=number_format(LONGEST_TEXT, force_grouping=True)))
    return value


TEXT = Kind(key=Criterion.Kind.TEXT, checked=_checked_text, is_scored=False, is_words=True)


# ---- the table

KINDS: Mapping[str, Kind] = {kind.key: kind for kind in (YES_NO, LEVEL, COUNT, SECONDS, CHOICE, TEXT)}
IN_WORDS = frozenset(kind.key for kind in KINDS.values() if kind.is_words)


def kind_of(criterion: Criterion) -> Kind:
    return KINDS.get(criterion.kind) or Kind(
        criterion.kind, checked=_refuse, is_scored=False, hindrances=_say_that_it_is_unknown
    )


def _refuse(criterion: Criterion, value: Any) -> Any:
    raise BadAnswer(_("This question is of a kind that is not known here: leave it out."))


def _say_that_it_is_unknown(criterion: Criterion) -> Iterator[str]:
    yield f"“{criterion.text}” is of the kind “{criterion.kind}”, which is not known here: choose another."


def is_scored(criterion: Criterion) -> bool:
    """Whether an answer can carry conformity."""
    return kind_of(criterion).is_scored and criterion.dimension != Criterion.Dimension.PERCEPTION


def conformity_of(criterion: Criterion, value: Any) -> float | None:
    """Conformity in [0, 1]; None when the answer says nothing about it (text, perception, no bounds set).

    value : bool for yes-no, an option's value for level and choice, int for count, int or float for seconds, str
    for text. Raises BadAnswer for anything else.
    """
    kind = kind_of(criterion)
    given = kind.conformity(criterion, kind.checked(criterion, value))
    return given if is_scored(criterion) else None


def labels(kinds: list[Kind], *, joined_by: str = "and") -> str:
    """Their names inside a sentence.

    >>> labels([LEVEL, CHOICE, TEXT])
    'anchored level, choice and text'
    """
    *most, last = (kind.label.lower() for kind in kinds)
    return f"{', '.join(most)} {joined_by} {last}" if most else last
