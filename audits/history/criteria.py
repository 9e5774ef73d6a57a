"""Criteria and the versions they make: one for each stretch of time in which the same criteria were valid."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from audits.history.files import BadValue, Folder, flag, needed, number, short
from audits.history.locations import day
from audits.models import Criterion, Section, Standard, Version
from audits.models.limits import DEFAULT_WEIGHT, LONGEST_CRITERION, LONGEST_KEY, LONGEST_TITLE
from audits.standards.publication import publish

NO_SECTION = "General"


@dataclass(frozen=True)
class Line:
    """A row of criteria.csv."""

    key: str
    text: str
    section: str
    dimension: str
    is_critical: bool
    weight: float
    first: date = date.min
    last: date = date.max


Words = tuple[tuple[str, tuple[tuple, ...]], ...]
"""A version's text, comparable: (section title, ((key, text, dimension, weight, critical), ...)) in order."""


@dataclass
class Edition:
    """The criteria that were valid together, from the day `first` on."""

    first: date
    lines: list[Line]

    def words(self) -> Words:
        sections: dict[str, list[tuple]] = {}
        for line in self.lines:
            words = (line.key, line.text, line.dimension, line.weight, line.is_critical)
            sections.setdefault(line.section, []).append(words)
        return tuple((title, tuple(rows)) for title, rows in sections.items())


@dataclass
class Criteria:
    """All editions in the order of time. `index` numbers the files' ids in their own order, whatever the file's."""

    editions: list[Edition] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def edition_on(self, on: date) -> int | None:
        """The number of the edition valid on a day; None when no criterion was."""
        number = bisect_right([edition.first for edition in self.editions], on) - 1
        return number if number >= 0 and self.editions[number].lines else None

    def valid(self) -> list[list[bool]]:
        """[edition][criterion]: whether it belongs to the edition."""
        held = [{line.key for line in edition.lines} for edition in self.editions]
        return [[self.keys[identity] in keys for identity in self.index] for keys in held]


def check_criteria(folder: Folder) -> Criteria:
    criteria = Criteria()
    taken: dict[str, str] = {}
    lines: list[Line] = []
    for number_of_line, values in folder.rows("criteria"):
        try:
            identity = needed("criterion_id", values[0])
            line = _line(identity, values)
            if taken.setdefault(line.key, identity) != identity:
                raise BadValue("criterion_id", identity, f"is too like {taken[line.key]!r} to get a key of its own")
            for other in lines:
                if other.key == line.key and other.first <= line.last and line.first <= other.last:
                    raise BadValue("criterion_id", identity, "is valid twice on the same day")
        except BadValue as bad:
            folder.fault("criteria", number_of_line, bad.column, bad.value, bad.reason)
            continue
        lines.append(line)
        criteria.keys[identity] = line.key
    criteria.index = {identity: index for index, identity in enumerate(sorted(criteria.keys))}
    criteria.editions = _editions(lines)
    return criteria


def _line(identity: str, values: tuple[str, ...]) -> Line:
    _identity, text, section, dimension, critical, weight, first, last = values
    if dimension.strip() not in {"", "completion", "delivery"}:
        raise BadValue("dimension", dimension, "use completion or delivery")
    valid_from = day("valid_from", first) or date.min
    valid_to = day("valid_to", last) or date.max
    if valid_to < valid_from:
        raise BadValue("valid_to", last, "lies before valid_from")
    given = number("weight", weight, low=0, high=float("inf"))
    if given == float("inf"):
        raise BadValue("weight", weight, "is no number")
    return Line(
        key=plain_key(identity),
        text=short("text", text, longest=LONGEST_CRITERION) or identity,
        section=short("section", section, longest=LONGEST_TITLE) or NO_SECTION,
        dimension=dimension.strip() or Criterion.Dimension.COMPLETION.value,
        is_critical=bool(flag("critical", critical)),
        weight=DEFAULT_WEIGHT if given is None else given,
        first=valid_from,
        last=valid_to,
    )


def plain_key(text: str) -> str:
    """A key of letters, digits and _ . : - that stays what it is when it is one already.

    >>> plain_key("Critical (1-14)")
    'Critical-1-14'
    """
    return re.sub(r"[^A-Za-z0-9_.:-]+", "-", text).strip("-_.:")[:LONGEST_KEY] or "x"


def _editions(lines: list[Line]) -> list[Edition]:
    """Cut time wherever a criterion begins or ends; neighbours with the same words are one edition."""
    cuts = {line.first for line in lines} | {line.last + timedelta(days=1) for line in lines if line.last != date.max}
    editions: list[Edition] = []
    for cut in sorted(cuts):
        edition = Edition(cut, [line for line in lines if line.first <= cut <= line.last])
        if not editions or edition.words() != editions[-1].words():
            editions.append(edition)
    return editions


@dataclass
class Versions:
    """The version of each edition that is used, and its criteria's primary keys by key."""

    by_edition: dict[int, Version] = field(default_factory=dict)
    pks: dict[int, dict[str, int]] = field(default_factory=dict)
    n_created: int = 0


def store_versions(criteria: Criteria, *, standard: Standard, used: set[int]) -> Versions:
    """Find or publish the versions of the editions `used` and of the latest; the same words are the same version.

    Raises BadValue when a version is to be made while the standard has a draft.
    """
    versions = Versions()
    known: dict[Words, Version] = {}
    stored = standard.versions.exclude(state=Version.State.DRAFT).order_by("-number")
    for version in stored:
        known[_words_of(version)] = version
    number = max([version.number for version in stored], default=0)
    for index, edition in enumerate(criteria.editions):
        if not edition.lines or (index not in used and index != len(criteria.editions) - 1):
            continue
        words = edition.words()
        if words not in known:
            if standard.versions.filter(state=Version.State.DRAFT).exists():
                raise BadValue("standard", standard.key, "has a draft: publish or delete it, then import again")
            number += 1
            known[words] = _publish(standard, number, edition)
            versions.n_created += 1
        versions.by_edition[index] = known[words]
        versions.pks[index] = dict(known[words].criteria().values_list("key", "pk"))
    return versions


def _words_of(version: Version) -> Words:
    rows: dict[str, list[tuple]] = {}
    for row in version.criteria().values_list("section__title", "key", "text", "dimension", "weight", "is_critical"):
        rows.setdefault(row[0], []).append(row[1:])
    return tuple((title, tuple(words)) for title, words in rows.items())


def _publish(standard: Standard, number: int, edition: Edition) -> Version:
    since = "" if edition.first == date.min else f", valid from {edition.first}"
    version = Version.objects.create(standard=standard, number=number, note=f"Imported{since}")
    sections: dict[str, Section] = {}
    for title, key in _section_keys(line.section for line in edition.lines):
        sections[title] = Section.objects.create(version=version, key=key, title=title, position=len(sections))
    Criterion.objects.bulk_create(
        Criterion(
            section=sections[line.section],
            key=line.key,
            text=line.text,
            dimension=line.dimension,
            weight=line.weight,
            is_critical=line.is_critical,
            position=position,
        )
        for position, line in enumerate(edition.lines)
    )
    return publish(version=version, by=None)


def _section_keys(titles: Iterator[str]) -> Iterator[tuple[str, str]]:
    """(title, key) of each title once; titles that would share a key are numbered."""
    taken: set[str] = set()
    for title in dict.fromkeys(titles):
        key, count = plain_key(title), 1
        while key in taken:
            count += 1
            key = f"{plain_key(title)[:60]}-{count}"
        taken.add(key)
        yield title, key
