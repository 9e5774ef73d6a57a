"""A week's run in memory, by the functions of `reports/measure` alone, against one pass over the same ratings.

The ratings are one array of bytes, and a run takes the locations block by block, as the product takes its shards, so
that a large chain fits. Nothing changes at any location; flags are false ones.
"""

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from reports.detection.data.recent import lately
from reports.measure.drift.arrivals import judge_arrivals
from reports.measure.drift.change_status import change_status
from reports.measure.drift.control_chart import control_charts
from reports.measure.drift.detector import Settings, Signal, stated_threshold
from reports.measure.model.chain import FULL, NONE, Chain
from reports.measure.model.effects import WEEK_DAYS, Effects
from reports.measure.model.forward_filter import carry_on
from reports.measure.model.levels import Usual, adjusted_values, recent_levels, usual_levels
from reports.measure.model.severity import fit_effects

DAYS, A_MONTH, INTERACTIONS, CRITERIA, SECTIONS = 728.0, 2.4, 3, 24, 6
BLOCK = 200  # locations
REFIT = DAYS - WEEK_DAYS  # the moment of the run that estimates; the one that carries on comes a week later


@dataclass(frozen=True)
class Cost:
    """seconds : CPU. passes : in passes that sum the same ratings to visits."""

    seconds: float
    passes: float


@dataclass
class Made:
    chain: Chain
    first: np.ndarray

    def blocks(self) -> Iterator[Chain]:
        """The visits of BLOCK locations each, as views; the indexes of locations stay those of the chain."""
        chain, rows = self.chain, np.searchsorted(self.chain.rating_visit, self.first)
        for start in range(0, chain.n_locations, BLOCK):
            stop = min(start + BLOCK, chain.n_locations)
            visits, ratings = slice(self.first[start], self.first[stop]), slice(rows[start], rows[stop])
            names = ("location", "time", "arrival", "auditor", "daypart", "staffing", "breadth")
            yield replace(
                chain,
                ratings=chain.ratings[ratings],
                rating_visit=chain.rating_visit[ratings] - self.first[start],
                **{name: getattr(chain, name)[visits] for name in names},
            )


def make(n_locations: int, seed: int = 1) -> Made:
    rng = np.random.default_rng(seed)
    n = rng.poisson(A_MONTH * DAYS / 30.44, n_locations)
    first = np.r_[0, np.cumsum(n)]
    n_visits, n_auditors = int(first[-1]), max(10, n_locations // 12)
    location = np.repeat(np.arange(n_locations, dtype=np.int32), n)
    time_ = rng.uniform(0, DAYS, n_visits)
    time_ = time_[np.lexsort((time_, location))]
    level, severity = rng.normal(0, 0.4, n_locations), rng.normal(0, 0.2, n_auditors)
    auditor = rng.integers(0, n_auditors, n_visits, dtype=np.int32)
    ratings = np.empty((n_visits * INTERACTIONS, CRITERIA), np.uint8)
    ease = rng.normal(1.5, 0.6, CRITERIA)
    for start in range(0, n_visits, 50_000):
        visits = slice(start, min(start + 50_000, n_visits))
        logits = ease + (level[location[visits]] + severity[auditor[visits]])[:, None]
        p = np.repeat((256 / (1 + np.exp(-logits))).astype(np.uint8), INTERACTIONS, axis=0)
        drawn = rng.integers(0, 256, p.shape, dtype=np.uint8)
        part = np.where(drawn < p, FULL, 0).astype(np.uint8)
        part[rng.integers(0, 256, p.shape, dtype=np.uint8) < 26] = NONE
        ratings[start * INTERACTIONS : visits.stop * INTERACTIONS] = part
    chain = Chain(
        location=location,
        time=time_,
        arrival=time_,
        auditor=auditor,
        daypart=rng.integers(0, 3, n_visits, dtype=np.int32),
        staffing=rng.integers(0, 3, n_visits, dtype=np.int32),
        ratings=ratings,
        rating_visit=np.repeat(np.arange(n_visits, dtype=np.int32), INTERACTIONS),
        section=np.arange(CRITERIA) * SECTIONS // CRITERIA,
        dimension=np.arange(CRITERIA) % 2,
        critical=np.zeros(CRITERIA, bool),
        region=np.arange(n_locations) % max(1, n_locations // 50),
        n_locations=n_locations,
    )
    return Made(chain, first)


def one_pass(made: Made) -> float:
    """Seconds of CPU to sum all ratings to visits."""
    began = time.process_time()
    for block in made.blocks():
        block.conforming  # noqa: B018
    return time.process_time() - began


def look(
    part: Chain, effects: Effects, usual: Usual | None, threshold: float, past: list[Signal], is_new
) -> list[Signal]:
    settings = Settings()
    found = judge_arrivals(part, effects, settings, threshold, past=past, is_new=is_new)
    change_status(part, effects, settings, found.signals)
    control_charts(part, effects, found)
    recent_levels(part, effects, lately(part), usual)
    adjusted_values(part, effects, usual)
    return found.signals


def refit_run(made: Made, every_nth: int) -> tuple[Effects, Usual, float, list[Signal], dict[str, float]]:
    """Estimate what is common from what is known at REFIT, and replay the locations; seconds of CPU by part.

    Only every n-th block takes part, and is counted n times.
    """
    chain, began = made.chain, time.process_time()
    if every_nth > 1:
        chain = chain.subset(chain.location // BLOCK % every_nth == 0)
        began = time.process_time()
    counted = made.chain.n_visits / chain.n_visits
    effects = fit_effects(chain, at=REFIT)
    fitted = time.process_time()
    usual, threshold, signals = None, 0.0, []
    for number, block in enumerate(made.blocks()):
        if number % every_nth:
            continue
        known = block.subset((block.time < REFIT) & (block.time >= effects.first_day))
        if usual is None:  # of the first block; in the product of all, which is one pass more over the visits
            usual, threshold = usual_levels(known, effects, lately(known)), stated_threshold(known, Settings())
        signals += look(known, effects, usual, threshold, [], np.ones(known.n_visits, bool))
    replayed = time.process_time() - fitted
    parts = {"estimate": (fitted - began) * counted, "all locations": replayed * counted}
    return effects, usual, threshold, signals, parts


def weekly_run(made: Made, effects: Effects, usual: Usual, threshold: float, past: list[Signal]) -> dict[str, float]:
    """Carry on a week, and look at the locations with a visit in it; seconds of CPU by part."""
    began = time.process_time()
    lately_ = made.chain.subset(made.chain.time >= REFIT - WEEK_DAYS)
    current = carry_on(effects, lately_, known_until=REFIT, until=DAYS)
    carried = time.process_time()
    by_block: dict[int, list[Signal]] = {}
    for signal in past:
        by_block.setdefault(signal.location // BLOCK, []).append(signal)
    n_looked_at = 0
    for number, block in enumerate(made.blocks()):
        is_new = block.time >= REFIT
        has_news = np.zeros(block.n_locations, bool)
        has_news[block.location[is_new]] = True
        here = has_news[block.location] & (block.time >= effects.first_day)
        part = block.subset(here)
        signals = [signal for signal in by_block.get(number, []) if has_news[signal.location]]
        look(part, current, usual, threshold, signals, is_new[here])
        n_looked_at += int(has_news.sum())
    print(f"  {n_looked_at:,} of {made.chain.n_locations:,} locations have news")
    return {"carry on": carried - began, "locations with news": time.process_time() - carried}


def measure(n_locations: int, every_nth: int = 1) -> dict[str, float]:
    """Prints what both runs cost; returns the seconds of CPU of each, and of one pass."""
    made = make(n_locations)
    chain = made.chain
    print(f"{n_locations:,} locations, {chain.n_visits:,} visits, {chain.ratings.size / 1e6:,.0f} million ratings")
    unit = one_pass(made)
    print(f"  one pass: {unit:.2f} s of CPU; memory so far {peak():.1f} GB")
    *state, parts = refit_run(made, every_nth)
    refit = _told("a run that estimates", parts, unit)
    _told("  of which", parts, unit, each=True)
    weekly_parts = weekly_run(made, *state)
    weekly = _told("a run that carries on", weekly_parts, unit)
    _told("  of which", weekly_parts, unit, each=True)
    print(f"  a week of four, one of which estimates: {(3 * weekly + refit) / 4 / unit:.1f} passes")
    print(f"  peak memory {peak():.1f} GB")
    return {"weekly": weekly, "refit": refit, "pass": unit}


def _told(name: str, parts: dict[str, float], unit: float, *, each: bool = False) -> float:
    total = sum(parts.values())
    if each:
        print("  " + "; ".join(f"{part}: {value:.1f} s, {value / unit:.1f} passes" for part, value in parts.items()))
    else:
        print(f"  {name}: {total:.1f} s of CPU, {total / unit:.1f} passes")
    return total


def peak() -> float:
    """Gigabytes of memory, the most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
