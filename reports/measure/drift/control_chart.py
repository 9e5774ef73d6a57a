"""What a location's page draws: each visit beside what was expected of it, and the evidence so far."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from reports.measure.drift.detector import Restarts, Settings, scan
from reports.measure.drift.evidence import History
from reports.measure.drift.expected_vs_observed import baseline_level
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.residuals import channel_members, channel_names

LIMIT_SDS = 3.0  # as on Shewhart's chart


@dataclass(frozen=True, eq=False)
class Series:
    """One channel of one location, oldest visit first; shares on the 0..1 scale.

    visit : (n,) index of the visit in the chain. time : (n,) days since 1970-01-01 UTC.
    value : (n,) share, adjusted to the location's baseline criteria, auditors and dayparts; NaN nothing
    observed.
    expected : (n,) share the baseline leads one to expect. low, high : (n,) natural limits of `value` around
    it, in 0..1.
    decline, improvement : (n,) log of the evidence after the visit, at least 0 = none; NaN where it is not
    scanned.
    """

    visit: np.ndarray
    time: np.ndarray
    value: np.ndarray
    expected: np.ndarray
    low: np.ndarray
    high: np.ndarray
    decline: np.ndarray
    improvement: np.ndarray


def series(
    chain: Chain,
    effects: Effects,
    settings: Settings,
    threshold: float,
    location: int,
    *,
    restarts: Restarts | None = None,
) -> dict[str, Series]:
    """The series of one location, by channel: overall, each section, each dimension.

    The baseline is what the visits before the last signal's onset lead one to expect, all visits without a
    signal. The adjusted value is that expectation plus the visit's own surplus of seen over expected share.
    Returns {channel: Series}; empty series for a location without visits. Raises ValueError for an unknown
    location.

    Twelve weekly visits find four of five kept, the next eight one of five:

    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> effects = fit_effects(chain, at=0.0)
    >>> overall = series(chain, effects, Settings(), 4.0, 0)["overall"]
    >>> overall.value[[0, 11, 12]].round(1).tolist(), overall.expected[[0, 19]].round(1).tolist()
    ([0.8, 0.8, 0.2], [0.8, 0.8])
    >>> bool(overall.value[12] < overall.low[12]), bool(overall.decline[13] > overall.improvement[13])
    (True, True)
    """
    if not 0 <= location < chain.n_locations:
        raise ValueError(f"location must be in 0..{chain.n_locations - 1}; got {location}")
    here = chain.location == location
    visit, own = np.flatnonzero(here), chain.subset(here)
    found = scan(own, effects, settings, threshold, restarts=restarts)
    history = History(own, effects)
    seen = history.residuals
    members = channel_members(chain) > 0
    fitted = float(effects.of_location(chain)[location])
    onsets = [signal.onset for signal in found.signals]
    stop = int(np.searchsorted(own.time, max(onsets))) if onsets else own.n_visits
    answer = {}
    for c, name in enumerate(channel_names(chain)):
        n = np.where(seen.n[:, c] > 0, seen.n[:, c], np.nan)
        level = baseline_level(history, first=0, onset=stop, channel=c) if own.n_visits else fitted
        share = float(expit(effects.criterion[members[:, c]] + level).mean()) if members[:, c].any() else np.nan
        # moving from the fitted level to the baseline's is a step of `information` points a logit
        value = share + (seen.seen[:, c] - seen.expected[:, c] - seen.information[:, c] * (level - fitted)) / n
        with np.errstate(divide="ignore", invalid="ignore"):
            sd = seen.information[:, c] / n / np.sqrt(seen.weight[:, c])
        evidence = [
            np.maximum(log[:, c], 0.0) if name in found.channels else np.full(visit.size, np.nan)
            for log in (found.decline, found.improvement)
        ]
        low, high = np.clip(share - LIMIT_SDS * sd, 0, 1), np.clip(share + LIMIT_SDS * sd, 0, 1)
        answer[name] = Series(visit, own.time, value, np.full(visit.size, share), low, high, *evidence)
    return answer
