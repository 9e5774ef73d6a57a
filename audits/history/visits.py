"""Visits and their observations: every row checked, observations grouped by visit on disk."""

import json
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import numpy as np

from audits.history.criteria import Criteria
from audits.history.files import BadValue, Folder, needed, short
from audits.history.locations import Locations
from audits.history.spool import FLUSH, Spool
from audits.numbers import read_number

NAMESPACE = UUID("8f0f7c1e-52a0-5d0b-9a3c-6f1f6f2f7a11")
"""Of the ids of imported visits; another one would make every visit new."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = date(1900, 1, 1)
VISITS_TOGETHER = 4_096
"""Visits whose observations are in memory at once."""
COLUMNS = {"visit": "<u4", "number": "<u4", "criterion": "<u2", "conformity": "<f8", "line": "<u4"}
WORDS = {"auditor_id": 64, "kind": 32, "daypart": 16, "staffing": 16}
"""Columns of few different values, and their longest."""


@dataclass
class Visits:
    """The visits as numbers in columns (a chain has millions), ordered by id: a database stores them faster so.

    A visit's number is its index in `names`, `ids` and every other column.
    """

    names: list[str] = field(default_factory=list)
    ids: np.ndarray = field(default_factory=lambda: np.empty((0, 16), np.uint8))
    location: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint32))
    edition: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint16))
    started: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    line: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint32))
    words: dict[str, np.ndarray] = field(default_factory=dict)
    glossary: list[str] = field(default_factory=lambda: [""])

    def __len__(self) -> int:
        return len(self.names)

    def id(self, visit: int) -> UUID:
        return UUID(bytes=self.ids[visit].tobytes())

    def started_at(self, visit: int) -> datetime:
        return EPOCH + timedelta(microseconds=int(self.started[visit]))

    def word(self, column: str, visit: int) -> str:
        return self.glossary[self.words[column][visit]]


def check_visits(
    folder: Folder, *, locations: Locations, criteria: Criteria, standard_key: str, now: datetime
) -> Visits:
    lines: dict[str, int] = {}
    columns = {name: array(code) for name, code in (("location", "I"), ("edition", "H"), ("started", "q"))}
    words = {column: array("I") for column in WORDS}
    glossary: dict[str, int] = {"": 0}
    editions: dict[date, int | None] = {}
    for line, values in folder.rows("visits", either=("started_at", "visited_on")):
        visit, location, auditor, started_text, visited_text, *context = values
        try:
            visit = needed("visit_id", visit)
            if visit in lines:
                raise BadValue("visit_id", visit, f"repeats line {lines[visit]}")
            location = location.strip()
            if location not in locations.index:
                raise BadValue("location_id", location, "no location has this code")
            started = _started(started_text.strip(), visited_text.strip(), ZoneInfo(locations.zones[location]), now)
            on = started.date()
            if on not in editions:
                editions[on] = criteria.edition_on(on)
            edition = editions[on]
            if edition is None:
                raise BadValue("visited_on", str(on), "no criterion is valid on this day")
            said = [
                short(name, text, longest=WORDS[name]) for name, text in zip(WORDS, (auditor, *context), strict=True)
            ]
        except BadValue as bad:
            count_as = "repeats a line" if bad.reason.startswith("repeats") else ""
            folder.fault("visits", line, bad.column, bad.value, bad.reason, count_as=count_as)
            continue
        lines[visit] = line
        columns["location"].append(locations.index[location])
        columns["edition"].append(edition)
        columns["started"].append((started - EPOCH) // timedelta(microseconds=1))
        for column, text in zip(WORDS, said, strict=True):
            words[column].append(glossary.setdefault(text, len(glossary)))
    return _ordered(lines, columns, words, list(glossary), standard_key)


def _started(started: str, visited: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment in the location's zone; a day without a time stands for its noon."""
    column, text = ("started_at", started) if started else ("visited_on", visited)
    if not text:
        raise BadValue("started_at", "", "is needed, or visited_on")
    try:
        moment = datetime.fromisoformat(text)
        if len(text) <= 10:
            moment = datetime.combine(moment.date(), time(12))
        moment = moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        form = "2026-03-02T14:30" if started else "2026-03-02"
        raise BadValue(column, text, f"is no {'time' if started else 'date'}: write it as {form}") from None
    if moment.date() < EARLIEST:
        raise BadValue(column, text, "lies before 1900")
    if moment > now:
        if len(text) <= 10 and moment.date() == now.astimezone(zone).date():
            raise BadValue(column, text, "is today, and its noon is still to come: give the time in started_at")
        raise BadValue(column, text, "lies in the future")
    return moment


def _ordered(
    lines: dict[str, int], columns: dict[str, array], words: dict[str, array], glossary: list[str], standard_key: str
) -> Visits:
    names = list(lines)
    ids = np.frombuffer(b"".join(visit_id(standard_key, name).bytes for name in names), np.uint8).reshape(-1, 16)
    high, low = ids.view(">u8").reshape(-1, 2).T if len(names) else (np.empty(0), np.empty(0))
    order = np.lexsort([low, high])
    ordered = {name: np.array(values)[order] for name, values in columns.items()}
    return Visits(
        names=[names[index] for index in order],
        ids=ids[order],
        line=np.array(list(lines.values()), np.uint32)[order],
        words={column: np.array(values, np.uint32)[order] for column, values in words.items()},
        glossary=glossary,
        **ordered,
    )


def visit_id(standard_key: str, name: str) -> UUID:
    """The same visit of the same standard gets the same id, however often it is imported."""
    return uuid5(NAMESPACE, json.dumps([standard_key, name]))


def check_observations(folder: Folder, *, visits: Visits, criteria: Criteria, disk: Path) -> Spool:
    """Group the observations by visit, in `disk`. A blank conformity (does not apply) is kept as NaN."""
    spool = Spool(disk, name="observations", columns=COLUMNS, n=len(visits), width=VISITS_TOGETHER)
    known_visits = {name: number for number, name in enumerate(visits.names)}
    known_criteria = criteria.index
    valid, edition = criteria.valid(), visits.edition.tolist()
    numbers = {"": 1}
    conformities = {"": math.nan, "1": 1.0, "0": 0.0}
    add_visit, add_number, add_criterion, add_conformity, add_line = (
        column.append for column in spool.columns.values()
    )
    n_waiting = 0
    for line, (name, criterion_name, value, number_text) in folder.rows("observations"):
        try:
            visit = known_visits.get(name)
            if visit is None:
                raise BadValue("visit_id", name, "no sound row of the visits file has this id")
            criterion = known_criteria.get(criterion_name)
            if criterion is None:
                raise BadValue("criterion_id", criterion_name, "no sound row of the criteria file has this id")
            if not valid[edition[visit]][criterion]:
                raise BadValue("criterion_id", criterion_name, "is not valid on the day of this visit")
            conformity = conformities.get(value)
            if conformity is None:
                conformity = _remember(conformities, value, _conformity(value))
            number = numbers.get(number_text)
            if number is None:
                number = _remember(numbers, number_text, _number(number_text))
        except BadValue as bad:
            folder.fault("observations", line, bad.column, bad.value, bad.reason)
            continue
        add_visit(visit)
        add_number(number)
        add_criterion(criterion)
        add_conformity(conformity)
        add_line(line)
        n_waiting += 1
        if n_waiting == FLUSH:
            spool.flush()
            n_waiting = 0
    spool.flush()
    return spool


def _remember(known: dict, text: str, value):
    """Values repeat by the million; 10,000 of them are worth keeping."""
    if len(known) < 10_000:
        known[text] = value
    return value


def _conformity(text: str) -> float:
    try:
        value = read_number(text) if text.strip() else math.nan
    except ValueError:
        raise BadValue("conformity", text, "is no number: use 0 to 1, or leave it blank") from None
    if text.strip() and not 0 <= value <= 1:
        raise BadValue("conformity", text, "must lie between 0 and 1")
    return value + 0.0  # no minus zero


def _number(text: str) -> int:
    if not text.strip():
        return 1
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 1 << 31:
        raise BadValue("interaction", text, "is no whole number of 0 or more")
    return value


def windows(visits: Visits, spool: Spool) -> Iterator[tuple[range, np.ndarray]]:
    """The visits in groups, each with the observations of all its visits."""
    for first, end, rows in spool.buckets():
        yield range(first, min(end, len(visits))), rows
