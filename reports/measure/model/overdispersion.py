"""How much visits, and quarters, differ beyond chance, and what a visit weighs because of it."""

import numpy as np
from scipy.special import gammainc

LEAST_QUARTERS, LEAST_WANDERING = 3, 10  # quarters of a location, and such locations, before a wander is estimated
MOST_WANDER = 0.25
REJECTED = 1.3  # standard deviations of quarters from the others at which a location's says nothing of the chain


def weights(information, overdispersion):
    """Weight of a working response: 1 / (1 / information + overdispersion); 0 where there is no information.

    >>> weights(np.array([4.0, 0.0]), 0.25).tolist()
    [2.0, 0.0]
    """
    return information / (1 + information * overdispersion)


def successive_overdispersion(residual, information, location) -> float:
    """Variance of visits beyond chance from successive differences within locations, median over locations.

    A pooled variance would be inflated by the few locations that drift, and would mute their alarms; a
    difference of neighbours hardly sees a drift.
    residual : (V,) float logits, sorted by (location, time). information : (V,) float, 0 or more. location :
    (V,) int. Returns a variance from 0 to 1, and 0.1 when no location has two visits with information.
    Source: Rice (1984), Annals of Statistics 12, 1215-1230.

    >>> round(successive_overdispersion(np.array([0.0, 1.0, 0.0]), np.array([1e9] * 3), np.array([0, 0, 0])), 3)
    0.5
    """
    kept = np.flatnonzero(information > 0)
    left, right = kept[:-1], kept[1:]
    pair = location[left] == location[right]
    left, right = left[pair], right[pair]
    if not left.size:
        return 0.1
    chance = 1 / information[left] + 1 / information[right]
    excess = ((residual[right] - residual[left]) ** 2 - chance) / 2
    trust = 1 / (chance + 0.4) ** 2
    location_index = np.unique(location[left], return_inverse=True)[1]
    by_location = np.bincount(location_index, trust * excess) / np.bincount(location_index, trust)
    return float(np.clip(np.median(by_location), 0.0, 1.0))


def steadiness(effect, seen, variance: float):
    """(L, Q) how far each location's quarter may speak for the chain: 1 at the middle of its quarter, 0 far from it.

    A quarter of the stores may drift, and all one way: their mean would take the chain's weeks along, so that the
    others look better than they are, and they themselves less bad.
    effect : (L, Q) how far each location seems to have left its level in each quarter, in logits, shrunk by what its
    visits leave open: one odd visit moves it little. seen : (L, Q) bool, whether there is a visit. variance : by
    which quarters of a location differ, above 0. The middle is the median over locations, so that a fall of the
    whole chain is no reason to doubt. 1 where there is no visit.
    Source: the biweight of Beaton & Tukey (1974), Technometrics 16, 147-185.

    Of three quarters two agree and one lies half of REJECTED standard deviations away: (1 - 1/4)^2

    >>> steadiness(np.array([[0.0], [0.0], [REJECTED / 2]]), np.ones((3, 1), bool), 1.0).ravel().tolist()
    [1.0, 1.0, 0.5625]
    """
    by_quarter = zip(effect.T, seen.T, strict=True)
    middle = np.array([np.median(own[some]) if some.any() else 0.0 for own, some in by_quarter])
    away = np.where(seen, effect - middle, 0.0) / (REJECTED * np.sqrt(variance))
    return np.maximum(1 - away**2, 0.0) ** 2


def wander(residual, weight, location, quarter, n_quarters: int) -> float:
    """Variance between the quarters of a location beyond what its visits explain, at the median location.

    Stores have seasons of their own, auditors change slowly: two stretches then differ by more than chance.
    The answer is the variance at which the quarters of half of the locations differ by no more than they should; the
    few that drift hardly move it.
    residual, weight : (V,) float, logits beside the common model and inverse variances. location, quarter : (V,) int.
    n_quarters : how many there are. Returns 0 to 0.25; 0 where fewer than 10 locations have three quarters.
    Source: DerSimonian & Laird (1986), Controlled Clinical Trials 7, 177-188: heterogeneity from the weighted sum of
    squares; its median over locations against that of chi squared instead of its mean.

    Ten locations with quarters at -.1, 0 and .1, known exactly: .02 / 1.386, the median of chi squared with 2 degrees

    >>> residual, location = np.tile([-0.1, 0.0, 0.1], 10), np.repeat(np.arange(10), 3)
    >>> round(wander(residual, np.full(30, 1e9), location, np.tile(np.arange(3), 10), 3), 4)
    0.0144
    """
    if not location.size:
        return 0.0
    size = (int(location.max()) + 1) * n_quarters
    cell = location * n_quarters + quarter
    total = np.bincount(cell, weight, size).reshape(-1, n_quarters)
    pull = np.bincount(cell, weight * residual, size).reshape(-1, n_quarters)
    several = (total > 0).sum(axis=1) >= LEAST_QUARTERS
    if several.sum() < LEAST_WANDERING:
        return 0.0
    total, pull = total[several], pull[several]
    chance = np.divide(1.0, total, out=np.full(total.shape, np.inf), where=total > 0)
    mean = np.divide(pull, total, out=np.zeros(total.shape), where=total > 0)
    half_degrees = ((total > 0).sum(axis=1) - 1) / 2

    def typical(variance: float) -> float:
        """Where the median location stands in its own chi squared distribution."""
        w = 1 / (chance + variance)
        centre = (w * mean).sum(axis=1) / w.sum(axis=1)
        return float(np.median(gammainc(half_degrees, (w * (mean - centre[:, None]) ** 2).sum(axis=1) / 2)))

    low, high = 0.0, MOST_WANDER
    if typical(low) <= 0.5:
        return 0.0
    while high - low > 1e-5:
        middle = (low + high) / 2
        low, high = (middle, high) if typical(middle) > 0.5 else (low, middle)
    return high
