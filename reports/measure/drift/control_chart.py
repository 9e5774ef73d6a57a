"""What a location's page draws: each visit beside what was expected of it, and the evidence so far."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from reports.measure.drift.detector import Scan
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.residuals import channel_members

LIMIT_SDS = 3.0  # as on Shewhart's chart


@dataclass(frozen=True, eq=False)
class ControlCharts:
    """All visits of some locations in K channels; shares on the 0..1 scale.

    channels : the names of the columns: overall, each section, each dimension.
    value : (V, K) share, adjusted to the location's baseline criteria, auditors and dayparts; NaN nothing observed.
    expected : (V, K) share the baseline leads one to expect. low, high : (V, K) natural limits of `value` around it,
    in 0..1.
    decline, improvement : (V, K) log of the evidence after the visit, at least 0 = none; NaN where the replay did not
    look at the visit.
    """

    channels: tuple[str, ...]
    value: np.ndarray
    expected: np.ndarray
    low: np.ndarray
    high: np.ndarray
    decline: np.ndarray
    improvement: np.ndarray


def control_charts(chain: Chain, effects: Effects, replayed: Scan) -> ControlCharts:
    """The charts of all locations of a chain, from a replay of it.

    The baseline is what the visits before the last signal's onset lead one to expect, all visits without a signal.
    The adjusted value is that expectation plus the visit's own surplus of seen over expected share.
    chain, effects : those of the replay. Returns ControlCharts.
    Source of the baseline: Efron & Morris (1973), the location's own mean shrunk to its region's.

    Twelve weekly visits find four of five kept, the next eight one of five:

    >>> from reports.measure.drift.detector import Settings, scan
    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> effects = fit_effects(chain, at=0.0)
    >>> charts = control_charts(chain, effects, scan(chain, effects, Settings(), 4.0))
    >>> charts.value[[0, 11, 12], 0].round(1).tolist(), charts.expected[[0, 19], 0].round(1).tolist()
    ([0.8, 0.8, 0.2], [0.8, 0.8])
    >>> bool(charts.value[12, 0] < charts.low[12, 0]), bool(charts.decline[13, 0] > charts.improvement[13, 0])
    (True, True)
    """
    seen, location = replayed.residuals, chain.location
    level = _baseline_levels(chain, effects, replayed)
    members = channel_members(chain) > 0
    share = np.full(level.shape, np.nan)
    for c in np.flatnonzero(members.any(axis=0)):
        share[:, c] = expit(effects.criterion[members[:, c]] + level[:, [c]]).mean(axis=1)
    n = np.where(seen.n > 0, seen.n, np.nan)
    expected = share[location]
    # moving from the fitted level to the baseline's is a step of `information` points a logit
    step = seen.information * (level - effects.of_location(chain)[:, None])[location]
    value = expected + (seen.seen - seen.expected - step) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        sd = seen.information / n / np.sqrt(seen.weight)
    evidence = [np.maximum(log[:, : level.shape[1]], 0.0) for log in (replayed.decline, replayed.improvement)]
    low, high = np.clip(expected - LIMIT_SDS * sd, 0, 1), np.clip(expected + LIMIT_SDS * sd, 0, 1)
    return ControlCharts(seen.channels, value, expected, low, high, *evidence)


def _baseline_levels(chain: Chain, effects: Effects, replayed: Scan) -> np.ndarray:
    """(L, K) logits: `expected_vs_observed.baseline_level` of each location's visits before its last onset."""
    seen, first, stop = replayed.residuals, chain.first_visit[:-1], chain.first_visit[1:].copy()
    onset = np.full(chain.n_locations, -np.inf)
    for signal in replayed.signals:
        onset[signal.location] = max(onset[signal.location], signal.onset)
    for changed in np.flatnonzero(np.isfinite(onset)):
        start = first[changed]
        stop[changed] = start + np.searchsorted(chain.time[start : stop[changed]], onset[changed])
    weight, pull = (
        np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
        for rows in (seen.weight, seen.weight * seen.level)
    )
    weight, pull = weight[stop] - weight[first], pull[stop] - pull[first]
    prior_variance = effects.variance["location"]
    variance = 1 / (weight[:, 0] + 1 / prior_variance)
    overall = variance * (pull[:, 0] + effects.region[chain.region] / prior_variance)
    of_part = (effects.variance["section"] + variance)[:, None]
    levels = (pull + overall[:, None] / of_part) / (weight + 1 / of_part)
    levels[:, 0] = overall
    return levels
