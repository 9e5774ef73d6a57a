"""How alike interactions at one location are treated: two numbers, because one lies.

Pairwise agreement on a yes/no criterion is a function of the mean alone; it cannot see "good with one
customer, bad with the next". So the level is told by the promise kept, the evenness by the spread of
interactions beyond chance.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from reports.measure.model.chain import NONE, Chain
from reports.measure.model.effects import Effects
from reports.measure.model.own_levels import left_by_fit, usual_circumstances
from reports.measure.model.residuals import logits, residuals
from reports.measure.scores import promise_kept
from reports.measure.unevenness import LEAST_VISITS, unevenness

Z_90 = 1.645
PRIOR_VISITS = 4.0  # how many visits the chain's usual variance counts for in a location's own


@dataclass(frozen=True, eq=False)
class Shrunk:
    """One number per location with a 90 % interval.

    value, low, high : (L,) NaN with fewer than LEAST_VISITS visits that tell it.
    raw : (L,) before shrinking. missing : (L,) int, how many more such visits are needed before it is shown.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    raw: np.ndarray
    missing: np.ndarray


@dataclass(frozen=True, eq=False)
class Consistency:
    """What `consistency` returns, per location over the visits given.

    promise_kept : share of interactions in which every observed critical criterion conformed, 0..1.
    unevenness : standard deviation, in points (0..1 scale), of the interactions' expected conformity beyond
    chance.
    within_visits : (L,) share of that variance that lies between interactions of the same visit (shift to
    shift) and not between visits (day to day), 0..1; NaN where there is no spread or it cannot be told.
    """

    promise_kept: Shrunk
    unevenness: Shrunk
    within_visits: np.ndarray


def consistency(chain: Chain, effects: Effects, *, passing: float = 0.5) -> Consistency:
    """Promise kept and unevenness of each location over the visits of `chain`.

    chain : the visits that should count, with the criteria of `effects`. passing : see `scores.promise_kept`.
    Unevenness: see `unevenness.unevenness`. The promise is shrunk by empirical Bayes (Morris 1983, JASA 78, 47-55):
    m + B (x - m) +- 1.645 sqrt(B v), B = tau2 / (tau2 + v), v by the jackknife over visits (Tukey 1958; Miller 1974,
    Biometrika 61, 1-15).
    Returns Consistency. Raises ValueError when the number of criteria differs.

    Of four visits with two interactions each, one interaction broke its critical promise: 7 of 8 kept. The second
    location has no visit yet.

    >>> from reports.measure.model.severity import fit_effects
    >>> none, day, ratings, visit = [0] * 4, range(4), [[240]] * 7 + [[0]], [0, 0, 1, 1, 2, 2, 3, 3]
    >>> chain = Chain(none, day, day, none, none, none, ratings, visit, [0], [0], [True], [0, 0], 2)
    >>> promise = consistency(chain, fit_effects(chain)).promise_kept
    >>> promise.value.round(3).tolist(), promise.missing.tolist()
    ([0.875, nan], [0, 4])
    """
    if effects.criterion.size != chain.n_criteria:
        raise ValueError(
            f"effects know {effects.criterion.size} criteria, the chain has {chain.n_criteria}: fit the effects again"
        )
    kept = promise_kept(chain.ratings, chain.critical, passing=passing)
    told = np.isfinite(kept)
    n = np.bincount(chain.rating_visit[told], minlength=chain.n_visits)
    promise = _shrunk(chain, np.bincount(chain.rating_visit[told], kept[told], chain.n_visits), n)
    surplus = _own_surplus(chain, effects)
    here = effects.of_location(chain) + surplus + usual_circumstances(chain, effects)
    offset = logits(chain, effects) + surplus[chain.location]
    found = unevenness(
        chain,
        expit(effects.criterion + offset[:, None]),
        expit(effects.criterion + here[:, None]),
        left_by_fit=left_by_fit(chain, effects, residuals(chain, effects).weight[:, 0]),
    )
    uneven = Shrunk(found.value, found.low, found.high, found.raw, found.missing)
    return Consistency(promise, uneven, found.within_visits)


def pairwise_agreement(chain: Chain) -> np.ndarray:
    """(L, C) probability that two interactions of one location are treated alike, per criterion.

    Conformity from one half on counts as yes. 1 - 2 k (n - k) / (n (n - 1)) for k of n; NaN below two
    observations. A description only: it is a function of the mean, and sees no unevenness.

    3 of 4 conform: 1 - 2 * 3 * 1 / (4 * 3) = 0.5

    >>> ratings = [[240], [240], [240], [0]]
    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], ratings, [0] * 4, [0], [0], [False], [0], 1)
    >>> pairwise_agreement(chain).tolist()
    [[0.5]]
    """
    location = chain.location[chain.rating_visit]
    seen = chain.ratings != NONE
    n, k = np.zeros((2, chain.n_locations, chain.n_criteria))
    np.add.at(n, location, seen)
    np.add.at(k, location, seen & (chain.ratings >= 120))
    pairs = n * (n - 1)
    return 1 - np.divide(2 * k * (n - k), pairs, out=np.full_like(n, np.nan), where=pairs > 0)


def _sums(index: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(index, values, size).astype(float)  # of nothing, bincount gives integers


def _own_surplus(chain: Chain, effects: Effects) -> np.ndarray:
    """(L,) one step, in logits, from the fitted level to the level that these visits show."""
    p = expit(effects.criterion + logits(chain, effects)[:, None])
    gap = (chain.conforming - chain.observed * p).sum(axis=1)
    information = (chain.observed * p * (1 - p)).sum(axis=1)
    total = _sums(chain.location, information, chain.n_locations)
    surplus = _sums(chain.location, gap, chain.n_locations)
    return np.clip(surplus / (total + 1 / effects.variance["location"]), -2, 2)


def _shrunk(chain: Chain, amount: np.ndarray, weight: np.ndarray) -> Shrunk:
    """The share sum(amount) / sum(weight) of each location, jackknifed over its visits and shrunk to the chain's."""
    location, size = chain.location, chain.n_locations
    telling = weight > 0
    n = np.bincount(location[telling], minlength=size)
    total, mass = _sums(location, amount, size), _sums(location, weight, size)
    raw = np.divide(total, mass, out=np.full(size, np.nan), where=mass > 0)
    shown = n >= LEAST_VISITS
    missing = np.maximum(LEAST_VISITS - n, 0)
    if not shown.any():
        empty = np.full(size, np.nan)
        return Shrunk(empty, empty, empty, raw, missing)
    influence = np.where(telling, (amount - np.nan_to_num(raw)[location] * weight) ** 2, 0.0)
    spread = np.bincount(location, influence, size)
    usual = spread[shown].sum() / (weight[shown[location]] ** 2).sum()  # variance of a visit's own ratio
    of_usual = usual * np.bincount(location, weight**2, size)
    own = spread * n / np.maximum(n - 1, 1)
    mixed = (own * n + of_usual * PRIOR_VISITS) / (n + PRIOR_VISITS)
    variance = np.divide(mixed, mass**2, out=np.full(size, np.nan), where=mass > 0)
    x, v = raw[shown], variance[shown]
    centre = float(np.average(x, weights=mass[shown]))
    tau2 = max(float(np.mean((x - centre) ** 2 - v)), 1e-6)
    trust = tau2 / (tau2 + variance)
    value = centre + trust * (raw - centre)
    half = Z_90 * np.sqrt(trust * variance)
    answer = [np.where(shown, np.clip(values, 0.0, 1.0), np.nan) for values in (value, value - half, value + half)]
    return Shrunk(answer[0], answer[1], answer[2], raw, missing)
