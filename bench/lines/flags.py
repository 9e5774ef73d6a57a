"""What flags say of themselves: how far the level has moved, and how likely that is real, beside the truth."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bench.chains import Made, Options, make
from bench.chains.truth import CONSISTENCY, DRIFTS, IN_CONTROL
from bench.detector.judge import GRACE_DAYS
from bench.lines import Line
from reports.measure.drift.backtest import backtest
from reports.measure.drift.detector import DECLINE, Settings, Signal

MANY = 1000
VISITS_SINCE = ((2, 2), (3, 4), (5, 8), (9, MANY))
CLASSES = (("likely", 0.0, 0.8), ("sure", 0.8, 0.95), ("very sure", 0.95, 1.01))
MOST_BIAS, MOST_OFF = 0.10, 0.08
LOCATIONS = 300  # of a chain
TIMES = 5  # as many locations as other lines: of these one in ten has a flag


@dataclass(frozen=True)
class Flag:
    """One decline that was raised. true, seen : points (0..1), of real ones in the right channel, else NaN."""

    n_visits: int
    drop: float
    chance: float
    is_real: bool
    true: float
    seen: float


def flag_lines(options: Options, *, seed: int, n_locations: int) -> Iterator[Line]:
    """A line for each number of visits since the onset, then one for each word of sureness."""
    n_chains = max(1, TIMES * n_locations // LOCATIONS)
    chains = (make(replace(options, n_locations=LOCATIONS), seed + nth) for nth in range(n_chains))
    flags = [flag for made in chains for flag in declines(made)]
    for fewest, most in VISITS_SINCE:
        here = [flag for flag in flags if fewest <= flag.n_visits <= most and np.isfinite(flag.true)]
        true, told, seen = (
            float(np.mean([getattr(flag, name) for flag in here])) for name in ("true", "drop", "seen")
        )
        visits = (
            f"{fewest} visits" if fewest == most else f"{fewest} to {most}" if most < 1000 else f"{fewest} or more"
        )
        yield Line(
            f"size of a drop, {visits} since it began",
            f"told {100 * told:.1f} points, {told / true:.2f} of the true {100 * true:.1f}; seen {seen / true:.2f}, "
            f"{len(here)} flags",
            f"within {1 - MOST_BIAS:.2f} and {1 + MOST_BIAS:.2f}",
            abs(told / true - 1) <= MOST_BIAS,
        )
    for word, low, high in CLASSES:
        chosen = [flag for flag in flags if low <= flag.chance < high]
        said, real = _means(chosen, "chance", "is_real")
        yield Line(
            f"a flag that is {word}",
            f"said to be real in {said:.2f}, is in {real:.2f} of {len(chosen)}",
            f"within {MOST_OFF:.2f}",
            abs(said - real) <= MOST_OFF,
        )


def _means(flags: list[Flag], *names: str) -> list[float]:
    return [float(np.mean([getattr(flag, name) for flag in flags])) for name in names]


def _visits(fewest: int, most: int) -> str:
    if fewest == most:
        return f"{fewest} visits"
    return f"{fewest} to {most} visits" if most < MANY else f"{fewest} visits or more"


def declines(made: Made) -> Iterator[Flag]:
    """Those of the watching, nightly runs; locations with a trap are left out."""
    truth = made.truth
    for dated in backtest(made.chain, Settings(), start=truth.start, stop=truth.stop):
        signal = dated.signal
        kind = truth.kind[signal.location]
        if signal.direction != DECLINE or signal.at < truth.start or kind not in (*DRIFTS, IN_CONTROL):
            continue
        is_real = (
            kind in DRIFTS and truth.onset[signal.location] <= signal.at < truth.end[signal.location] + GRACE_DAYS
        )
        is_told = is_real and CONSISTENCY != signal.channel == truth.channel(signal.location)
        yield Flag(
            signal.n_visits,
            signal.drop or 0.0,
            signal.chance or 0.0,
            bool(is_real),
            true_drop(made, signal) if is_told else np.nan,
            signal.expected - signal.seen,
        )


def true_drop(made: Made, signal: Signal) -> float:
    """Points (0..1) by which the channel really lies lower at the visits since the onset that is told."""
    chain, truth = made.chain, made.truth
    visits = np.arange(chain.first_visit[signal.location], signal.visit + 1)
    visits = visits[chain.time[visits] >= signal.onset]
    share = truth.share_of_drop(np.full(visits.size, signal.location), chain.time[visits]).mean()
    odds = signal.expected / (1 - signal.expected) * np.exp(-share * truth.size[signal.location])
    return float(signal.expected - odds / (1 + odds))
