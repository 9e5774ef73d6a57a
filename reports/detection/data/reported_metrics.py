"""Readings -> the same without what the chain shares -> when each metric got worse or better at each location."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np
from django.db.models import Min

from locations.models import Metric, Reading
from reports.detection.data.usual_numbers import EPOCH_ORDINAL, PERIODS, UsualMetric, UsualNumbers, period_of
from reports.detection.data.verdicts import CONTEXT, Reported, ReportedNumbers, Series
from reports.measure import compare
from reports.measure.common_movement import Common, common_movement
from reports.measure.defaults import FALSE_ALARMS_PER_YEAR

FEW_LOCATIONS_CORRELATION = 0.6
"""At least, where too few locations report for their common season or trend to be taken out: intervals are wider."""


def reported_numbers(
    locations: np.ndarray, *, as_of: date, usual: UsualNumbers | None = None, lags: dict[str, float] | None = None
) -> ReportedNumbers:
    """The metrics of these locations, from the readings of periods that were over at `as_of`; see `read_numbers`."""
    return read_numbers(locations, until=as_of, usual=usual, lags=lags).as_of(as_of)


@dataclass(frozen=True, eq=False)
class Readings:
    """The readings of L locations, read once, so that they can be judged as of several days.

    location_index : (n,). table : (n, 4) metric's id, first and last day as ordinals, value. region : (L,) its id.
    others : by metric that is never evidence, (L,) the last day of each location's first period, inf without one.
    lags : weeks, by the name of a metric. usual : as a run found it, None where all readings of the chain are here.
    """

    metrics: list[Metric]
    n_locations: int
    location_index: np.ndarray
    table: np.ndarray
    region: np.ndarray
    others: dict[int, np.ndarray]
    lags: dict[str, float]
    usual: UsualNumbers | None

    def as_of(self, day: date) -> ReportedNumbers:
        """What the readings of periods that were over before `day` say, and no later one."""
        freed = {metric.pk: self.freed(metric, day) for metric in self.metrics if metric.pk not in self.others}
        n_usable = sum((one.is_usable.astype(int) for one in freed.values()), np.zeros(self.n_locations, int))
        found = [
            freed[metric.pk].judged(n_usable) if metric.pk in freed else self._never(metric, day)
            for metric in self.metrics
        ]
        ends = self.table[self.table[:, 2] < day.toordinal(), 2]
        until = float(ends.max()) + 1 - EPOCH_ORDINAL if len(ends) else -np.inf
        if self.usual is not None and self.usual.until is not None:
            until = max(until, self.usual.until)
        return ReportedNumbers(found, until)

    def _never(self, metric: Metric, day: date) -> Reported:
        refused = np.full(self.n_locations, why_never(metric), dtype=object)
        never = np.full(self.n_locations, np.inf)
        return Reported(metric, {}, {}, refused, never, (self.others[metric.pk] < day.toordinal()).astype(int))

    def freed(self, metric: Metric, day: date) -> "Freed":
        """The readings of one metric that were known, without what is common to them."""
        mine = (self.table[:, 0] == metric.pk) & (self.table[:, 2] < day.toordinal())
        known = None if self.usual is None else self.usual.by_metric[metric.pk]
        return _freed(
            metric,
            self.region,
            self.location_index[mine],
            self.table[mine, 1:],
            known or UsualMetric(lag_weeks=self.lags.get(metric.name)),
            is_known=known is not None,
        )


@dataclass(frozen=True, eq=False)
class Freed:
    """One metric's readings, freed. refused : (L,) the reason, None where it is evidence. values, ends : (L, P)."""

    metric: Metric
    usual: UsualMetric
    series: Series
    refused: np.ndarray
    values: np.ndarray
    ends: np.ndarray

    @property
    def is_usable(self) -> np.ndarray:
        return np.array([reason is None for reason in self.refused], dtype=bool)

    def judged(self, n_usable: np.ndarray) -> Reported:
        """n_usable : (L,) how many metrics are evidence at each location: their false alarms are shared out."""
        burn_in = PERIODS[self.metric.cadence][1]
        worse: dict[int, list[float]] = {}
        better: dict[int, list[float]] = {}
        usable = self.is_usable
        for n in np.unique(n_usable[usable]).tolist():
            index = np.flatnonzero(usable & (n_usable == n))
            threshold = _threshold(self.metric.cadence, self.usual.correlation, n)
            for side, alarms in ((1, worse), (-1, better)):
                alarms |= _alarms(side * self.values[index], self.ends[index], index, burn_in, threshold)
        speaks_from = np.where(np.isfinite(self.ends[:, burn_in]), self.ends[:, burn_in], np.inf)
        n_readings = np.diff(self.series.first)
        return Reported(self.metric, worse, better, self.refused, speaks_from, n_readings, self.series, self.usual)


def read_numbers(
    locations: np.ndarray, *, until: date, usual: UsualNumbers | None = None, lags: dict[str, float] | None = None
) -> Readings:
    """The readings of these locations (sorted ids) for periods that were over at `until`.

    usual : what a run found common to the readings of the whole chain, where these are a part of it: only theirs are
    read then, and a metric that the run did not know is left out. lags : in weeks, by the name of a metric; of
    `usual` where that is given. Metrics that are for context only and those that contain the audits are named and
    refused. Three queries.
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
            (metric, location, region, start.toordinal(), end.toordinal(), value)
            for metric, location, region, start, end, value in rows.values_list(
                "metric_id", "location_id", "location__region_id", "period_start", "period_end", "value"
            ).iterator(chunk_size=20_000)
        ],
        dtype=float,
    ).reshape(-1, 6)
    location_index = np.searchsorted(locations, table[:, 1]) if locations.size else np.zeros(len(table), int)
    location_index = np.minimum(location_index, max(locations.size - 1, 0))
    known = locations[location_index] == table[:, 1] if locations.size else np.zeros(len(table), bool)
    table, location_index = table[known], location_index[known]
    region = np.full(locations.size, -1)
    region[location_index] = table[:, 2]
    others = _first_readings(readings, [metric for metric in metrics if metric not in telling], locations)
    return Readings(
        metrics, locations.size, location_index, table[:, [0, 3, 4, 5]], region, others, lags or {}, usual
    )


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


def _freed(
    metric: Metric,
    region: np.ndarray,
    location_index: np.ndarray,
    readings: np.ndarray,
    usual: UsualMetric,
    *,
    is_known: bool,
) -> Freed:
    """readings : (n, 3) start, end, value of the locations at `location_index`. is_known : `usual` is of a run."""
    sign = 1.0 if metric.higher_is == Metric.Better.HIGHER else -1.0
    burn_in = PERIODS[metric.cadence][1]
    order = np.lexsort((readings[:, 0], location_index))
    location_index, readings = location_index[order], readings[order] * [1, 1, sign]
    period = period_of(metric.cadence, readings[:, 0], readings[:, 1])
    raw, ends = by_period(region.size, location_index, readings, least=burn_in + 1)
    if not is_known:
        highest, common = (
            _highest(metric, raw, sign),
            _common(region, location_index, period, readings[:, 2], burn_in),
        )
        usual = UsualMetric(0.0, highest, usual.lag_weeks, common)
    refused = compare.refusals(raw, burn_in=burn_in, highest=usual.highest)
    value = readings[:, 2] - usual.common.of(period, region[location_index])
    values = np.full(raw.shape, np.nan)
    values[np.isfinite(raw)] = value  # both by location, then by time
    is_usable = np.array([reason is None for reason in refused], dtype=bool)
    if not is_known and is_usable.any():
        usual = replace(usual, correlation=_correlation(values[is_usable], burn_in, usual.common.is_told))
    first = np.searchsorted(location_index, np.arange(region.size + 1))
    middle = (readings[:, 0] + readings[:, 1] + 1) / 2 - EPOCH_ORDINAL
    series = Series(first, value, middle, readings[:, 1] + 1 - EPOCH_ORDINAL)
    return Freed(metric, usual, series, refused, values, ends)


def _common(region, location_index, period, value, burn_in: int) -> Common:
    """Of all readings of a metric; two of one location in one period count as their mean."""
    if not period.size:
        return Common.nothing()
    first = int(period.min())
    shape = (region.size, int(period.max()) - first + 1)
    at = location_index * shape[1] + period - first
    n = np.bincount(at, minlength=shape[0] * shape[1])
    total = np.bincount(at, value, minlength=n.size)
    mean = np.divide(total, n, out=np.full(n.size, np.nan), where=n > 0).reshape(shape)
    return common_movement(mean, first=first, region=region, recent=max(2, burn_in // 2))


def _correlation(values: np.ndarray, burn_in: int, is_freed: bool) -> float:
    """Rounded up to 0.1, so that there are few thresholds to simulate."""
    found = float(np.ceil(10 * compare.pooled_autocorrelation(values, burn_in=burn_in) - 0.2) / 10) + 0.0
    return found if is_freed else max(found, FEW_LOCATIONS_CORRELATION)


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
def _threshold(cadence: str, autocorrelation: float, n_metrics: int) -> float:
    periods_a_year, burn_in = PERIODS[cadence]
    return compare.metric_threshold(
        periods_per_year=periods_a_year,
        false_alarms_per_year=FALSE_ALARMS_PER_YEAR / n_metrics,
        burn_in=burn_in,
        autocorrelation=autocorrelation,
        rng=np.random.default_rng(0),
    )
