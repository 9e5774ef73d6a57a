"""What flags are worth beside the truth: false alarms, traps, delays, onsets, channels, lead over the readings."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.chains.truth import DRIFTS, IN_CONTROL, RAMP, RECOVERED, SECTION, STEP, TRAPS, Truth
from reports.measure.drift.backtest import DatedSignal
from reports.measure.drift.detector import DECLINE, YEAR_DAYS
from reports.measure.model.effects import WEEK_DAYS

HORIZON_DAYS = 26 * WEEK_DAYS  # a change that is found later counts as not found, and its delay as 26 weeks
GRACE_DAYS = 28.0  # after a recovery in which a flag still tells the truth
METRIC_SLACK, METRIC_LIMIT = 0.5, 8.5  # of the reported number's CUSUM, in standard deviations of its burn-in
SHOWN_IN_METRIC = (STEP, RAMP, SECTION)  # what a reported number follows long enough to be compared


@dataclass(frozen=True, eq=False)
class Flags:
    """(F,) each: index of the location, days of the alarm and of the onset that it names (NaN for none), channel."""

    location: np.ndarray
    raised_at: np.ndarray
    onset: np.ndarray
    channel: np.ndarray

    @classmethod
    def of_signals(cls, signals: Iterable[DatedSignal], direction: str = DECLINE) -> "Flags":
        kept = [dated for dated in signals if dated.signal.direction == direction]
        return cls(
            np.array([dated.signal.location for dated in kept], int),
            np.array([dated.raised_at for dated in kept], float),
            np.array([dated.signal.onset for dated in kept], float),
            np.array([dated.signal.channel for dated in kept], str),
        )

    @classmethod
    def of_file(cls, path: Path, codes: list[str], direction: str = DECLINE) -> "Flags":
        """The rows of a flags.csv; `codes` are the location ids in the order of the indexes."""
        place = {code: index for index, code in enumerate(codes)}
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["direction"] == direction]
        return cls(
            np.array([place[row["location_id"]] for row in rows], int),
            np.array([days(row["flagged_at"]) for row in rows], float),
            np.array([days(row["onset"]) if row["onset"] else np.nan for row in rows], float),
            np.array([row["channel"] for row in rows], str),
        )


def days(moment: str) -> float:
    return datetime.fromisoformat(moment).astimezone(UTC).timestamp() / 86400


@dataclass(frozen=True, eq=False)
class Judged:
    """The declines of one chain, or of several one after the other, beside their truth.

    kind, size : (L,) as in Truth. delay : (L,) weeks from the onset to the first flag, inf where none came in time.
    onset_error : (L,) weeks, NaN without a flag. channel_right : (L,) 1 or 0, NaN without a flag. lead : (L,) weeks
    by which the flag came before the reported number's own alarm, NaN where one of them never came.
    false_alarms, years : counted and watched at locations in control, outside spells. trapped : by spell, the share
    of those locations that were flagged in it. true_flags, flags : (quarters,) by 13 weeks of the watching.
    """

    kind: np.ndarray
    size: np.ndarray
    delay: np.ndarray
    onset_error: np.ndarray
    channel_right: np.ndarray
    lead: np.ndarray
    false_alarms: int
    years: float
    trapped: dict[str, float]
    true_flags: np.ndarray
    flags: np.ndarray

    @property
    def false_alarm_rate(self) -> float:
        """Per location in control and year."""
        return self.false_alarms / self.years

    @property
    def drifting(self) -> np.ndarray:
        return self.of(DRIFTS)

    @property
    def mean_delay(self) -> float:
        """Weeks, over all drifts; what is not found counts as 26."""
        return float(np.minimum(self.delay[self.drifting], HORIZON_DAYS / WEEK_DAYS).mean())

    @property
    def false_discoveries(self) -> float:
        """The share of all flags that were raised where nothing had changed."""
        return float(1 - self.true_flags.sum() / self.flags.sum()) if self.flags.sum() else float("nan")

    def of(self, kinds: Iterable[str], sizes: Mapping[str, tuple[float, ...]] | None = None) -> np.ndarray:
        """(L,) bool: the locations of these kinds, of these sizes where a kind's are named."""
        chosen = np.isin(self.kind, list(kinds))
        for kind, wanted in (sizes or {}).items():
            chosen &= (self.kind != kind) | np.isin(self.size, wanted)
        return chosen

    def found_within(self, weeks: float, chosen: np.ndarray) -> float:
        return float((self.delay[chosen] <= weeks).mean()) if chosen.any() else float("nan")

    def onset_within(self, weeks: float, kinds: Iterable[str]) -> float:
        error = self.onset_error[self.of(kinds)]
        error = error[np.isfinite(error)]
        return float((np.abs(error) <= weeks).mean()) if error.size else float("nan")

    def right_channel(self, kinds: Iterable[str]) -> float:
        right = self.channel_right[self.of(kinds)]
        right = right[np.isfinite(right)]
        return float(right.mean()) if right.size else float("nan")

    @property
    def median_lead(self) -> float:
        known = self.lead[np.isfinite(self.lead)]
        return float(np.median(known)) if known.size else float("nan")


def judge(truth: Truth, flags: Flags) -> Judged:
    """Judge the declines that were raised during the watching."""
    watched = flags.raised_at >= truth.start
    flags = Flags(flags.location[watched], flags.raised_at[watched], flags.onset[watched], flags.channel[watched])
    delay = delays(truth, flags.location, flags.raised_at)
    error, right = _attribution(truth, flags)
    in_metric = np.isin(truth.kind, SHOWN_IN_METRIC)
    reported = delays(truth, *metric_alarms(truth))
    both = in_metric & np.isfinite(delay) & np.isfinite(reported)
    lead = np.full(truth.n_locations, np.nan)
    lead[both] = reported[both] - delay[both]
    n_false, years = false_alarms(truth, flags)
    true_flags, n_flags = _discoveries(truth, flags)
    return Judged(
        truth.kind, truth.size, delay, error, right, lead, n_false, years, _trapped(truth, flags), true_flags, n_flags
    )


def pooled(judged: list[Judged]) -> Judged:
    """Several chains as one; shares of spells are means over the chains that have the spell."""
    joined = {
        name: np.concatenate([getattr(one, name) for one in judged])
        for name in ("kind", "size", "delay", "onset_error", "channel_right", "lead")
    }
    names = dict.fromkeys(name for one in judged for name in one.trapped)
    trapped = {name: float(np.mean([one.trapped[name] for one in judged if name in one.trapped])) for name in names}
    return Judged(
        **joined,
        false_alarms=sum(one.false_alarms for one in judged),
        years=sum(one.years for one in judged),
        trapped=trapped,
        true_flags=np.sum([one.true_flags for one in judged], axis=0),
        flags=np.sum([one.flags for one in judged], axis=0),
    )


def false_alarms(truth: Truth, flags: Flags) -> tuple[int, float]:
    """How many flags locations in control got outside spells, and how many years these were watched."""
    steady = truth.kind == IN_CONTROL
    n, watched = 0, 0.0
    for begin, end in truth.quiet_days():
        n += int((steady[flags.location] & (flags.raised_at >= begin) & (flags.raised_at < end)).sum())
        watched += end - begin
    return n, float(steady.sum() * watched / YEAR_DAYS)


def delays(truth: Truth, location: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(L,) weeks from each onset to the first of these alarms, inf where none came within the horizon.

    A drift that recovers is to be found before it has been gone for four weeks.
    """
    first = np.full(truth.n_locations, np.inf)
    limit = np.full(truth.n_locations, HORIZON_DAYS)
    passing = truth.kind == RECOVERED
    limit[passing] = np.minimum(HORIZON_DAYS, (truth.end - truth.onset)[passing] + GRACE_DAYS)
    after = at - truth.onset[location]
    in_time = (after >= 0) & (after <= limit[location])
    np.minimum.at(first, location[in_time], after[in_time])
    return first / WEEK_DAYS


def metric_alarms(truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """Locations and days at which the reported number alone would raise an alarm: a CUSUM on its own burn-in."""
    n_burn_in = truth.week_of(truth.start)
    own = truth.readings[:, :n_burn_in]
    fall = (own.mean(axis=1)[:, None] - truth.readings) / own.std(axis=1, ddof=1)[:, None] - METRIC_SLACK
    total = np.zeros(truth.n_locations)
    location, at = [], []
    for week in range(n_burn_in, truth.readings.shape[1]):
        total = np.maximum(0.0, total + fall[:, week])
        alarmed = np.flatnonzero(total > METRIC_LIMIT)
        total[alarmed] = 0.0
        location.append(alarmed)
        at.append(np.full(alarmed.size, truth.first_day + (week + 1) * WEEK_DAYS))
    return np.concatenate(location), np.concatenate(at)


def _attribution(truth: Truth, flags: Flags) -> tuple[np.ndarray, np.ndarray]:
    """Of each drifting location's first flag in the horizon: error of its onset in weeks, and whether it names the
    channel that changed."""
    error, right = np.full((2, truth.n_locations), np.nan)
    drifting = np.isin(truth.kind, DRIFTS)
    for index in np.argsort(flags.raised_at, kind="stable"):
        location = flags.location[index]
        after = flags.raised_at[index] - truth.onset[location]
        if drifting[location] and np.isnan(right[location]) and 0 <= after <= HORIZON_DAYS:
            error[location] = (flags.onset[index] - truth.onset[location]) / WEEK_DAYS
            right[location] = flags.channel[index] == truth.channel(location)
    return error, right


def _trapped(truth: Truth, flags: Flags) -> dict[str, float]:
    """By trap: the share of locations that were flagged because of it."""
    steady = truth.kind == IN_CONTROL
    shares: dict[str, list[float]] = {}
    for spell in truth.spells:
        if spell.judged_until <= spell.start:
            continue
        here = (flags.raised_at >= spell.start) & (flags.raised_at < spell.judged_until)
        hit = np.zeros(truth.n_locations, bool)
        hit[flags.location[here]] = True
        shares.setdefault(spell.name, []).append(float(hit[steady].mean()))
    found = {name: float(np.mean(values)) for name, values in shares.items()}
    delay = delays(truth, flags.location, flags.raised_at)
    for trap in TRAPS:
        if (truth.kind == trap).any():
            found[trap] = float(np.isfinite(delay[truth.kind == trap]).mean())
    return found


def _discoveries(truth: Truth, flags: Flags) -> tuple[np.ndarray, np.ndarray]:
    """By 13 weeks of the watching: flags at locations that had changed, and all flags."""
    place, at = flags.location, flags.raised_at
    changed = np.isin(truth.kind, DRIFTS)[place] & (at >= truth.onset[place]) & (at <= truth.end[place] + GRACE_DAYS)
    quarter_days = 13 * WEEK_DAYS
    n_quarters = int((truth.stop - truth.start) // quarter_days)
    quarter = ((at - truth.start) // quarter_days).astype(int)
    inside = quarter < n_quarters
    return (
        np.bincount(quarter[inside & changed], minlength=n_quarters),
        np.bincount(quarter[inside], minlength=n_quarters),
    )
