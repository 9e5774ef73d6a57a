"""Reported numbers of a chain's past: metrics with what their dictionary says, and their readings."""

from collections import Counter, defaultdict
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
from django.db import reset_queries

from audits.history.files import BadValue, Folder, flag, needed, short
from audits.history.locations import Locations
from audits.history.spool import FLUSH, Spool, sorted_by
from locations.imports.readings import Place, ReadingCheck, ReadingRow, Stored, end_of_period, store_readings
from locations.models import Metric

COLUMNS = {"location": "<u4", "metric": "<u2", "start": "<u4", "end": "<u4", "value": "<f8", "line": "<u4"}
LOCATIONS_TOGETHER = 256
CADENCES = ((3, "daily"), (10, "weekly"), (45, "monthly"), (135, "quarterly"))
"""The longest period, in days, of each cadence; what is longer is yearly or irregular."""


@dataclass
class Metrics:
    """Metrics by key in the order of `index`; those that are `new` are stored with the folder."""

    by_key: dict[str, Metric] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    lengths: dict[int, Counter] = field(default_factory=lambda: defaultdict(Counter))
    gaps: dict[int, Counter] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def index(self) -> dict[str, int]:
        return {key: index for index, key in enumerate(self.by_key)}


def check_dictionary(folder: Folder) -> Metrics:
    """Read metric_dictionary.csv. A metric that exists keeps what was set here, and a contradiction is said."""
    metrics = Metrics(by_key={metric.key: metric for metric in Metric.objects.all()})
    lines: dict[str, int] = {}
    for line, (key_text, description, self_reported, higher_is) in folder.rows("metric_dictionary"):
        try:
            key = needed("metric", key_text)
            if key in lines:
                raise BadValue("metric", key, f"repeats line {lines[key]}")
            lines[key] = line
            if higher_is.strip() not in set(Metric.Better.values):
                raise BadValue("higher_is", higher_is, "use better or worse, or leave it blank")
            reported = flag("self_reported", self_reported)
            _take(folder, metrics, key, description.strip(), reported, higher_is.strip())
        except BadValue as bad:
            count_as = "repeats a line" if bad.reason.startswith("repeats") else ""
            folder.fault("metric_dictionary", line, bad.column, bad.value, bad.reason, count_as=count_as)
    return metrics


def _take(
    folder: Folder, metrics: Metrics, key: str, description: str, reported: bool | None, higher_is: str
) -> None:
    known = metrics.by_key.get(key)
    if known:
        if higher_is and known.higher_is and known.higher_is != higher_is:
            reason = f"{key} exists, and there a higher number is {known.higher_is}: use another key"
            raise BadValue("higher_is", higher_is, reason)
        if description and description != known.description:
            folder.notes.append(f"Metric {key} exists and keeps its description, direction and cadence.")
        return
    independent = "not independent" not in description.lower()
    if not independent:
        folder.notes.append(f"Metric {key} is no evidence about the visits: its description says 'NOT independent'.")
    metrics.by_key[key] = Metric(
        key=key,
        name=_name(key),
        description=description,
        higher_is=higher_is,
        is_self_reported=reported is not False,
        is_independent=independent,
    )
    metrics.new.add(key)


def _name(key: str) -> str:
    return key.replace("_", " ").capitalize()


def check_readings(folder: Folder, *, metrics: Metrics, locations: Locations, disk: Path, now: datetime) -> Spool:
    """Check and group the readings by location. A blank end is kept as 0 until the cadence is known."""
    codes = {code: Place(index, locations.zones[code]) for code, index in locations.index.items()}
    probes = {key: _probe(metric, index) for index, (key, metric) in enumerate(metrics.by_key.items())}
    check = ReadingCheck(places=codes, metrics=probes, now=now)
    spool = Spool(disk, name="readings", columns=COLUMNS, n=len(codes), width=LOCATIONS_TOGETHER)
    columns = list(spool.columns.values())
    for line, values in folder.rows("metrics"):
        code, key, start, value, end = (text.strip() for text in values)
        if key not in probes:
            try:
                _take(folder, metrics, short("metric", needed("metric", key), longest=64), "", None, "")
            except BadValue as bad:
                folder.fault("metrics", line, bad.column, bad.value, bad.reason)
                continue
            probes[key] = _probe(metrics.by_key[key], len(probes))
            folder.notes.append(
                f"Metric {key} is not in the metric dictionary: without a direction it is shown, but not compared."
            )
        row, problems = check(code, key, start, end, value)
        for problem in problems:
            folder.fault("metrics", line, problem.field, problem.value, problem.message, count_as=problem.kind)
        if row is None:
            continue
        last = row.period_end.toordinal() if end else 0
        packed = (row.location_id, row.metric_id, row.period_start.toordinal(), last, row.value, line)
        for column, number in zip(columns, packed, strict=True):
            column.append(number)
        if len(columns[0]) == FLUSH:
            spool.flush()
    spool.flush()
    _check_repeats(folder, metrics, spool)
    return spool


def _probe(metric: Metric, index: int) -> Metric:
    probe = copy(metric)
    probe.pk = index
    return probe


def _check_repeats(folder: Folder, metrics: Metrics, spool: Spool) -> None:
    """Report repeated readings, and count the lengths of periods and the gaps between their starts."""
    for _first, _end, rows in spool.buckets():
        rows, repeats = sorted_by(rows, "location", "metric", "start")
        for index in np.flatnonzero(repeats).tolist():
            reason = f"repeats the location, metric and period of line {rows['line'][index - 1]}"
            shown = date.fromordinal(int(rows["start"][index]))
            folder.fault(
                "metrics", int(rows["line"][index]), "period_start", shown, reason, count_as="repeats a line"
            )
        rows = rows[~repeats]
        locations, numbers = rows["location"].tolist(), rows["metric"].tolist()
        starts, ends = rows["start"].tolist(), rows["end"].tolist()
        for metric, start, end in zip(numbers, starts, ends, strict=True):
            metrics.lengths[metric][end - start + 1 if end else 0] += 1
        for before, after in pairwise(range(len(rows))):
            if locations[before] == locations[after] and numbers[before] == numbers[after]:
                metrics.gaps[numbers[after]][starts[after] - starts[before]] += 1


def cadence_of(lengths: Counter, gaps: Counter) -> str:
    """From the median length of the periods; from the median gap where periods have no end or last one day.

    >>> cadence_of(Counter({91: 3, 92: 1}), Counter())
    'quarterly'
    >>> cadence_of(Counter({1: 4}), Counter({300: 3}))
    'yearly'
    """
    days = _median(lengths)
    if days <= 1:
        days = _median(gaps) or 366
    return next((cadence for longest, cadence in CADENCES if days <= longest), "yearly")


def _median(counts: Counter) -> int:
    left = counts.total() / 2
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return 0


def store_metrics(folder: Folder, *, metrics: Metrics, locations: Locations, spool: Spool) -> Stored:
    for key, index in metrics.index.items():
        if key in metrics.new:
            metrics.by_key[key].cadence = cadence_of(metrics.lengths[index], metrics.gaps[index])
            metrics.by_key[key].save()
    known = list(metrics.by_key.values())
    location_pks = locations.pks()
    total = Stored()
    if not spool.n_rows:
        return total
    with folder.progress("Storing readings", spool.n_rows, " readings") as bar:
        for _first, _end, found in spool.buckets():
            rows, repeats = sorted_by(found, "location", "metric", "start")
            total += store_readings(rows=[_row(row, location_pks, known) for row in rows[~repeats].tolist()])
            bar.update(len(found))
            reset_queries()
    return total


def _row(packed: tuple, locations: list[int], metrics: list[Metric]) -> ReadingRow:
    location, number, start_day, end_day, value, _line = packed
    metric, start = metrics[number], date.fromordinal(start_day)
    end = date.fromordinal(end_day) if end_day else end_of_period(start, metric.cadence)
    return ReadingRow(locations[location], metric.pk, start, end, value)
