"""How often the interval of an onset holds the true one, and how near its guess is, at the flag and told again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bench.chains import Made, Options, make
from bench.chains.truth import DRIFTS, RAMP
from bench.lines import Line
from reports.measure.drift.backtest import Replayed, replay
from reports.measure.drift.change_status import change_status
from reports.measure.drift.detector import DECLINE, Settings, Signal
from reports.measure.model.effects import WEEK_DAYS

LEAST_COVERAGE = 0.85
NEAR_WEEKS = 4
LOCATIONS = 300  # of a chain
TIMES = 4  # as many locations as other lines: one in sixteen falls slowly
TOLD_AGAIN_WEEKS = 13


@dataclass(frozen=True)
class Dated:
    """A true decline at its first flag, or as that stands later; days. is_slow : it came over weeks."""

    is_slow: bool
    is_again: bool
    true: float
    day: float
    low: float
    high: float


def onset_lines(options: Options, *, seed: int, n_locations: int) -> Iterator[Line]:
    """Two lines each, coverage and error, of sudden and of slow declines, at the flag and as it is told later."""
    n_chains = max(1, TIMES * n_locations // LOCATIONS)
    chains = (make(replace(options, n_locations=LOCATIONS, changes=True), seed + nth) for nth in range(n_chains))
    found = [one for made in chains for one in dated_declines(made)]
    for is_again in (False, True):
        for is_slow in (False, True):
            here = [one for one in found if (one.is_again, one.is_slow) == (is_again, is_slow)]
            words = (
                f"onset of a {'slow' if is_slow else 'sudden'} decline {'told again' if is_again else 'at the flag'}"
            )
            if here:
                yield _covered(words, here)
                yield _error(words, here)


def dated_declines(made: Made) -> Iterator[Dated]:
    """Of the watching, weekly runs: the first flag of each decline, and how it stands a quarter later or more."""
    truth, known = made.truth, set()
    for done in replay(made.chain, Settings(), start=truth.start, stop=truth.stop, scan_days=WEEK_DAYS):
        signals = [one.signal for one in done.signals if _is_real(made, one.signal)]
        for signal in signals:
            if signal.location not in known:
                known.add(signal.location)
                yield _dated(made, signal, is_again=False)
        if done.n_scans % TOLD_AGAIN_WEEKS == 0:
            moment = truth.start + WEEK_DAYS * done.n_scans
            yield from _told_again(made, done, moment)


def _told_again(made: Made, done: Replayed, moment: float) -> Iterator[Dated]:
    chain, effects = made.chain, done.effects
    assert effects is not None  # after the first run there is an estimate
    seen = (chain.arrival <= moment) & (chain.time >= effects.first_day)
    index = np.flatnonzero(seen)
    signals = [replace(one.signal, visit=int(np.searchsorted(index, one.signal.visit))) for one in done.signals]
    for status in change_status(chain.subset(seen), effects, Settings(), signals):
        if status.ended is None and _is_real(made, status.signal):
            yield _dated(made, status.signal, is_again=True)


def _is_real(made: Made, signal: Signal) -> bool:
    truth, place = made.truth, signal.location
    is_drift = signal.direction == DECLINE and truth.kind[place] in DRIFTS
    return bool(is_drift and truth.onset[place] <= signal.at < truth.end[place])


def _dated(made: Made, signal: Signal, *, is_again: bool) -> Dated:
    truth, place = made.truth, signal.location
    day, low, high = signal.onset, signal.onset_low, signal.onset_high
    return Dated(bool(truth.kind[place] == RAMP), is_again, float(truth.onset[place]), day, low, high)


def _covered(words: str, found: list[Dated]) -> Line:
    share = float(np.mean([one.low <= one.true <= one.high for one in found]))
    weeks = float(np.mean([one.high - one.low for one in found])) / WEEK_DAYS
    return Line(
        f"{words}, 90 % interval",
        f"covers {share:.3f} of {len(found)}, {weeks:.1f} weeks wide",
        f"{LEAST_COVERAGE:.2f} or more",
        share >= LEAST_COVERAGE,
    )


def _error(words: str, found: list[Dated]) -> Line:
    error = np.abs([one.day - one.true for one in found]) / WEEK_DAYS
    near = float((error <= NEAR_WEEKS).mean())
    return Line(f"{words}, guess", f"off by {error.mean():.2f} weeks, within {NEAR_WEEKS} for {near:.2f}")
