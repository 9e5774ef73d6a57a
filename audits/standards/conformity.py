"""From an answer to its conformity, by the mapping that is data of the criterion."""

from collections.abc import Callable
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from audits.models import Criterion
from audits.models.limits import LARGEST_COUNT, LONGEST_SECONDS, LONGEST_TEXT


class BadAnswer(ValueError):
    """The value does not fit the criterion; the message says what would."""


def conformity_of(criterion: Criterion, value: Any) -> float | None:
    """Conformity in [0, 1]; None when the answer says nothing about it (text, perception, no bounds set).

    value : bool for yes-no, an option's value for level and choice, int for count, int or float for seconds, str
    for text. Raises BadAnswer for anything else.

    Count and seconds run linearly from full credit (1) to zero credit (0), whichever of the two is larger.
    """
    given = _READERS[criterion.kind](criterion, value)
    return given if criterion.is_scored else None


def _yes_no(criterion: Criterion, value: Any) -> float:
    if not isinstance(value, bool):
        raise BadAnswer(_("{value} is neither yes nor no: send true or false.").format(value=repr(value)))
    return float(value == criterion.yes_conforms)


def _option(criterion: Criterion, value: Any) -> float | None:
    options = {option.value: option for option in criterion.options.all()}
    if not isinstance(value, str) or value not in options:
        sentence = _("{value} is none of the answers to choose from: {options}.")
        raise BadAnswer(sentence.format(value=repr(value), options=", ".join(options)))
    return options[value].conformity


def _count(criterion: Criterion, value: Any) -> float | None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_COUNT:
        sentence = _("{value} is no count: send a whole number from 0 to {most}.")
        raise BadAnswer(sentence.format(value=repr(value), most=number_format(LARGEST_COUNT, force_grouping=True)))
    return _between_bounds(criterion, value)


def _seconds(criterion: Criterion, value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= LONGEST_SECONDS:
        sentence = _("{value} are no seconds: send a number from 0 to {most}.")
        raise BadAnswer(sentence.format(value=repr(value), most=number_format(LONGEST_SECONDS, force_grouping=True)))
    return _between_bounds(criterion, value)


def _text(criterion: Criterion, value: Any) -> None:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        sentence = _("Send a text of at most {most} characters.")
        raise BadAnswer(sentence.format(most=number_format(LONGEST_TEXT, force_grouping=True)))


def _between_bounds(criterion: Criterion, value: float) -> float | None:
    if criterion.full_credit is None or criterion.zero_credit is None:
        return None
    share = (criterion.zero_credit - value) / (criterion.zero_credit - criterion.full_credit)
    return min(1.0, max(0.0, share))


_READERS: dict[str, Callable[[Criterion, Any], float | None]] = {
    Criterion.Kind.YES_NO: _yes_no,
    Criterion.Kind.LEVEL: _option,
    Criterion.Kind.CHOICE: _option,
    Criterion.Kind.COUNT: _count,
    Criterion.Kind.SECONDS: _seconds,
    Criterion.Kind.TEXT: _text,
}
