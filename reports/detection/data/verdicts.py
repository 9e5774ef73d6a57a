"""What freed reported numbers say of one location, beside its decline if it has one."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np

from locations.models import Metric
from reports.detection.data.day_numbers import to_date, to_datetime, to_days
from reports.detection.data.usual_numbers import PERIODS, TIMES, UsualMetric, UsualNumbers
from reports.measure import compare
from reports.measure.drift.detector import YEAR_DAYS, Signal
from reports.measure.movement import Decline, Movement, movement
from reports.models import DriftFlag, LocationResult

Comparison = DriftFlag.Comparison
WEEK_DAYS = 7.0
RECENT_DAYS = 91.0
MOST_BEFORE_DAYS = 14.0  # an onset
DEFAULT_LAG_WEEKS = 10.0
"""Where no past decline tells how long after it a metric follows: numbers like these take some 9 to 12 weeks."""
SURE_FLAG = 0.9
SURE_SILENCE = 0.75
"""A blind spot is one in three of four cases or more: the chance that the flag is real, times that of silence."""
CONTEXT = "for context only"
REFUSED = {
    compare.CEILING: "is at its ceiling",
    compare.NO_VARIANCE: "does not vary",
    compare.TOO_FEW: "has too few values",
    compare.NOT_INDEPENDENT: "is not independent of the visits",
    CONTEXT: "says neither better nor worse",
}
NOTE_LENGTH = 255


class Begun(NamedTuple):
    """Of a decline, what its comparison rests on: days, and the chance that it is real, None where nobody knows."""

    onset: float
    onset_low: float
    flagged_at: float
    chance: float | None = None

    @property
    def earliest(self) -> float:
        """From when on a reading may be one of the time since. A slow fall may have begun long before it could be
        told, and a number follows later still: further back readings are of the time before."""
        return max(self.onset_low, self.onset - MOST_BEFORE_DAYS)

    @classmethod
    def of_flag(cls, flag: DriftFlag) -> "Begun":
        return cls(to_days(flag.onset_at), to_days(flag.onset_low), to_days(flag.flagged_at), flag.chance)

    @classmethod
    def of_signal(cls, signal: Signal) -> "Begun":
        """To the second, as a flag has it, so that both are compared alike."""
        onset, low, at = (to_days(to_datetime(each)) for each in (signal.onset, signal.onset_low, signal.at))
        return cls(onset, low, at, signal.chance)


@dataclass(frozen=True)
class Verdict:
    """What the reported numbers say of one location, beside its flag if it has one.

    metric : the one that fell most surely, else the first. moved, moved_low, moved_high : since the onset, in the
    metric's units, above 0 is up; None without readings since. weeks_since : whole weeks since the onset.
    usual_lag_weeks : after which the metric usually follows, None where no past decline tells.
    """

    comparison: str = Comparison.NONE
    reported: str = LocationResult.Reported.UNKNOWN
    metric: Metric | None = None
    note: str = ""
    alarm_on: date | None = None
    lead_days: int | None = None
    moved: float | None = None
    moved_low: float | None = None
    moved_high: float | None = None
    weeks_since: int | None = None
    usual_lag_weeks: float | None = None


@dataclass(frozen=True, eq=False)
class Series:
    """All readings of one metric, by location and then by time. first : (L + 1,) where each location's begin.

    values, middles, ends : (n,) freed values, higher is better; days of the middle and after the end of each period.
    """

    first: np.ndarray
    values: np.ndarray
    middles: np.ndarray
    ends: np.ndarray

    def of(self, location: int, *, now: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values, middles and ends of the periods that were over."""
        here = slice(int(self.first[location]), int(self.first[location + 1]))
        known = int(np.searchsorted(self.ends[here], now, side="right"))
        return self.values[here][:known], self.middles[here][:known], self.ends[here][:known]


@dataclass(frozen=True, eq=False)
class Reported:
    """One metric over all locations: when it got worse and better, and where it is no evidence.

    worse, better : times of the alarms by location's index, days. refused : (L,) the reason, None where it is
    evidence. speaks_from : (L,) days, when its first reading after the baseline was known. n_readings : (L,).
    series : None of a metric that is never evidence. usual : what is common to its readings.
    """

    metric: Metric
    worse: dict[int, list[float]]
    better: dict[int, list[float]]
    refused: np.ndarray
    speaks_from: np.ndarray
    n_readings: np.ndarray
    series: Series | None = None
    usual: UsualMetric = field(default_factory=UsualMetric)

    @property
    def has_readings(self) -> np.ndarray:
        return self.n_readings > 0

    @property
    def sign(self) -> float:
        return 1.0 if self.metric.higher_is == Metric.Better.HIGHER else -1.0

    def why_not(self, location: int, now: float) -> str | None:
        """Why it is no evidence about a location yet, one of `measure.compare`'s reasons; None when it is."""
        return self.refused[location] or (None if self.speaks_from[location] <= now else compare.TOO_FEW)

    def fell(self, location: int, *, since: float, now: float) -> bool:
        return any(since < at <= now for at in self.worse.get(location, []))

    def trend(self, location: int, now: float) -> str:
        """The direction of the latest alarm of the last quarter; rising is getting better, whatever the sign."""
        last = {
            LocationResult.Reported.FALLING: max(
                (t for t in self.worse.get(location, []) if t <= now), default=-np.inf
            ),
            LocationResult.Reported.RISING: max(
                (t for t in self.better.get(location, []) if t <= now), default=-np.inf
            ),
        }
        latest = max(last, key=lambda trend: last[trend])
        return latest if last[latest] > now - RECENT_DAYS else LocationResult.Reported.STEADY

    def moved(self, location: int, begun: Begun, *, now: float, n_metrics: int) -> Movement | None:
        """None with too few readings before, or none since."""
        if self.series is None:
            return None
        values, middles, _ = self.series.of(location, now=now)
        return self._moved(values, middles, begun, n_metrics)

    def sure_since(self, location: int, begun: Begun, *, now: float, n_metrics: int) -> float:
        """When a fall that is sure now became so, in days: the day after the reading that made it."""
        assert self.series is not None
        values, middles, ends = self.series.of(location, now=now)
        low, high = int(np.searchsorted(middles, begun.earliest)), values.size
        while high - low > 1:
            n = (low + high) // 2
            found = self._moved(values[:n], middles[:n], begun, n_metrics)
            low, high = (low, n) if found is not None and found.is_worse else (n, high)
        return float(ends[high - 1])

    def _moved(self, values, middles, begun: Begun, n_metrics: int) -> Movement | None:
        if not values.size:
            return None
        periods_a_year, burn_in = PERIODS[self.metric.cadence]
        lag = DEFAULT_LAG_WEEKS if self.usual.lag_weeks is None else self.usual.lag_weeks
        return movement(
            values,
            middles,
            decline=Decline(begun.onset, begun.earliest, lag * WEEK_DAYS),
            period_days=YEAR_DAYS / periods_a_year,
            correlation=self.usual.correlation,
            n_metrics=n_metrics,
            most_before=2 * burn_in,
        )

    def n_missing(self, location: int) -> int:
        """How many readings until it can speak."""
        return max(1, PERIODS[self.metric.cadence][1] + 1 - int(self.n_readings[location]))


@dataclass(frozen=True, eq=False)
class ReportedNumbers:
    """All metrics, by name, and the last day that any of them tells of."""

    metrics: list[Reported]
    until: float

    @property
    def usual(self) -> UsualNumbers:
        by_metric = {one.metric.pk: one.usual for one in self.metrics}
        return UsualNumbers(self.until if np.isfinite(self.until) else None, by_metric)

    def verdict(
        self,
        location: int,
        *,
        now: float,
        onset: float | None = None,
        flagged_at: float | None = None,
        onset_low: float | None = None,
        chance: float | None = None,
    ) -> Verdict:
        """Compare one location's decline (None without one) with its metrics.

        onset_low : where it may first have begun, None as `onset`. chance : that it is real; None is not sure.
        """
        reasons = [one.why_not(location, now) for one in self.metrics]
        usable = [one for one, reason in zip(self.metrics, reasons, strict=True) if reason is None]
        if not usable:
            return Verdict(note=self._why_none(location, reasons))
        if onset is None or flagged_at is None:
            return _without_decline(usable, location, now)
        begun = Begun(onset, onset if onset_low is None else onset_low, flagged_at, chance)
        return _beside_decline(usable, location, begun, now)

    def _why_none(self, location: int, reasons: list[str | None]) -> str:
        told = [
            f"“{one.metric.name}” {_why(one, location, reason)}"
            for one, reason in zip(self.metrics, reasons, strict=True)
            if reason is not None and one.has_readings[location]
        ]
        return _short("; ".join(told) or "no metric is reported")


def _why(one: Reported, location: int, reason: str) -> str:
    if reason != compare.TOO_FEW:
        return REFUSED[reason]
    n, time = one.n_missing(location), TIMES[one.metric.cadence]
    return f"needs {n} more {time if n == 1 else time + 's'} of readings"


def _short(note: str) -> str:
    return note if len(note) <= NOTE_LENGTH else note[: NOTE_LENGTH - 1] + "…"


def _without_decline(usable: list[Reported], location: int, now: float) -> Verdict:
    """Of several that fell lately the one that fell most surely over the time in which they did."""
    fell = [one for one in usable if one.fell(location, since=now - RECENT_DAYS, now=now)]
    if not fell:
        return Verdict(Comparison.STABLE, usable[0].trend(location, now), usable[0].metric)
    lately = Begun(now - RECENT_DAYS, now - RECENT_DAYS, now)

    def sureness(one: Reported) -> float:
        found = one.moved(location, lately, now=now, n_metrics=1)
        return 0.0 if found is None else found.sureness

    chosen = min(fell, key=sureness)
    return Verdict(Comparison.REPORTED_ONLY, LocationResult.Reported.FALLING, chosen.metric)


def _beside_decline(usable: list[Reported], location: int, begun: Begun, now: float) -> Verdict:
    found = [(one, one.moved(location, begun, now=now, n_metrics=len(usable))) for one in usable]
    told = [(one, moved) for one, moved in found if moved is not None]
    if not told:
        return _nothing_since(usable, location, begun, now)
    worse = [pair for pair in told if pair[1].is_worse]
    if worse:
        chosen, moved = min(worse, key=lambda pair: pair[1].sureness)
        sure = chosen.sure_since(location, begun, now=now, n_metrics=len(usable))
        return _told(
            Comparison.CONFIRMED, chosen, moved, begun, now,
            reported=LocationResult.Reported.FALLING,
            alarm_on=to_date(sure),
            lead_days=round(sure - begun.flagged_at),
        )  # fmt: skip
    chosen, moved = told[0]
    kind = Comparison.BLIND_SPOT if _is_blind_spot(told, location, begun, now) else Comparison.WAITING
    return _told(kind, chosen, moved, begun, now, reported=chosen.trend(location, now))


def _is_blind_spot(told: list[tuple[Reported, Movement]], location: int, begun: Begun, now: float) -> bool:
    """The flag is sure, every metric's wait is over, and none of them is on its way."""
    if begun.chance is None or begun.chance < SURE_FLAG:
        return False
    if any(not moved.is_over or one.fell(location, since=begun.earliest, now=now) for one, moved in told):
        return False
    return begun.chance * min(moved.silent for _, moved in told) >= SURE_SILENCE


def _nothing_since(usable: list[Reported], location: int, begun: Begun, now: float) -> Verdict:
    """Too few readings from before it began are no evidence; none since is nothing yet."""
    for one in usable:
        assert one.series is not None
        _, middles, _ = one.series.of(location, now=now)
        if (middles < begun.earliest).sum() >= compare.LEAST_VALUES:
            return _told(Comparison.WAITING, one, None, begun, now, reported=one.trend(location, now))
    names = [f"“{one.metric.name}” has too few readings from before it began" for one in usable]
    return Verdict(note=_short("; ".join(names)))


def _told(kind: str, one: Reported, moved: Movement | None, begun: Begun, now: float, **fields) -> Verdict:
    weeks = int(max(now - begun.onset, 0.0) // WEEK_DAYS)
    numbers: tuple[float | None, float | None, float | None] = (None, None, None)
    if moved is not None:
        low, high = sorted((one.sign * moved.low, one.sign * moved.high))
        numbers = (one.sign * moved.moved, low, high)
    return Verdict(
        comparison=kind,
        metric=one.metric,
        note=f"not yet in the metric (week {weeks + 1})" if kind == Comparison.WAITING else "",
        moved=numbers[0],
        moved_low=numbers[1],
        moved_high=numbers[2],
        weeks_since=weeks,
        usual_lag_weeks=one.usual.lag_weeks,
        **fields,
    )
