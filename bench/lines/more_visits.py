"""How soon a drop is found: the share within half a year at a store's cadence, and after how many visits a large one.

All drops of a chain are sudden and of one size: the typical 0.6 logits for what is found within half a year, 1.2 for
the large drop of which stores with few visits are told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bench.chains import Made, Options, make
from bench.chains.truth import IN_CONTROL
from bench.lines import Line
from reports.detection.data.recent import lately
from reports.measure.drift.backtest import backtest
from reports.measure.drift.detector import DECLINE, Settings, stated_threshold
from reports.measure.model.effects import WEEK_DAYS
from reports.measure.model.levels import usual_levels
from reports.measure.model.severity import fit_effects
from reports.measure.planning.time_to_find import (
    HALF,
    HALF_YEAR_WEEKS,
    LARGE_DROP,
    found_within,
    noise_of_visit,
    visits_to_find,
)
from reports.measure.planning.visit_value import Assumptions

LOCATIONS = 300  # of a chain, of which a quarter falls
CADENCES = {"one visit a quarter": (1 / 3, 104), "one visit a month": (1.0, 52), "2.4 visits a month": (2.4, 52)}
"""Visits a month, and weeks of burn-in."""
VISITS_BEFORE = (4, 6, 12)
TYPICAL_DROP = 0.6  # logits
MOST_OFF_SHARE, MOST_OFF_VISITS, ONE_VISIT = 0.06, 0.20, 1


@dataclass(frozen=True)
class Drop:
    """One store's. n_before, n_since : visits before it, and until its flag. weeks : until its flag; inf for none.
    watched : weeks from its beginning to the end of the watching. usual_weeks : between two visits before it."""

    n_before: int
    n_since: float
    weeks: float
    watched: float
    usual_weeks: float


@dataclass(frozen=True)
class Told:
    """What the product knows at the beginning of the watching."""

    assumptions: Assumptions
    noise: float
    spread: float


def more_visits_lines(options: Options, *, seed: int, n_locations: int) -> Iterator[Line]:
    """A line for each cadence, then one for each number of visits that a store had before a large drop."""
    n_chains = -(-n_locations // LOCATIONS)
    for cadence, (visits, burn_in) in CADENCES.items():
        given = replace(options, visits_a_month=visits, burn_in_weeks=burn_in, drop=TYPICAL_DROP)
        yield _within_half_year(cadence, [make(_of(given), seed + nth) for nth in range(n_chains)])
    for n_before in VISITS_BEFORE:
        given = replace(options, drop=LARGE_DROP)
        yield _visits_it_takes(n_before, [_new(make(_of(given), seed + nth), n_before) for nth in range(n_chains)])


def _of(options: Options) -> Options:
    return replace(options, n_locations=LOCATIONS)


def _within_half_year(cadence: str, chains: list[Made]) -> Line:
    said, found = [], []
    for made in chains:
        told = told_at_start(made, TYPICAL_DROP)
        drops = [drop for drop in drops_of(made) if drop.watched >= HALF_YEAR_WEEKS and drop.n_before >= 2]
        before, weeks = (np.array([getattr(drop, name) for drop in drops]) for name in ("n_before", "usual_weeks"))
        given = {"n_before": before, "spread": told.spread}
        said.extend(found_within(HALF_YEAR_WEEKS, weeks, told.noise, told.assumptions, **given))
        found.extend(drop.weeks <= HALF_YEAR_WEEKS for drop in drops)
    return Line(
        f"a drop found within half a year, {cadence}",
        f"said of {np.mean(said):.3f}, true of {np.mean(found):.3f} of {len(found)}",
        f"within {MOST_OFF_SHARE:.2f}",
        bool(abs(np.mean(said) - np.mean(found)) <= MOST_OFF_SHARE),
    )


def _visits_it_takes(n_before: int, chains: list[Made]) -> Line:
    said, true = [], []
    for made in chains:
        told = told_at_start(made, LARGE_DROP)
        given = {"n_before": n_before, "spread": told.spread}
        said.append(visits_to_find(HALF, told.noise, told.assumptions, **given) or np.inf)
        true.extend(drop.n_since for drop in drops_of(made) if drop.n_before == n_before)
    middle, n = float(np.median(true)), float(np.mean(said))
    most = max(MOST_OFF_VISITS * middle, ONE_VISIT)
    return Line(
        f"visits until half of the large drops are found, {n_before} before",
        f"said {n:.1f}, true {middle:g} over {len(true)}",
        f"within {100 * MOST_OFF_VISITS:.0f} % or a visit",
        bool(abs(n - middle) <= most),
    )


def told_at_start(made: Made, drop: float) -> Told:
    """By the run with which the watching begins."""
    known = made.chain.as_of(made.truth.start)
    effects = fit_effects(known, at=made.truth.start)
    usual = usual_levels(known, effects, lately(known))
    threshold = stated_threshold(known, Settings(), effects)
    noise, spread = noise_of_visit(usual, effects), effects.variance["location"]
    return Told(Assumptions(threshold, line=0.0, drop=drop), noise, spread)


def drops_of(made: Made) -> Iterator[Drop]:
    """Each with the first decline that was flagged after it began."""
    chain, truth = made.chain, made.truth
    flagged: dict[int, float] = {}
    for dated in backtest(chain, Settings(), start=truth.start, stop=truth.stop):
        signal = dated.signal
        if signal.direction == DECLINE and signal.at >= truth.onset[signal.location]:
            flagged.setdefault(signal.location, signal.at)
    for place in np.flatnonzero(truth.kind != IN_CONTROL).tolist():
        time, onset = chain.time[chain.first_visit[place] : chain.first_visit[place + 1]], truth.onset[place]
        at, before = flagged.get(place, np.inf), time[time < onset]
        yield Drop(
            n_before=before.size,
            n_since=float((time[time >= onset] <= at).sum()) if np.isfinite(at) else np.inf,
            weeks=(at - onset) / WEEK_DAYS,
            watched=(truth.stop - onset) / WEEK_DAYS,
            usual_weeks=float(np.diff(before).mean()) / WEEK_DAYS if before.size >= 2 else np.nan,
        )


def _new(made: Made, n_before: int) -> Made:
    """Its falling stores have at most so many visits before they fall."""
    chain, onset = made.chain, made.truth.onset
    is_before = chain.time < np.where(np.isnan(onset), -np.inf, onset)[chain.location]
    before = np.bincount(chain.location[is_before], minlength=chain.n_locations)
    nth = np.arange(chain.n_visits) - chain.first_visit[chain.location]
    return replace(made, chain=chain.subset(~is_before | (nth >= before[chain.location] - n_before)))
