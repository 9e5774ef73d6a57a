"""Observations -> the small matrices that scores and scans are made of: interactions by criteria, a byte each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db.models import CharField
from django.db.models.functions import Cast

from audits.models import Criterion, Interaction, Observation, Section
from audits.standards.kinds import is_scored
from reports.measure.model.chain import FULL, NONE

ANSWERED, DOES_NOT_APPLY = Observation.State.ANSWERED.value, Observation.State.DOES_NOT_APPLY.value
DIMENSIONS = (Criterion.Dimension.COMPLETION.value, Criterion.Dimension.DELIVERY.value)
SPREAD = 1 << 20  # more than the interactions of any visit, so that (visit, position) is one number


class Unscorable(Exception):
    """A stored visit contradicts its version; `visit_id` names it."""

    def __init__(self, visit_id: UUID, why: str):
        super().__init__(
            f"Visit {visit_id} cannot be scored: {why} It counts nowhere, the others do: return it to its auditor, "
            "or exclude it with a reason."
        )
        self.visit_id = visit_id


@dataclass(frozen=True, eq=False)
class Form:
    """The criteria of one version as columns, in the order of `Version.criteria()`; `number` is the version's."""

    version: int
    number: int
    text: list[str]
    column: dict[int, int]
    sections: list[int]
    weight: np.ndarray
    section: np.ndarray
    dimension: np.ndarray
    critical: np.ndarray
    scored: np.ndarray
    once: np.ndarray
    hidden: np.ndarray
    """`once`: asked per visit, not per interaction. `hidden`: shown only after a certain answer."""


@dataclass(frozen=True, eq=False)
class VisitMatrix:
    """A visit as arrays.

    matrix : (n, C) uint8, conformity x 240, 255 = none; rows follow the interactions' positions, what was asked once
    per visit stands in the first row, and a visit without interactions has one row.
    applicable : (n, C) bool, what could have been observed: not what does not apply, carries no conformity, or was
    not shown. A criterion of which nothing is on record counts as not observed.
    """

    visit: UUID
    form: Form
    n_interactions: int
    matrix: np.ndarray
    applicable: np.ndarray


def forms(versions: Iterable[int]) -> dict[int, Form]:
    """The forms of these versions, by the version's id."""
    criteria = (
        Criterion.objects.filter(section__version__in=set(versions))
        .order_by("section__version", "section__position", "position", "pk")
        .select_related("section__version")
    )
    grouped: dict[int, list[Criterion]] = {}
    for criterion in criteria:
        grouped.setdefault(criterion.section.version_id, []).append(criterion)
    return {version: _form(version, columns) for version, columns in grouped.items()}


def _form(version: int, columns: list[Criterion]) -> Form:
    sections = list(dict.fromkeys(criterion.section_id for criterion in columns))
    return Form(
        version=version,
        number=columns[0].section.version.number,
        text=[criterion.text for criterion in columns],
        column={criterion.pk: column for column, criterion in enumerate(columns)},
        sections=sections,
        weight=np.array([criterion.weight for criterion in columns]),
        section=np.array([sections.index(criterion.section_id) for criterion in columns]),
        dimension=np.array([int(criterion.dimension == DIMENSIONS[1]) for criterion in columns]),
        critical=np.array([criterion.is_critical for criterion in columns]),
        scored=np.array([is_scored(criterion) for criterion in columns]),
        once=np.array([criterion.section.asked == Section.Asked.VISIT for criterion in columns]),
        hidden=np.array([criterion.shown_if_id is not None for criterion in columns]),
    )


def matrices(visits: Sequence[tuple[UUID, int]], known: dict[int, Form]) -> Iterator[VisitMatrix]:
    """The matrix of each (visit, version), in two queries however many there are.

    Raises Unscorable for an observation on a criterion of another version.
    """
    index_of = {visit: index for index, (visit, _) in enumerate(visits)}
    position = _positions(index_of)
    n_interactions = np.bincount(position // SPREAD, minlength=len(visits))
    first = np.r_[0, np.cumsum(np.maximum(n_interactions, 1))]
    n_columns = max((len(known[version].column) for _, version in visits), default=0)
    matrix = np.full((first[-1], n_columns), NONE, np.uint8)
    recorded, refused = np.zeros(matrix.shape, bool), np.zeros(matrix.shape, bool)

    owner, at, criterion, state, conformity = _observations(index_of)
    row = first[owner] + np.where(
        at < 0, 0, np.searchsorted(position, owner * SPREAD + at) - np.searchsorted(position, owner * SPREAD)
    )
    column = _columns(visits, known, owner, criterion)
    scored = (state == ANSWERED) & np.isfinite(conformity)
    matrix[row[scored], column[scored]] = np.rint(conformity[scored] * FULL).astype(np.uint8)
    recorded[row, column] = True
    none = (state == DOES_NOT_APPLY) | ((state == ANSWERED) & ~scored)
    refused[row[none], column[none]] = True

    for index, (visit, version) in enumerate(visits):
        form, rows = known[version], slice(first[index], first[index + 1])
        n = len(form.column)
        seen = matrix[rows, :n]
        seen[:, ~form.scored] = NONE
        asked = np.tile(form.scored, (len(seen), 1))
        asked[1:] &= ~form.once
        asked &= recorded[rows, :n] | ~form.hidden
        applicable = (asked & ~refused[rows, :n]) | (seen != NONE)
        yield VisitMatrix(visit, form, int(n_interactions[index]), seen, applicable)


def _positions(index_of: dict[UUID, int]) -> np.ndarray:
    """Every interaction as visit x SPREAD + position, sorted."""
    rows = Interaction.objects.filter(visit__in=list(index_of)).values_list("visit_id", "position")
    return np.sort(np.array([index_of[visit] * SPREAD + position for visit, position in rows], dtype=np.int64))


def _observations(index_of: dict[UUID, int]) -> tuple[np.ndarray, ...]:
    """Visit's index, interaction's position (-1 none), criterion, state and conformity (NaN none), as arrays."""
    rows = list(
        Observation.objects.filter(visit__in=list(index_of)).values_list(
            Cast("visit_id", CharField()), "interaction__position", "criterion_id", "state", "conformity"
        )
    )
    visit, at, criterion, state, conformity = zip(*rows, strict=True) if rows else ((),) * 5
    # The ids come as text, with or without dashes: a million uuid objects would cost more than all the rest.
    named = {str(one): index for one, index in index_of.items()} | {one.hex: index for one, index in index_of.items()}
    return (
        np.fromiter((named[one] for one in visit), np.int64, len(visit)),
        np.array([-1 if one is None else one for one in at], dtype=np.int64),
        np.array(criterion, dtype=np.int64),
        np.array(state, dtype=np.int8),
        np.array(conformity, dtype=float),
    )


def _columns(visits, known: dict[int, Form], owner: np.ndarray, criterion: np.ndarray) -> np.ndarray:
    """The column of each observation in its own visit's form."""
    columns = {}
    for form in known.values():
        columns.update({(form.version, key): column for key, column in form.column.items()})
    version = np.array([version for _, version in visits], dtype=np.int64)[owner]
    try:
        return np.array([columns[pair] for pair in zip(version.tolist(), criterion.tolist(), strict=True)], int)
    except KeyError as missing:
        wrong = np.flatnonzero((version == missing.args[0][0]) & (criterion == missing.args[0][1]))[0]
        visit = visits[owner[wrong]][0]
        raise Unscorable(visit, f"criterion {missing.args[0][1]} does not belong to its version.") from None
