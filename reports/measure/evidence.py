"""How many times likelier a location's visits are after a change than without one."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from reports.measure.chain import Chain
from reports.measure.residuals import Residuals
from reports.measure.severity import Effects

DROPS = (0.3, 0.6, 0.9, 1.3)  # logits, overall
SECTION_DROPS = (0.6, 1.1, 1.7)
SHARE_OVERALL, SHARE_SECTIONS = 0.6, 0.4
MODEL_VARIANCE = 0.0025  # what the additive model itself may be wrong by, as a variance in logits
RESTARTED_VARIANCE = 1.0  # more, for a location that has just changed
LOWEST, HIGHEST = -600.0, 600.0  # exp of these is still a double


@dataclass(frozen=True, eq=False)
class Baselines:
    """Where the visits of each location begin to count.

    first : (L,) int, the first visit of the location's baseline. candidate : (L,) int, the first visit at which a
    change may have begun. Both are indexes of visits of the chain.
    restarted : (L,) bool, the location has changed before: its level is less bound to that of its region.
    """

    first: np.ndarray
    candidate: np.ndarray
    restarted: np.ndarray


@dataclass(frozen=True, eq=False)
class Evidence:
    """For each visit in `visit` (N,), the likelihood ratio of a change at each of the last J visits.

    terms : (N, J, 1 + S): [i, j, channel] of a change that began j visits before visit[i]; 0 where none may
    have begun.
    channels : names of the last axis.
    """

    visit: np.ndarray
    terms: np.ndarray
    channels: tuple[str, ...]

    @property
    def total(self) -> np.ndarray:
        """(N,) the evidence that some change began: the sum over onsets and channels."""
        return self.terms.sum(axis=(1, 2))


def skew_correction(exponent, p):
    """Exact cumulant of minus a centred Bernoulli variable, over its quadratic approximation.

    exponent, p : arrays that broadcast; p in (0, 1). Where p is high a run of misses is likelier than the
    normal law says; dividing by the right cumulant keeps the mean likelihood ratio near 1 without a change.

    >>> round(float(skew_correction(1.0, 0.9)), 3), round(float(skew_correction(1e-9, 0.9)), 3)
    (1.301, 1.0)
    """
    exponent, p = np.broadcast_arrays(np.asarray(exponent, float), np.asarray(p, float))
    small = np.abs(exponent) < 1e-3
    safe = np.where(small, 1e-3, exponent)
    exact = np.log1p(p * np.expm1(-safe)) + p * safe
    quadratic = safe**2 * p * (1 - p) / 2
    return np.where(small, 1.0, exact / quadratic)


class _Sums:
    """Running sums over visits, so that any stretch of them costs one subtraction."""

    def __init__(self, chain: Chain, effects: Effects, residuals: Residuals):
        scanned = slice(0, 1 + chain.n_sections)
        w, information = residuals.weight[:, scanned], residuals.information[:, scanned]
        extra = effects.overdispersion
        self.weight = _cumulated(w)
        self.level = _cumulated(w * residuals.level[:, scanned])
        self.binomial = _cumulated(w / (1 + information * extra))
        self.information = _cumulated(information)
        self.leaning = _cumulated(information * residuals.typical[:, scanned])
        self.auditor = _cumulated(effects.auditor_variance(chain))


def evidence(chain: Chain, effects: Effects, residuals: Residuals, baselines: Baselines, visit: np.ndarray, *,
             direction: int, look_back: int, least_baseline: int, smallest_drop: float) -> Evidence:
    """Likelihood ratios of a change of level at each of the last visits, overall and in each section.

    visit : (N,) int, the visits after which the evidence is wanted. direction : 1 a decline, -1 an
    improvement.
    look_back : how many onsets are tried, J. least_baseline : visits that must lie before an onset.
    smallest_drop : logits; smaller drops are not tried (one always is, the largest).
    The baseline before an onset is the location's own mean, shrunk to its region (empirical Bayes: Efron &
    Morris 1973); its variance, the chance in the visits after the onset and the severities' own variance all
    weaken the ratio. Returns Evidence, channels weighted so that its total has mean about J without a change.
    """
    sums = _Sums(chain, effects, residuals)
    channels = residuals.channels[: 1 + chain.n_sections]
    location = chain.location[visit]
    onset = visit[:, None] - np.arange(look_back)
    first = baselines.first[location][:, None]
    allowed = (onset >= baselines.candidate[location][:, None]) & (onset - first >= least_baseline)
    onset = np.where(allowed, onset, visit[:, None])
    first = np.minimum(first, onset)
    stop = np.broadcast_to(visit[:, None] + 1, onset.shape)
    terms = np.zeros((*onset.shape, len(channels)))
    auditor = (sums.auditor[stop, 0] - sums.auditor[onset, 0]) / (stop - onset)
    loose = np.where(baselines.restarted[location], RESTARTED_VARIANCE, 0.0)[:, None]
    prior_mean = effects.region[chain.region[location]][:, None]
    prior_variance = effects.variance["location"] + loose
    for c in range(len(channels)):
        before = sums.weight[onset, c] - sums.weight[first, c]
        variance = 1 / (before + 1 / prior_variance)
        mean = variance * (sums.level[onset, c] - sums.level[first, c] + prior_mean / prior_variance)
        after = sums.weight[stop, c] - sums.weight[onset, c]
        known = allowed & (after > 0)
        after = np.where(known, after, 1.0)
        now = (sums.level[stop, c] - sums.level[onset, c]) / after
        doubt = variance + 1 / after + auditor + MODEL_VARIANCE
        chance = (sums.binomial[stop, c] - sums.binomial[onset, c]) / after**2
        information = np.maximum(sums.information[stop, c] - sums.information[onset, c], 1e-9)
        typical = np.clip((sums.leaning[stop, c] - sums.leaning[onset, c]) / information, 0.01, 0.99)
        drops = tried_drops(DROPS if c == 0 else SECTION_DROPS, smallest_drop)
        share = (SHARE_OVERALL if c == 0 else SHARE_SECTIONS / (len(channels) - 1)) / len(drops)
        for drop in drops:
            slope = direction * drop / doubt
            correction = 1 + (skew_correction(slope * chance, typical) - 1) * chance / doubt
            ratio = slope * (mean - now) - correction * drop * drop / (2 * doubt)
            terms[:, :, c] += np.where(known, share * np.exp(np.clip(ratio, LOWEST, HIGHEST)), 0.0)
        if c == 0:  # a section starts from what is known of the location's overall level
            prior_mean, prior_variance = mean, effects.variance["section"] + variance + loose
    return Evidence(visit, terms, channels)


def tried_drops(drops, smallest: float):
    """The drops of at least `smallest` logits; the largest one where none is.

    >>> tried_drops((0.3, 0.6, 0.9), 0.5), tried_drops((0.3, 0.6, 0.9), 2.0)
    ((0.6, 0.9), (0.9,))
    """
    return tuple(drop for drop in drops if drop >= smallest - 1e-9) or (max(drops),)


def baseline_level(chain: Chain, effects: Effects, residuals: Residuals, *, first: int, onset: int, channel: int,
                   restarted: bool = False) -> float:
    """The level, in logits, that a location's visits first..onset-1 lead one to expect in a channel."""
    loose = RESTARTED_VARIANCE if restarted else 0.0
    prior_mean = float(effects.region[chain.region[chain.location[first]]])
    prior_variance = effects.variance["location"] + loose
    for c in (0, channel) if channel else (0,):
        w, y = residuals.weight[first:onset, c], residuals.level[first:onset, c]
        variance = 1 / (w.sum() + 1 / prior_variance)
        mean = float(variance * (w @ y + prior_mean / prior_variance))
        prior_mean, prior_variance = mean, effects.variance["section"] + variance + loose
    return mean


def shares(chain: Chain, effects: Effects, visit: np.ndarray, member: np.ndarray, *,
           level: float) -> tuple[float, float]:
    """Seen and expected share (0..1) of a channel over some visits of one location, were it still at `level`
    logits.

    member : (C,) bool, the criteria of the channel. NaN, NaN where nothing was observed.
    """
    n = chain.observed[visit][:, member].astype(float)
    if not n.sum():
        return float("nan"), float("nan")
    offset = level + effects.common(chain)[visit]
    p = expit(effects.criterion[member] + offset[:, None])
    return float(chain.conforming[visit][:, member].sum() / n.sum()), float((n * p).sum() / n.sum())


def _cumulated(rows: np.ndarray) -> np.ndarray:
    rows = rows[:, None] if rows.ndim == 1 else rows
    return np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
