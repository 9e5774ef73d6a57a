"""Tallies -> the arrays of `measure.model.chain.Chain`, with the names of what the indexes stand for."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.db.models import Q, QuerySet

from audits.models import Section, Standard
from locations.models import Location
from reports.detection.data.day_numbers import to_days
from reports.detection.data.matrices import Form, forms
from reports.measure.model.chain import NONE, Chain, breadth_of
from reports.models import Tally

LEAST_COVERAGE = 0.25
COLUMNS = (
    "visit_id", "location_id", "version_id", "started_at", "known_at", "auditor", "daypart", "staffing",
    "coverage", "matrix", "scored_at",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Codes:
    """What the indexes of a chain stand for, in the order of the indexes.

    locations : ids. region : index of each location's region in `regions`, ids. criteria : ids, the scored ones of
    every version; section : index of each criterion's section; dimension, critical as in Chain. sections : keys,
    which outlive versions. auditors, dayparts, staffings : the words of the tallies; auditors whom a run saw first
    after the last refit come last.
    """

    locations: np.ndarray
    region: np.ndarray
    regions: np.ndarray
    criteria: np.ndarray
    section: np.ndarray
    dimension: np.ndarray
    critical: np.ndarray
    sections: np.ndarray
    auditors: np.ndarray
    dayparts: np.ndarray
    staffings: np.ndarray

    def with_auditors(self, words: Iterable[str]) -> "Codes":
        """Those that are not known yet behind the others, so that no index changes."""
        new = sorted(set(words) - set(self.auditors.tolist()) - {""})
        return replace(self, auditors=np.concatenate([self.auditors, np.array(new, dtype=str)])) if new else self


@dataclass(frozen=True, eq=False)
class History:
    """A chain of visits with their ids, the names of its indexes, and the digest of what was read.

    scored : (V,) days, when each visit was scored. forms : of the versions that were read, by id.
    """

    chain: Chain
    codes: Codes
    visit_ids: np.ndarray
    digest: str
    scored: np.ndarray
    forms: dict[int, Form]

    def since(self, moment: float) -> "History":
        """Only the visits from `moment` (days) on."""
        return self.subset(self.chain.time >= moment)

    def subset(self, keep: np.ndarray) -> "History":
        return replace(self, chain=self.chain.subset(keep), visit_ids=self.visit_ids[keep], scored=self.scored[keep])


def counting(*, standard: Standard, as_of: datetime) -> QuerySet[Tally]:
    """The tallies of the visits that count at `as_of`: scored, not excluded, approved by then.

    A visit that observed less than a quarter of what applied is left out: on real inspections those went to look at
    what was suspect, or noted only what failed, and say nothing about how the location usually does.
    """
    tallies = Tally.objects.filter(
        version__standard=standard, known_at__lte=as_of, is_excluded=False, scored_at__isnull=False
    )
    return tallies.exclude(coverage__lt=LEAST_COVERAGE)


def load(
    *,
    standard: Standard,
    as_of: datetime,
    codes: Codes | None = None,
    locations=None,
    known_after: datetime | None = None,
    scored_by: datetime | None = None,
    only: Q | None = None,
) -> History:
    """The visits of a standard that count at `as_of` (see `counting`).

    codes : those of an earlier run, so that its effects fit; visits at unknown locations and criteria of newer
    versions are then left out. locations : ids, None for all. known_after : only visits that were approved later.
    scored_by : leaves out what was scored later, so that reading again gives the same while visits are approved.
    only : of the tallies, what else must hold.
    The number of queries is constant.
    """
    tallies = counting(standard=standard, as_of=as_of)
    if locations is not None:
        tallies = tallies.filter(location__in=locations)
    if known_after is not None:
        tallies = tallies.filter(known_at__gt=known_after)
    if scored_by is not None:
        tallies = tallies.filter(scored_at__lte=scored_by)
    if only is not None:
        tallies = tallies.filter(only)
    rows = list(tallies.order_by("location_id", "started_at", "visit_id").values_list(*COLUMNS))
    known = forms({row[2] for row in rows})
    if codes is None:
        codes = _codes(standard, rows, known)
    else:
        known_locations = set(codes.locations.tolist())
        rows = [row for row in rows if row[1] in known_locations]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    visit, location_id, version, started, known_at, auditor, daypart, staffing, coverage, matrix, scored = columns
    ratings, rating_visit = _ratings(np.array(version, dtype=np.int64), matrix, known, codes)
    chain = Chain(
        location=_index(codes.locations, np.array(location_id, dtype=np.int64)),
        time=np.array([to_days(moment) for moment in started]),
        arrival=np.array([to_days(moment) for moment in known_at]),
        auditor=_index(codes.auditors, np.array(auditor, dtype=str)),
        daypart=_index(codes.dayparts, np.array(daypart, dtype=str)),
        staffing=_index(codes.staffings, np.array(staffing, dtype=str)),
        ratings=ratings,
        rating_visit=rating_visit,
        section=codes.section,
        dimension=codes.dimension,
        critical=codes.critical,
        region=codes.region,
        n_locations=codes.locations.size,
        breadth=breadth_of(np.array(coverage, dtype=float)),
    )
    scored_at = np.array([to_days(moment) for moment in scored])
    return History(chain, codes, np.array(visit, dtype=object), _digest(rows), scored_at, known)


def _codes(standard: Standard, rows: list[tuple], known: dict[int, Form]) -> Codes:
    locations = np.unique([row[1] for row in rows]).astype(np.int64)
    regions = dict(Location.objects.filter(tallies__version__standard=standard).values_list("pk", "region_id"))
    region_ids, region = np.unique([regions[key] for key in locations.tolist()], return_inverse=True)
    keys = dict(Section.objects.filter(version__in=known).values_list("pk", "key"))
    newest_first = [known[version] for version in sorted(known, reverse=True)]
    sections = list(dict.fromkeys(keys[section] for form in newest_first for section in form.sections))
    columns = [
        (criterion, sections.index(keys[form.sections[form.section[at]]]), form.dimension[at], form.critical[at])
        for form in reversed(newest_first)
        for criterion, at in form.column.items()
        if form.scored[at]
    ]
    criterion, section, dimension, critical = zip(*columns, strict=True) if columns else ((), (), (), ())
    return Codes(
        locations=locations,
        region=region.astype(np.int32),
        regions=region_ids.astype(np.int64),
        criteria=np.array(criterion, dtype=np.int64),
        section=np.array(section, dtype=np.int32),
        dimension=np.array(dimension, dtype=np.int8),
        critical=np.array(critical, dtype=bool),
        sections=np.array(sections, dtype=str),
        auditors=_words(row[5] for row in rows),
        dayparts=_words(row[6] for row in rows),
        staffings=_words(row[7] for row in rows),
    )


def _words(values) -> np.ndarray:
    return np.array(sorted(set(values) - {""}), dtype=str)


def _index(names: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Where each value stands in `names`; -1 where it does not."""
    if not names.size or not values.size:
        return np.full(values.shape, -1, np.int32)
    order = np.argsort(names)
    index = order[np.minimum(np.searchsorted(names, values, sorter=order), names.size - 1)]
    return np.where(names[index] == values, index, -1).astype(np.int32)


def _ratings(version: np.ndarray, matrix, known: dict[int, Form], codes: Codes) -> tuple[np.ndarray, np.ndarray]:
    """All matrices one below the other, each version's columns in their place among those of all versions."""
    width = np.ones(max(known, default=0) + 1, np.int64)
    for form in known.values():
        width[form.version] = len(form.column)
    size = np.array([len(one) for one in matrix], dtype=np.int64)
    n_rows = size // width[version] if size.size else size
    start = np.r_[0, np.cumsum(n_rows)]
    ratings = np.full((start[-1], codes.criteria.size), NONE, np.uint8)
    rating_visit = np.repeat(np.arange(size.size, dtype=np.int32), n_rows)
    column_of = {criterion: at for at, criterion in enumerate(codes.criteria.tolist())}
    for form in known.values():
        visits = np.flatnonzero(version == form.version)
        kept = [(at, column_of[criterion]) for criterion, at in form.column.items() if criterion in column_of]
        if not visits.size or not kept:
            continue
        source, target = np.array(kept).T
        block = np.frombuffer(b"".join(bytes(matrix[visit]) for visit in visits), np.uint8)
        at = np.flatnonzero(version[rating_visit] == form.version)
        ratings[at[:, None], target] = block.reshape(-1, len(form.column))[:, source]
    return ratings, rating_visit


def _digest(rows: list[tuple]) -> str:
    """SHA-256 of everything that was read, in its order: the same digest means the same inputs."""
    sha = hashlib.sha256()
    for *words, matrix, _ in rows:
        sha.update("|".join(str(word) for word in words).encode())
        sha.update(bytes(matrix))
    return sha.hexdigest()
