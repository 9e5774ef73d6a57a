"""What is kept lately: the level of each location with an interval, adjusted visits, the chain's movement."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects, looked_up
from reports.measure.model.residuals import residuals
from reports.measure.model.severity import WINDOW_DAYS

LEAST_VISITS = 4
Z_90 = 1.645
PRIOR_VISITS = 4.0  # how many visits the chain's usual variance counts for in a location's own


@dataclass(frozen=True, eq=False)
class Levels:
    """The level of each location on the 0..1 scale, and what it rests on.

    level, low, high : (L,) share kept, adjusted to the location's own mix, with a 90 % interval; NaN with fewer than
    LEAST_VISITS visits. n_visits : (L,) int, the visits that count.
    """

    level: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n_visits: np.ndarray


@dataclass(frozen=True, eq=False)
class Usual:
    """What is usual in a chain, that the level of each of its locations is measured against.

    mix : (C,) share of the ratings that each criterion has. visit_variance : of one visit's share, as the jackknife
    sees it. mean, variance : of the true levels. Those three are NaN where no location has LEAST_VISITS visits.
    """

    mix: np.ndarray
    visit_variance: float
    mean: float
    variance: float


def adjusted_values(chain: Chain, effects: Effects, usual: Usual | None = None) -> np.ndarray:
    """The share that each visit shows once its auditor, daypart, staffing, day and choice of criteria are taken out.

    chain : with the criteria of `effects`. usual : of the whole chain, where this one is a part of it.
    Returns (V,) float, on the 0..1 scale and beyond it where a visit surprises; NaN where nothing was observed. It is
    what the location's fitted level leads one to expect on the chain's mix of criteria, plus the surplus of what was
    seen over what these circumstances lead one to expect.

    Expected at even odds, the one visit sees 3 of 4: 0.5 + (3 - 2) / 4.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> ratings = [[240], [240], [240], [0]]
    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], ratings, [0] * 4, [0], [0], [False], [0], 1)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(1), location=np.zeros(1), day=np.zeros(1))
    >>> adjusted_values(chain, even).tolist()
    [0.75]
    """
    share, surplus, n = _surplus(chain, effects, mix_of(chain) if usual is None else usual.mix)
    return share[chain.location] + np.divide(surplus, n, out=np.full(n.shape, np.nan), where=n > 0)


def recent_levels(chain: Chain, effects: Effects, since, usual: Usual | None = None) -> Levels:
    """The level of each location over its visits from `since` on, with a 90 % interval.

    since : (L,) or one float, days since 1970-01-01 UTC. usual : of the whole chain, where this one is a part of it;
    then each location's level rests on its own visits and on nothing else here. Returns Levels.
    The mean is weighted by observations, its variance by the jackknife over visits (Tukey 1958), with the chain's
    usual variance mixed in, as four visits alone tell little about their spread; then it is shrunk towards the mean
    of the chain (Morris 1983, JASA 78, 47-55): m + B (x - m) +- 1.645 sqrt(B v), B = tau2 / (tau2 + v).

    Four visits find three of four kept, alike, at each of two stores; a third store has one visit, and three would
    have to be added:

    >>> from reports.measure.model.severity import fit_effects
    >>> none, day, location = [0] * 9, [0, 7, 14, 21] * 2 + [0], [0] * 4 + [1] * 4 + [2]
    >>> seen, four = [[240, 240, 240, 0]] * 9, [0] * 4
    >>> chain = Chain(location, day, day, none, none, none, seen, range(9), four, four, four, [0] * 3, 3)
    >>> found = recent_levels(chain, fit_effects(chain, at=-1.0), since=0.0)
    >>> found.level.round(2).tolist(), found.n_visits.tolist()
    ([0.75, 0.75, nan], [4, 4, 1])
    """
    if usual is None:
        usual = usual_levels(chain, effects, since)
    x, per_visit, n_visits = _own_levels(chain, effects, since, usual.mix)
    enough = (n_visits >= LEAST_VISITS) & np.isfinite(usual.mean)
    variance = _variance(per_visit, n_visits, usual.visit_variance)
    shrink = usual.variance / (usual.variance + np.maximum(variance, 1e-12))
    level = usual.mean + shrink * (x - usual.mean)
    half = Z_90 * np.sqrt(shrink * variance)
    bounds = [np.where(enough, np.clip(value, 0, 1), np.nan) for value in (level, level - half, level + half)]
    return Levels(bounds[0], bounds[1], bounds[2], n_visits)


def usual_levels(chain: Chain, effects: Effects, since) -> Usual:
    """What is usual among the locations of a chain over their visits from `since` on, (L,) or one float in days.

    A chain without visits has one criterion in its mix, and no level:

    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> usual_levels(empty, fit_effects(empty), 0.0)
    Usual(mix=array([1.]), visit_variance=nan, mean=nan, variance=nan)
    """
    mix = mix_of(chain)
    x, per_visit, n_visits = _own_levels(chain, effects, since, mix)
    enough = n_visits >= LEAST_VISITS
    if not enough.any():
        return Usual(mix, float("nan"), float("nan"), float("nan"))
    usual = float(np.average(per_visit[enough], weights=n_visits[enough] - 1))
    mean, variance = _prior(x[enough], _variance(per_visit, n_visits, usual)[enough])
    return Usual(mix, usual, mean, variance)


def mix_of(chain: Chain) -> np.ndarray:
    """(C,) share of a chain's ratings that each criterion has; equal shares where there is no rating.

    Of four ratings three are of the first criterion:

    >>> ratings = [[240, 255], [0, 240], [240, 255]]
    >>> mix_of(Chain([0], [1], [1], [0], [0], [0], ratings, [0] * 3, [0, 0], [0, 0], [0, 0], [0], 1)).tolist()
    [0.75, 0.25]
    """
    n = chain.observed.sum(axis=0, dtype=float)
    return n / n.sum() if n.sum() else np.full(n.shape, 1 / max(n.size, 1))


def _own_levels(chain: Chain, effects: Effects, since, mix: np.ndarray):
    """(L,) each: the location's own mean, its jackknife variance times visits, and how many visits count."""
    share, surplus, n = _surplus(chain, effects, mix)
    limit = np.broadcast_to(np.asarray(since, float), (chain.n_locations,))
    counted = (chain.time >= limit[chain.location]) & (n > 0)
    location = chain.location[counted]
    gap, size = surplus[counted], n[counted]

    def total(values):
        return np.bincount(location, values, chain.n_locations)

    n_visits = np.bincount(location, minlength=chain.n_locations)
    observed = np.maximum(total(size), 1.0)
    mean = total(gap) / observed
    rest = np.maximum(observed[location] - size, 1.0)
    without = (total(gap)[location] - gap) / rest  # the mean with one visit left out
    centre = total(without) / np.maximum(n_visits, 1)
    per_visit = total((without - centre[location]) ** 2) * np.maximum(n_visits - 1, 0)
    return share + mean, per_visit, n_visits


def _variance(per_visit: np.ndarray, n_visits: np.ndarray, usual: float) -> np.ndarray:
    """(L,) of each location's own mean: what its visits show, and the usual one counting for PRIOR_VISITS."""
    freedom = np.maximum(n_visits - 1, 0)
    return (freedom * per_visit + PRIOR_VISITS * usual) / (freedom + PRIOR_VISITS) / np.maximum(n_visits, 1)


def fitted_levels(chain: Chain, effects: Effects) -> np.ndarray:
    """The share that each location is expected to keep on the chain's mix of criteria, from its effect in the model.

    Empirical Bayes: with few visits it lies close to its region. Returns (L,) on the 0..1 scale, NaN without a visit.

    Two criteria at even odds, and a location 1.1 logits above the others: expit(1.1).

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], [[240, 0]], [0], [0, 0], [0, 0], [False] * 2, [0, 0], 2)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(2), location=np.full(2, 1.1))
    >>> fitted_levels(chain, even).round(2).tolist()
    [0.75, nan]
    """
    share, here = np.full(chain.n_locations, np.nan), np.unique(chain.location)
    share[here] = expected_shares(effects, here, mix_of(chain))
    return share


def expected_shares(effects: Effects, location: np.ndarray, mix: np.ndarray) -> np.ndarray:
    """(n,) the share, 0..1, that the effects of locations (n,) lead one to expect on a mix of criteria (C,).

    Even odds, but half of the mix 1.1 logits easier: (expit(0) + expit(1.1)) / 2.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> chain = Chain([], [], [], [], [], [], np.zeros((0, 2)), [], [0, 0], [0, 0], [False] * 2, [0], 1)
    >>> effects = replace(fit_effects(chain), criterion=np.array([0.0, 1.1]), location=np.zeros(1))
    >>> expected_shares(effects, np.array([0]), np.array([0.5, 0.5])).round(3).tolist()
    [0.625]
    """
    return expit(effects.criterion + looked_up(effects.location, location)[:, None]) @ mix


def chain_movement(effects: Effects) -> float:
    """How far the whole chain lies above (+) or below (-) its average this week, on the 0..1 scale.

    The average location and all criteria, on the last day of `effects` against the mean of its days; 0 without
    criteria.

    Even odds, and a week 0.2 logits above the average of 0: expit(0.2) - 0.5.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> effects = replace(fit_effects(empty), criterion=np.zeros(1), day=np.array([-0.2, 0.0, 0.2]))
    >>> round(chain_movement(effects), 4)
    0.0498
    """
    if not effects.criterion.size or not effects.day.size:
        return 0.0
    ease = effects.criterion + (effects.location.mean() if effects.location.size else 0.0)
    return float((expit(ease + effects.day[-1]) - expit(ease + effects.day.mean())).mean())


def fit_window(chain: Chain, *, look_back: int, at: float) -> float:
    """How many days of the past to fit and scan: 78 weeks, or more where visits are rare.

    look_back : visits. A location reaches back to its look_back-th last visit, or to its first, and nine in ten reach
    no further than the window. Where most locations have fewer visits than that, none is left out: a chain with one
    visit a year is judged on all its years. Returns days.

    >>> chain = Chain([0, 0], [0, 3650], [0, 3650], [0, 0], [0, 0], [0, 0], np.zeros((0, 1)), [], [0], [0], [False],
    ...     [0], 1)
    >>> fit_window(chain, look_back=40, at=3651.0)
    3652.0
    """
    n = np.diff(chain.first_visit)
    some = n > 0
    if not some.any():
        return WINDOW_DAYS
    earliest = np.maximum(chain.first_visit[1:] - look_back, chain.first_visit[:-1])[some]
    reach = at - chain.time[earliest]
    rare = np.median(n[some]) < look_back
    return float(max(WINDOW_DAYS, np.ceil(reach.max() if rare else np.quantile(reach, 0.9)) + 1))


def _surplus(chain: Chain, effects: Effects, mix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(L,) expected share of each location that has a visit; (V,) seen minus expected; (V,) ratings."""
    found = residuals(chain, effects)
    share, here = np.zeros(chain.n_locations), np.unique(chain.location)
    share[here] = expected_shares(effects, here, mix)
    return share, found.seen[:, 0] - found.expected[:, 0], found.n[:, 0]


def _prior(x: np.ndarray, variance: np.ndarray, n_steps: int = 20) -> tuple[float, float]:
    """Mean and variance of the true levels: moments, with weights 1 / (tau2 + v) (Morris 1983, section 5)."""
    tau2 = max(float(x.var() - variance.mean()), 1e-6)
    mean = float(x.mean())
    for _ in range(n_steps):
        weight = 1 / (tau2 + np.maximum(variance, 1e-12))
        mean = float((weight * x).sum() / weight.sum())
        if x.size > 1:
            spread = (x - mean) ** 2 * x.size / (x.size - 1)
            tau2 = max(float((weight * (spread - variance)).sum() / weight.sum()), 1e-6)
    return mean, tau2
