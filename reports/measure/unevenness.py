"""How much the interactions of each location differ beyond chance, in points, and how sure that is.

Two ratings of one interaction go the same way where that interaction went better or worse than others: the products
of their residuals hold no chance, whatever the link, the grades or the expectation's own spread. What is believed of
a location follows from its mean product and from how much the chain's locations differ.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import gamma

from reports.measure.model.chain import FULL, NONE, Chain
from reports.measure.model.levels import mix_of

LEAST_VISITS = 4
ROWS_AT_ONCE = 65536
GRID = np.r_[0.0, np.geomspace(0.0025, 0.5, 120)]  # of the unevenness, 0..1; no share differs by more than 0.5
MIDDLES, SPREADS = GRID[1::2], np.array([0.02, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0])  # of a chain's, the latter of its log
USUAL_SPREAD = 0.5  # scale of the half-Cauchy prior of SPREADS
CHANCE_OF_NONE = 0.3  # that no interaction of a chain differs beyond chance
COUNTED = 0.5  # of what each location says of the chain: auditors, weeks and the fit are shared
TAILS = 2.0  # excess kurtosis of shares whose logits are normal: 1.3 at 4 points, 3.5 at 10, 1.3 at 23
USUAL_WITHIN = 0.6  # share within visits where a chain has no pair of interactions to tell
TAIL = 0.05


@dataclass(frozen=True, eq=False)
class Unevenness:
    """All (L,), 0..1 scale; NaN with fewer than LEAST_VISITS visits that tell it.

    value, low, high : posterior mean and 90 % interval of the standard deviation. raw : before anything of the chain
    comes in, 0 where interactions differ less than by chance. missing : int, how many more such visits are needed.
    within_visits : share of the variance between interactions of one visit, NaN where there is none to share.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    raw: np.ndarray
    missing: np.ndarray
    within_visits: np.ndarray


def unevenness(chain: Chain, p: np.ndarray, usual: np.ndarray, *, left_by_fit: float = 1.0) -> Unevenness:
    """The unevenness of each location over the visits of `chain`, as a usual auditor would find it at a usual hour.

    p : (V, C) expected share of each criterion at each visit, in (0, 1). usual : (L, C) the same at a usual visit.
    left_by_fit : the share of degrees of freedom between visits that the expectations have left (`own_levels`).
    The location's own mean residual is taken out first, and its variance (jackknife over visits: Tukey 1958) added
    again. With n ratings, residuals r and their sum g in an interaction, and f points there for one at a usual visit,
    x = sum (g^2 - sum r^2) / sum f^2 n (n - 1), a U statistic (Hoeffding 1948, Annals of Mathematical Statistics 19,
    293-325). x and the chance k in it follow a gamma law of mean s^2 + k
    (Satterthwaite 1946, Biometrics Bulletin 2, 110-114), s is log-normal over locations, and middle and spread of
    that are what all locations make likely. An interval reaches down to 0 where chance alone explains x. See
    docs/method.md.

    Of four visits with two interactions each, one keeps all of four criteria and the other none of them: every
    product is 1/4, and so is the variance.

    >>> day, none = [0, 1, 2, 3], [0] * 4
    >>> ratings, visit = [[240] * 4, [0] * 4] * 4, [0, 0, 1, 1, 2, 2, 3, 3]
    >>> chain = Chain(none, day, day, none, none, none, ratings, visit, none, none, none, [0], 1)
    >>> found = unevenness(chain, np.full((4, 4), 0.5), np.full((1, 4), 0.5))
    >>> found.raw.tolist(), found.within_visits.tolist(), found.missing.tolist()
    ([0.5], [1.0], [0])
    """
    sums = _sums(chain, p, usual, left_by_fit)
    size = chain.n_locations
    missing = np.maximum(LEAST_VISITS - sums.n_visits, 0)
    told = (missing == 0) & (sums.weight > 0)
    value, low, high = (np.full(size, np.nan) for _ in range(3))
    with np.errstate(invalid="ignore"):
        raw = np.sqrt(np.maximum(sums.variance, 0.0))
    if told.any():
        likelihood, is_chance = _likelihood(sums, told)
        value[told], low[told], high[told] = _posterior(likelihood)
        low[told] = np.where(is_chance, 0.0, low[told])
    return Unevenness(value, low, high, raw, missing, _within(sums))


@dataclass(frozen=True, eq=False)
class _Sums:
    """All (L,). variance, between : of interactions and of visits, points squared, NaN where nothing tells. chance :
    in `variance`. weight, pairs : what the two rest on. alone, together : the weight that interactions and visits
    have in how uncertain `variance` is. n_visits : that tell."""

    variance: np.ndarray
    between: np.ndarray
    chance: np.ndarray
    weight: np.ndarray
    pairs: np.ndarray
    alone: np.ndarray
    together: np.ndarray
    n_visits: np.ndarray


def _sums(chain: Chain, p: np.ndarray, usual: np.ndarray, left_by_fit: float) -> _Sums:
    visit, size = chain.rating_visit, chain.n_locations
    here = chain.location[visit]
    n, gap, square = _residuals(chain, p)

    def of_visit(values):
        return np.bincount(visit, values, chain.n_visits)

    def of_location(values):
        return np.bincount(chain.location, values, size).astype(float)

    def ratio(amount, of):
        return np.divide(amount, of, out=np.full(size, np.nan), where=of > 0)

    total = np.bincount(here, n, size)
    mean = np.divide(np.bincount(here, gap, size), total, out=np.zeros(size), where=total > 0)
    square = square - 2 * mean[here] * gap + n * mean[here] ** 2
    gap = gap - n * mean[here]
    steeper = _steeper(chain, p, usual, gap**2 - square, n * (n - 1))[visit]
    weight, scale = n * (n - 1) * steeper**2, n * steeper
    visit_weight, visit_gap = of_visit(weight), of_visit(gap)
    n_visits = np.bincount(chain.location[visit_weight > 0], minlength=size)
    squares, visit_scale = of_location(visit_gap**2), of_visit(scale)
    lost = ratio(squares * n_visits / np.maximum(n_visits - 1, 1), of_location(visit_scale) ** 2)  # by the own mean
    lost = np.nan_to_num(lost + (1 / left_by_fit - 1) * ratio(squares, of_location(visit_scale**2)))
    mass, alone = of_location(visit_weight), of_location(of_visit(weight**2))
    pairs = of_location(visit_scale**2 - of_visit(scale**2))
    products = squares - of_location(of_visit(gap**2))
    chance = np.divide((n - 1) * square, n, out=np.zeros(n.size), where=n > 0)

    return _Sums(
        variance=ratio(of_location(of_visit(gap**2 - square)), mass) + lost,
        between=ratio(products, pairs) + lost,
        chance=ratio(of_location(of_visit(chance)), mass),
        weight=mass,
        pairs=pairs,
        alone=ratio(alone, mass**2),
        together=ratio(of_location(visit_weight**2) - alone, mass**2),
        n_visits=n_visits,
    )


def _residuals(chain: Chain, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(R,) each: ratings of an interaction, the sum of their residuals, and that of the residuals' squares."""
    p = p.astype(np.float32)
    n, gap, square = (np.zeros(chain.ratings.shape[0]) for _ in range(3))
    for start in range(0, n.size, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        seen = chain.ratings[rows] != NONE
        residual = np.where(seen, chain.ratings[rows] / FULL - p[chain.rating_visit[rows]], 0.0)
        n[rows], gap[rows] = seen.sum(axis=1), residual.sum(axis=1)
        square[rows] = (residual**2).sum(axis=1)
    return n, gap, square


def _steeper(chain: Chain, p: np.ndarray, usual: np.ndarray, products: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(V,) how many points an interaction differs by at each visit for every one that it would at a usual visit.

    It grows with p (1 - p) of the mean share where interactions differ little, with its root where they keep all or
    nothing; in between as its power 1 - sqrt(r) / 2, r the correlation of two ratings of an interaction, which is
    within .05 of what a normal spread of the logits gives.
    """
    mix = mix_of(chain)
    here, there = (np.maximum((of * (1 - of)) @ mix, 1e-6) for of in (p, usual))
    most = pairs @ here[chain.rating_visit]
    correlation = np.clip(products.sum() / most, 0, 1) if most > 0 else 0.0
    return (here / there[chain.location]) ** (1 - np.sqrt(correlation) / 2)


def _within(sums: _Sums) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        is_told = (sums.variance > 0) & np.isfinite(sums.between)
    share = np.full(sums.variance.shape, np.nan)
    variance = sums.variance[is_told]
    share[is_told] = np.clip(1 - np.clip(sums.between[is_told], 0, None) / variance, 0, 1)
    return share


def _usual_within(sums: _Sums, told: np.ndarray) -> float:
    """Of the variance of all interactions of the chain, the share that lies within visits."""
    both = told & (sums.pairs > 0)
    if not both.any():
        return USUAL_WITHIN
    variance = float(np.average(sums.variance[both], weights=sums.weight[both]))
    between = float(np.average(sums.between[both], weights=sums.pairs[both]))
    return float(np.clip(1 - between / variance, 0, 1)) if variance > 0 else USUAL_WITHIN


def _likelihood(sums: _Sums, told: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, G) log likelihood of what each told location shows under each of GRID; (T,) whether chance explains it."""
    chance = np.maximum(sums.chance[told], 1e-9)[:, None]
    mean = GRID**2 + chance
    common = (1 - _usual_within(sums, told)) * GRID**2
    alone = 2 * mean**2 + TAILS * GRID**4
    variance = sums.alone[told][:, None] * alone + 2 * sums.together[told][:, None] * common**2
    shape = mean**2 / variance * (1 - 1 / np.maximum(sums.n_visits[told], 2))[:, None]
    seen = np.maximum(sums.variance[told][:, None] + chance, 1e-3 * chance)
    is_chance = gamma.sf(seen[:, 0], shape[:, 0], scale=mean[:, 0] / shape[:, 0]) > TAIL
    return gamma.logpdf(seen, shape, scale=mean / shape), is_chance


def _posterior(likelihood: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(T,) each: mean, and the 5 and 95 % quantiles, of what is believed of each location."""
    likelihood = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    prior, log_chance = _priors()
    marginal = np.maximum(likelihood @ prior.T, 1e-300)
    log_chance = log_chance + COUNTED * np.log(marginal).sum(axis=0)
    chance = np.exp(log_chance - log_chance.max())
    chance /= chance.sum()
    believed = likelihood * ((chance / marginal) @ prior)
    believed /= believed.sum(axis=1, keepdims=True)
    value = believed @ GRID
    cumulated = np.cumsum(believed, axis=1)
    low, high = (_quantile(cumulated, share) for share in (TAIL, 1 - TAIL))
    return value, np.minimum(low, value), np.maximum(high, value)


def _priors() -> tuple[np.ndarray, np.ndarray]:
    """(H, G) what the unevenness of a location may be, in each kind of chain; (H,) log chance of each kind."""
    logs = np.log(GRID[1:])
    middle, spread = (of.ravel() for of in np.meshgrid(np.log(MIDDLES), SPREADS, indexing="ij"))
    density = np.exp(-0.5 * ((logs - middle[:, None]) / spread[:, None]) ** 2)
    density /= density.sum(axis=1, keepdims=True)
    prior = np.zeros((middle.size + 1, GRID.size))
    prior[0, 0], prior[1:, 1:] = 1.0, density
    steps = np.gradient(SPREADS)[np.searchsorted(SPREADS, spread)]
    chance = steps / (1 + (spread / USUAL_SPREAD) ** 2)
    return prior, np.log(np.r_[CHANCE_OF_NONE, (1 - CHANCE_OF_NONE) * chance / chance.sum()])


def _quantile(cumulated: np.ndarray, share: float) -> np.ndarray:
    """(T,) where so much of each row lies below, linear between the points of GRID."""
    at = np.minimum((cumulated < share).sum(axis=1), GRID.size - 1)
    row, before = np.arange(len(cumulated)), np.maximum(at - 1, 0)
    above, below = cumulated[row, at], np.where(at > 0, cumulated[row, before], 0.0)
    part = np.clip((share - below) / np.maximum(above - below, 1e-12), 0, 1)
    return GRID[before] + part * (GRID[at] - GRID[before])
