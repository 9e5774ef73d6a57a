"""Readings -> alarms of each metric -> what the reported numbers say of each location."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from django.db.models import Min

from locations.models import Metric, Reading
from reports.detection.data.day_numbers import to_date
from reports.measure import compare
from reports.measure.defaults import FALSE_ALARMS_PER_YEAR
from reports.models import DriftFlag, LocationResult

RECENT_DAYS = 182.0
PERIODS = {"daily": (365.25, 91), "weekly": (52.18, 26), "monthly": (12, 12), "quarterly": (4, 8), "yearly": (1, 8)}
"""By cadence: periods a year, and how many of a location's first ones are its baseline."""
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
WORDS = {
    compare.BLIND_SPOT: DriftFlag.Comparison.BLIND_SPOT,
    compare.CONFIRMED: DriftFlag.Comparison.CONFIRMED,
    compare.NOT_YET: DriftFlag.Comparison.WAITING,
    compare.REPORTED_ONLY: DriftFlag.Comparison.REPORTED_ONLY,
    compare.STABLE: DriftFlag.Comparison.STABLE,
}
TELLING = {compare.CONFIRMED, compare.REPORTED_ONLY}
CONTEXT = "for context only"
REFUSED = {
    compare.CEILING: "is at its ceiling",
    compare.NO_VARIANCE: "does not vary",
    compare.TOO_FEW: "has too few values",
    compare.NOT_INDEPENDENT: "is not independent of the visits",
    CONTEXT: "says neither better nor worse",
}
NOTE_LENGTH = 255


@dataclass(frozen=True)
class Verdict:
    """What the reported numbers say of one location, beside its flag if it has one."""

    comparison: str = DriftFlag.Comparison.NONE
    reported: str = LocationResult.Reported.UNKNOWN
    metric: Metric | None = None
    note: str = ""
    alarm_on: date | None = None
    lead_days: int | None = None


@dataclass(frozen=True)
class UsualNumbers:
    """What is common to the readings of a chain, so that those of one location can be judged alone.

    until : days, the last that any reading tells of; None without one. by_metric : by id, the pooled autocorrelation,
    rounded to 0.1, and the best that the metric can say, None where nothing does.
    """

    until: float | None
    by_metric: dict[int, tuple[float, float | None]]

    def as_json(self) -> dict:
        return {"until": self.until, "by_metric": {str(key): list(pair) for key, pair in self.by_metric.items()}}

    @classmethod
    def from_json(cls, stored: dict) -> "UsualNumbers":
        by_metric = {int(key): (pair[0], pair[1]) for key, pair in stored.get("by_metric", {}).items()}
        return cls(stored.get("until"), by_metric)


@dataclass(frozen=True, eq=False)
class Reported:
    """One metric over all locations: when it got worse and better, and where it is no evidence.

    worse, better : times of the alarms by location's index, days. refused : (L,) the reason, None where it is
    evidence. speaks_from : (L,) days, when its first reading after the baseline was known. has_readings : (L,) bool.
    usual : as in UsualNumbers.by_metric.
    """

    metric: Metric
    worse: dict[int, list[float]]
    better: dict[int, list[float]]
    refused: np.ndarray
    speaks_from: np.ndarray
    has_readings: np.ndarray
    usual: tuple[float, float | None] = (0.0, None)

    def why_not(self, location: int, now: float) -> str | None:
        """Why it is no evidence about a location yet, one of `measure.compare`'s reasons; None when it is."""
        return self.refused[location] or (None if self.speaks_from[location] <= now else compare.TOO_FEW)


@dataclass(frozen=True, eq=False)
class ReportedNumbers:
    """All metrics, by name, and the last day that any of them tells of."""

    metrics: list[Reported]
    until: float

    @property
    def usual(self) -> UsualNumbers:
        by_metric = {one.metric.pk: one.usual for one in self.metrics}
        return UsualNumbers(self.until if np.isfinite(self.until) else None, by_metric)

    def verdict(self, location: int, *, now: float, onset: float | None = None, flagged_at: float | None = None):
        """Compare one location's decline (None without one) with its metrics: one in alarm first, else the first."""
        reasons = [one.why_not(location, now) for one in self.metrics]
        usable = [one for one, reason in zip(self.metrics, reasons, strict=True) if reason is None]
        if not usable:
            return Verdict(note=self._why_none(location, reasons))
        found = [
            (one, compare.classify(onset=onset, flagged_at=flagged_at, alarm_at=one.worse.get(location, []), now=now))
            for one in usable
        ]
        chosen, judged = next((pair for pair in found if pair[1].kind in TELLING), found[0])
        lead = judged.lead_days
        return Verdict(
            comparison=WORDS[judged.kind],
            reported=_trend(chosen, location, now),
            metric=chosen.metric,
            note=f"not yet in the metric (week {judged.week})" if judged.week else "",
            alarm_on=None if lead is None or flagged_at is None else to_date(flagged_at + lead),
            lead_days=None if lead is None else round(lead),
        )

    def _why_none(self, location: int, reasons: list[str | None]) -> str:
        told = [
            f"“{one.metric.name}” {REFUSED[reason]}"
            for one, reason in zip(self.metrics, reasons, strict=True)
            if reason is not None and one.has_readings[location]
        ]
        note = "; ".join(told) or "no metric is reported"
        return note if len(note) <= NOTE_LENGTH else note[: NOTE_LENGTH - 1] + "…"


def _trend(one: Reported, location: int, now: float) -> str:
    """The direction of the latest alarm of the last half year; rising is getting better, whatever the sign."""
    last = {
        LocationResult.Reported.FALLING: max((t for t in one.worse.get(location, []) if t <= now), default=-np.inf),
        LocationResult.Reported.RISING: max((t for t in one.better.get(location, []) if t <= now), default=-np.inf),
    }
    latest = max(last, key=lambda trend: last[trend])
    return latest if last[latest] > now - RECENT_DAYS else LocationResult.Reported.STEADY


def reported_numbers(locations: np.ndarray, *, as_of: date, usual: UsualNumbers | None = None) -> ReportedNumbers:
    """The metrics of these locations, from the readings of periods that were over at `as_of`; see `read_numbers`."""
    return read_numbers(locations, until=as_of, usual=usual).as_of(as_of)


@dataclass(frozen=True, eq=False)
class Readings:
    """The readings of L locations, read once, so that they can be judged as of several days.

    location_index : (n,). table : (n, 4) metric's id, first and last day as ordinals, value. others : by metric that
    is never evidence, (L,) the last day of each location's first period, inf without one.
    """

    metrics: list[Metric]
    n_locations: int
    location_index: np.ndarray
    table: np.ndarray
    others: dict[int, np.ndarray]
    usual: UsualNumbers | None

    def as_of(self, day: date) -> ReportedNumbers:
        """What the readings of periods that were over before `day` say, and no later one."""
        is_over = self.table[:, 2] < day.toordinal()
        table, location_index = self.table[is_over], self.location_index[is_over]
        found = []
        for metric in self.metrics:
            if metric.pk in self.others:
                refused = np.full(self.n_locations, why_never(metric), dtype=object)
                never = np.full(self.n_locations, np.inf)
                has_readings = self.others[metric.pk] < day.toordinal()
                found.append(Reported(metric, {}, {}, refused, never, has_readings))
            else:
                mine = table[:, 0] == metric.pk
                known = None if self.usual is None else self.usual.by_metric[metric.pk]
                found.append(_reported(metric, self.n_locations, location_index[mine], table[mine, 1:], known))
        until = float(table[:, 2].max()) + 1 - EPOCH_ORDINAL if len(table) else -np.inf
        if self.usual is not None and self.usual.until is not None:
            until = max(until, self.usual.until)
        return ReportedNumbers(found, until)


def read_numbers(locations: np.ndarray, *, until: date, usual: UsualNumbers | None = None) -> Readings:
    """The readings of these locations (sorted ids) for periods that were over at `until`.

    usual : what a run found common to the readings of the whole chain, where these are a part of it: only theirs are
    read then, and a metric that the run did not know is left out. Metrics that are for context only and those that
    contain the audits are named and refused. Three queries.
    """
    metrics = list(Metric.objects.order_by("name", "pk"))
    if usual is not None:
        metrics = [metric for metric in metrics if metric.pk in usual.by_metric]
    telling = [metric for metric in metrics if why_never(metric) is None]
    readings = Reading.objects.filter(period_end__lt=until)
    if usual is not None:
        readings = readings.filter(location__in=locations.tolist())
    rows = readings.filter(metric__in=telling)
    table = np.array(
        [
            (metric, location, start.toordinal(), end.toordinal(), value)
            for metric, location, start, end, value in rows.values_list(
                "metric_id", "location_id", "period_start", "period_end", "value"
            ).iterator(chunk_size=20_000)
        ],
        dtype=float,
    ).reshape(-1, 5)
    location_index = np.searchsorted(locations, table[:, 1]) if locations.size else np.zeros(len(table), int)
    location_index = np.minimum(location_index, max(locations.size - 1, 0))
    known = locations[location_index] == table[:, 1] if locations.size else np.zeros(len(table), bool)
    others = _first_readings(readings, [metric for metric in metrics if metric not in telling], locations)
    return Readings(metrics, locations.size, location_index[known], table[known][:, [0, 2, 3, 4]], others, usual)


def why_never(metric: Metric) -> str | None:
    """Why a metric is no evidence anywhere."""
    if metric.higher_is == Metric.Better.NEITHER:
        return CONTEXT
    return None if metric.is_independent else compare.NOT_INDEPENDENT


def _first_readings(readings, metrics: Iterable[Metric], locations: np.ndarray) -> dict[int, np.ndarray]:
    """Of these metrics, the last day (ordinal) of each location's first period; inf without one."""
    first = {metric.pk: np.full(locations.size, np.inf) for metric in metrics}
    location_index = {location: at for at, location in enumerate(locations.tolist())}
    pairs = readings.filter(metric__in=list(first)).order_by().values_list("metric_id", "location_id")
    for metric, location, end in pairs.annotate(end=Min("period_end")):
        if location in location_index:
            first[metric][location_index[location]] = end.toordinal()
    return first


def _reported(
    metric: Metric,
    n_locations: int,
    location_index: np.ndarray,
    readings: np.ndarray,
    usual: tuple[float, float | None] | None,
) -> Reported:
    """readings : (n, 3) start, end, value of the locations at `location_index`."""
    sign = 1.0 if metric.higher_is == Metric.Better.HIGHER else -1.0
    periods_a_year, burn_in = PERIODS[metric.cadence]
    values, ends = by_period(n_locations, location_index, readings, least=burn_in + 1)
    values *= sign
    correlation, highest = usual or (0.0, _highest(metric, values, sign))
    refused = compare.refusals(values, burn_in=burn_in, highest=highest)
    has_readings = np.isfinite(values).any(axis=1)
    speaks_from = np.where(np.isfinite(ends[:, burn_in]), ends[:, burn_in], np.inf)
    usable = np.array([reason is None for reason in refused], dtype=bool)
    if not usable.any():
        return Reported(metric, {}, {}, refused, speaks_from, has_readings, (correlation, highest))
    values, ends, index = values[usable], ends[usable], np.flatnonzero(usable)
    if usual is None:
        correlation = round(compare.pooled_autocorrelation(values, burn_in=burn_in), 1)
    threshold = _threshold(periods_a_year, burn_in, correlation)
    alarms = [_alarms(side * values, ends, index, burn_in, threshold) for side in (1, -1)]
    return Reported(metric, alarms[0], alarms[1], refused, speaks_from, has_readings, (correlation, highest))


def by_period(n_locations: int, location_index: np.ndarray, readings: np.ndarray, *, least: int = 1):
    """(L, P) values of each location from its first reading on, NaN after its last, and (L, P) the days on which the
    periods were over.

    readings : (n, 3) start, end, value of the locations at `location_index` (n,). least : columns at least.
    """
    order = np.lexsort((readings[:, 0], location_index))
    location_index, end = location_index[order], readings[order, 1]
    column = np.arange(location_index.size) - np.searchsorted(location_index, location_index)
    shape = (n_locations, max(least, int(column.max()) + 1 if column.size else 0))
    values, ends = np.full(shape, np.nan), np.full(shape, np.nan)
    values[location_index, column], ends[location_index, column] = readings[order, 2], end + 1 - EPOCH_ORDINAL
    return values, ends


def _highest(metric: Metric, values: np.ndarray, sign: float) -> float | None:
    """The best that the metric can say: its plausible bound, else the best that any location ever reported."""
    bound = metric.plausible_max if sign > 0 else metric.plausible_min
    if bound is not None:
        return sign * bound
    return float(np.nanmax(values)) if np.isfinite(values).any() else None


def _alarms(values, ends, index, burn_in: int, threshold: float) -> dict[int, list[float]]:
    alarms: dict[int, list[float]] = {}
    _, crossed = compare.metric_cusum(values, burn_in=burn_in, threshold=threshold)
    for row, column in np.argwhere(crossed).tolist():
        alarms.setdefault(int(index[row]), []).append(float(ends[row, column]))
    return alarms


@cache
def _threshold(periods_a_year: float, burn_in: int, autocorrelation: float) -> float:
    return compare.metric_threshold(
        periods_per_year=periods_a_year,
        false_alarms_per_year=FALSE_ALARMS_PER_YEAR,
        burn_in=burn_in,
        autocorrelation=autocorrelation,
        rng=np.random.default_rng(0),
    )
