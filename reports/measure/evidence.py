"""How many times likelier a location's visits are after a change than without one."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from reports.measure.chain import Chain
from reports.measure.effects import Effects
from reports.measure.residuals import Residuals, channel_members, residuals
from reports.measure.spread import believed, mean_spread, spread_likelihoods, spread_ratio

CONSISTENCY, SECTION, DIMENSION = "consistency", "section", "dimension"

DROPS = (0.3, 0.6, 0.9, 1.3)  # logits, overall
PART_DROPS = (0.6, 1.1, 1.7)  # in a section or dimension
SHARES = {1: (0.48, 0.28, 0.05, 0.19), -1: (0.57, 0.38, 0.05, 0.0)}  # overall, sections, dimensions, consistency
PART_LOOK_BACK = 25  # onsets that are tried in a part and in the spread; further back they only raise false alarms
MODEL_VARIANCE = 0.0025  # what the additive model itself may be wrong by at least, as a variance in logits
MORE_IN_PART = 0.0075  # and in a part: an auditor is not equally severe in all of them
RESTARTED_VARIANCE = 1.0  # more, for a location that has just changed
LOWEST, HIGHEST = -600.0, 600.0  # exp of these is still a double


@dataclass(frozen=True, eq=False)
class Baselines:
    """Where the visits of each location begin to count.

    first : (L,) int, the first visit of the location's baseline. candidate : (L,) int, the first visit at
    which a change may have begun. Both are indexes of visits of the chain.
    restarted : (L,) bool, the location has changed before: its level is less bound to that of its region.
    """

    first: np.ndarray
    candidate: np.ndarray
    restarted: np.ndarray


@dataclass(frozen=True, eq=False)
class Evidence:
    """For each visit in `visit` (N,), the likelihood ratio of a change at each of the last J visits.

    terms : (N, J, K): [i, j, channel] of a change that began j visits before visit[i]; 0 where none may have
    begun. The channels are "overall", the sections, the two dimensions and "consistency".
    """

    visit: np.ndarray
    terms: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """(N,) the evidence that some change began: the sum over onsets and channels."""
        return self.terms.sum(axis=(1, 2))


class History:
    """What every visit shows, and running sums of it, so that any stretch of visits costs one subtraction."""

    def __init__(self, chain: Chain, effects: Effects):
        self.chain, self.effects = chain, effects
        self.residuals: Residuals = residuals(chain, effects)
        self.likelihoods = spread_likelihoods(chain, effects)
        self.channels = (*self.residuals.channels, CONSISTENCY)
        w, information = self.residuals.weight, self.residuals.information
        self.weight = _cumulated(w)
        self.level = _cumulated(w * self.residuals.level)
        self.binomial = _cumulated(w / (1 + information * effects.overdispersion_of_channels))
        self.information = _cumulated(information)
        self.leaning = _cumulated(information * self.residuals.typical)
        self.unfamiliarity = _cumulated(self.residuals.unfamiliarity)
        self.auditor = _cumulated(effects.auditor_variance(chain)[:, None])
        self.spread = _cumulated(self.likelihoods)


def evidence(
    history: History,
    baselines: Baselines,
    visit: np.ndarray,
    *,
    direction: int,
    look_back: int,
    least_baseline: int,
    smallest_drop: float,
) -> Evidence:
    """Likelihood ratios of a change at each of the last visits: of the level, of each section's and dimension's,
    of the spread.

    visit : (N,) int, ascending, the visits after which the evidence is wanted. direction : 1 a decline, -1 an
    improvement. look_back : how many onsets are tried, J. least_baseline : visits that must lie before an
    onset.
    smallest_drop : logits; smaller drops are not tried (one always is, the largest).
    The baseline before an onset is the location's own mean, shrunk to its region (empirical Bayes: Efron &
    Morris 1973); its variance, the chance in the visits after the onset and the severities' own variance
    weaken the ratio. Returns Evidence, channels weighted by SHARES so that a term's mean is at most about 1
    without a change.

    Twelve weekly visits find four of five kept, the next eight one of five. After the fourth of these the likeliest
    of the last ten onsets is the one three visits before:

    >>> from reports.measure.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> effects = fit_effects(chain, at=0.0)
    >>> first = np.zeros(1, int)
    >>> found = evidence(History(chain, effects), Baselines(first, first, first > 0), np.array([15]), direction=1,
    ...     look_back=10, least_baseline=4, smallest_drop=0.3)
    >>> found.terms.shape, int(found.terms.sum(axis=2).argmax()), bool(found.total[0] > 400)
    ((1, 10, 5), 3, True)
    """
    chain, effects = history.chain, history.effects
    location = chain.location[visit]
    every = _Onsets.before(visit, baselines, location, look_back, least_baseline)
    terms = np.zeros((*every.onset.shape, len(history.channels)))
    of_overall, of_sections, of_dimensions, of_spread = SHARES[direction]
    loose = np.where(baselines.restarted[location], RESTARTED_VARIANCE, 0.0)[:, None]
    prior = effects.region[chain.region[location]][:, None], effects.variance["location"] + loose
    drops = tried_drops(DROPS, smallest_drop)
    ratios, mean, variance = _level_ratios(history, every, 0, *prior, direction * drops)
    terms[:, :, 0] = of_overall * ratios
    near = every.nearest(PART_LOOK_BACK)
    reach = slice(0, near.onset.shape[1])
    # a part starts from what is known of the location's overall level
    prior = mean[:, reach], effects.variance["section"] + variance[:, reach] + loose
    drops = tried_drops(PART_DROPS, smallest_drop)
    sections = set(chain.section[effects.is_observed].tolist())
    n_parts = {SECTION: len(sections), DIMENSION: 2}
    for c, channel in enumerate(history.residuals.channels[1:], start=1):
        kind, _, index = channel.partition(":")
        if kind == SECTION and int(index) not in sections:
            continue
        ratios, _, _ = _level_ratios(history, near, c, *prior, direction * drops)
        terms[:, reach, c] = (of_sections if kind == SECTION else of_dimensions) / n_parts[kind] * ratios
    if of_spread and visit.size:
        terms[:, reach, -1] = of_spread * _spread_ratios(history, baselines, near)
    return Evidence(visit, terms)


@dataclass(frozen=True, eq=False)
class _Onsets:
    """(N, J) each: the baseline's first visit, the visit of the onset, the visit after the last, and whether
    a change may have begun there at all; where not, the onset is the last visit itself."""

    first: np.ndarray
    onset: np.ndarray
    stop: np.ndarray
    allowed: np.ndarray

    @classmethod
    def before(
        cls, visit: np.ndarray, baselines: Baselines, location: np.ndarray, look_back: int, least_baseline: int
    ) -> "_Onsets":
        onset = visit[:, None] - np.arange(look_back)
        first = baselines.first[location][:, None]
        allowed = (onset >= baselines.candidate[location][:, None]) & (onset - first >= least_baseline)
        onset = np.where(allowed, onset, visit[:, None])
        return cls(np.minimum(first, onset), onset, np.broadcast_to(visit[:, None] + 1, onset.shape), allowed)

    def nearest(self, n: int) -> "_Onsets":
        return _Onsets(self.first[:, :n], self.onset[:, :n], self.stop[:, :n], self.allowed[:, :n])


def _level_ratios(history: History, at: _Onsets, c: int, prior_mean, prior_variance, drops: np.ndarray):
    """Mean likelihood ratio over the drops (below 0: rises) of channel c at each onset, 0 where none is
    allowed, and the mean and variance of the level before it."""
    before = history.weight[at.onset, c] - history.weight[at.first, c]
    variance = 1 / (before + 1 / prior_variance)
    mean = variance * (history.level[at.onset, c] - history.level[at.first, c] + prior_mean / prior_variance)
    after = history.weight[at.stop, c] - history.weight[at.onset, c]
    known = at.allowed & (after > 0)
    after = np.where(known, after, 1.0)
    now = (history.level[at.stop, c] - history.level[at.onset, c]) / after
    n_after, n_before = at.stop - at.onset, np.maximum(at.onset - at.first, 1)
    auditor = (history.auditor[at.stop, 0] - history.auditor[at.onset, 0]) / n_after
    new_form = (history.unfamiliarity[at.stop, c] - history.unfamiliarity[at.onset, c]) / n_after
    new_form -= (history.unfamiliarity[at.onset, c] - history.unfamiliarity[at.first, c]) / n_before
    model = max(MODEL_VARIANCE, 2 * history.effects.variance.get("wander", 0.0))  # of a difference of two stretches
    model += MORE_IN_PART if c else 0.0
    doubt = variance + 1 / after + auditor + np.maximum(new_form, 0.0) + model
    chance = (history.binomial[at.stop, c] - history.binomial[at.onset, c]) / after**2
    information = np.maximum(history.information[at.stop, c] - history.information[at.onset, c], 1e-9)
    typical = np.clip((history.leaning[at.stop, c] - history.leaning[at.onset, c]) / information, 0.01, 0.99)
    total = np.zeros(known.shape)
    for drop in drops:
        slope = drop / doubt
        correction = 1 + (skew_correction(slope * chance, typical) - 1) * chance / doubt
        ratio = slope * (mean - now) - correction * drop * drop / (2 * doubt)
        total += np.exp(np.clip(ratio, LOWEST, HIGHEST))
    return np.where(known, total / len(drops), 0.0), mean, variance


def _spread_ratios(history: History, baselines: Baselines, at: _Onsets) -> np.ndarray:
    """(N, J) likelihood ratio of a larger spread from each onset on, 0 where none is allowed."""
    lowest = int(at.onset.min())
    near = np.arange(lowest, int(at.stop.max()))  # each of these visits is the onset of many terms: believe once
    first = np.minimum(baselines.first[history.chain.location[near]], near)
    belief = believed(history.spread[near] - history.spread[first])
    ratios = spread_ratio(belief[at.onset - lowest], history.spread[at.stop] - history.spread[at.onset])
    return np.where(at.allowed, ratios, 0.0)


def skew_correction(exponent, p):
    """Cumulant of minus a centred Bernoulli variable over its quadratic part, by the next two cumulants.

    exponent, p : arrays that broadcast; p in (0, 1). Where p is high a run of misses is likelier than the
    normal law says; dividing by the right cumulant keeps the mean likelihood ratio near 1 without a change.
    Exact: 1.301 at exponent 1 and p = 0.9; the cumulants left out matter beyond an exponent of 2, where this
    one is the larger.

    >>> round(float(skew_correction(1.0, 0.9)), 3), float(skew_correction(0.0, 0.9))
    (1.305, 1.0)
    """
    return 1 + exponent * (2 * p - 1) / 3 + exponent**2 * (1 - 6 * p * (1 - p)) / 12


def tried_drops(drops, smallest: float) -> np.ndarray:
    """The drops of at least `smallest` logits; the largest one where none is.

    >>> tried_drops((0.3, 0.6, 0.9), 0.5).tolist(), tried_drops((0.3, 0.6, 0.9), 2.0).tolist()
    ([0.6, 0.9], [0.9])
    """
    return np.array([drop for drop in drops if drop >= smallest - 1e-9] or [max(drops)])


def baseline_level(history: History, *, first: int, onset: int, channel: int, restarted: bool = False) -> float:
    """The level, in logits, that a location's visits first..onset-1 lead one to expect in a channel of
    residuals.

    Without a visit it is the mean of the region; with many it is what they show, one logit above what was expected:

    >>> from dataclasses import replace
    >>> from reports.measure.severity import fit_effects
    >>> n, many = [0] * 900, range(900)
    >>> chain = Chain(n, many, many, n, n, n, [[240]] * 675 + [[0]] * 225, many, [0], [0], [0], [0], 1)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(1), overdispersion=np.zeros(2))
    >>> history = History(chain, even)
    >>> [round(baseline_level(history, first=0, onset=onset, channel=0), 1) for onset in (0, 900)]
    [0.0, 1.0]
    """
    effects, found = history.effects, history.residuals
    loose = RESTARTED_VARIANCE if restarted else 0.0
    mean = float(effects.region[history.chain.region[history.chain.location[first]]])
    prior_variance = effects.variance["location"] + loose
    for c in (0, channel) if channel else (0,):
        w, y = found.weight[first:onset, c], found.level[first:onset, c]
        variance = 1 / (w.sum() + 1 / prior_variance)
        mean = float(variance * (w @ y + mean / prior_variance))
        prior_variance = effects.variance["section"] + variance + loose
    return mean


def seen_and_expected(
    history: History, visit: np.ndarray, channel: str, *, first: int, onset: int, restarted: bool = False
) -> tuple[float, float]:
    """What some visits of one location show in a channel, and what its visits first..onset-1 lead one to
    expect.

    visit : (n,) int. channel : of the residuals, then both are shares (0..1), the expected one for the
    criteria, auditors and dayparts of these visits, and NaN where nothing was observed; or "consistency",
    then both are the spread of interactions in points (0..1 scale). restarted : the location had changed
    before `first`.

    Twelve weekly visits find four of five kept, the next eight one of five:

    >>> from reports.measure.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> effects = fit_effects(chain, at=0.0)
    >>> found = seen_and_expected(History(chain, effects), np.arange(12, 20), "overall", first=0, onset=12)
    >>> [round(share, 1) for share in found]
    [0.2, 0.8]
    """
    if channel == CONSISTENCY:
        likelihoods = history.likelihoods
        seen, before = likelihoods[visit], likelihoods[first:onset]
        return mean_spread(seen, history.effects), mean_spread(before, history.effects)
    place = history.residuals.channels.index(channel)
    level = baseline_level(history, first=first, onset=onset, channel=place, restarted=restarted)
    member = channel_members(history.chain)[:, place] > 0
    return shares(history.chain, history.effects, visit, member, level=level)


def shares(
    chain: Chain, effects: Effects, visit: np.ndarray, member: np.ndarray, *, level: float
) -> tuple[float, float]:
    """Seen and expected share (0..1) of a channel over some visits of one location, were it still at `level`
    logits.

    member : (C,) bool, the criteria of the channel. NaN, NaN where nothing was observed.

    Three of four were kept, where even odds let one expect two:

    >>> from dataclasses import replace
    >>> from reports.measure.severity import fit_effects
    >>> ratings = [[240], [240], [240], [0]]
    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], ratings, [0] * 4, [0], [0], [False], [0], 1)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(1), day=np.zeros(1))
    >>> shares(chain, even, np.array([0]), np.array([True]), level=0.0)
    (0.75, 0.5)
    """
    n = chain.observed[visit][:, member].astype(float)
    if not n.sum():
        return float("nan"), float("nan")
    offset = level + effects.common(chain)[visit]
    p = expit(effects.criterion[member] + offset[:, None])
    return float(chain.conforming[visit][:, member].sum() / n.sum()), float((n * p).sum() / n.sum())


def _cumulated(rows: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
