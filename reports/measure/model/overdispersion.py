"""How much visits, and quarters, differ beyond chance, and what a visit weighs because of it."""

import numpy as np
from scipy.special import gammainc

LEAST_QUARTERS, LEAST_WANDERING = 3, 10  # quarters of a location, and such locations, before a wander is estimated
MOST_WANDER = 0.25
SCATTERS = 1.15 ** np.arange(-4, 14)  # what a location's visits vary by, against the chain's
USUAL_LOCATIONS, SCATTER_STEPS = 10.0, 30
SCATTER_DOUBT = 0.5  # standard deviations above what is likely: too small a scatter raises flags, too large hides few
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


def own_scatter(residual, information, location, n_locations: int, overdispersion: float) -> np.ndarray:
    """(L,) by how much the visits of each location vary beyond the chain's `overdispersion`; below 0 less.

    Successive differences within the location, so that a drift does not inflate it, against what the chain lets
    expect of them: scaled chi square. Neighbouring differences share a visit: n of them have 2 n / 3 degrees of
    freedom. The prior of their ratios is what the locations show, over SCATTERS, beside USUAL_LOCATIONS that vary as
    the chain does; so few visits, or few locations, leave the chain's. What counts is the mean of the posterior and
    SCATTER_DOUBT of its standard deviations. Arguments as in `successive_overdispersion`; 0 for a location without a
    pair of visits.
    Source: Laird (1978), JASA 73, 805-811: a prior by EM over a grid.

    Nineteen locations whose visits differ as they should, and one whose visits differ nine times as much:

    >>> zigzag = np.tile([-0.5, 0.5], 200) * np.sqrt(0.5)
    >>> zigzag[380:] *= 3
    >>> found = own_scatter(zigzag, np.full(400, 1e9), np.repeat(np.arange(20), 20), 20, 0.25)
    >>> bool((found[:19] < 0.01).all()), found[19].round(1).item()
    (True, 1.3)
    """
    extra = np.zeros(n_locations)
    kept = np.flatnonzero(information > 0)
    left, right = kept[:-1], kept[1:]
    pair = location[left] == location[right]
    left, right = left[pair], right[pair]
    if not left.size:
        return extra
    expected = 1 / information[left] + 1 / information[right] + 2 * overdispersion
    n = np.bincount(location[left], minlength=n_locations)
    here = np.flatnonzero(n)
    squares = np.bincount(location[left], (residual[right] - residual[left]) ** 2 / expected, n_locations)[here]
    usual = np.bincount(location[left], expected / 2, n_locations)[here] / n[here]
    fit = -(n[here, None] / 3) * (np.log(SCATTERS) + (squares / n[here])[:, None] / SCATTERS)
    likelihood = np.exp(fit - fit.max(axis=1, keepdims=True))
    first = USUAL_LOCATIONS * (SCATTERS == 1.0)
    prior = np.full(SCATTERS.size, 1 / SCATTERS.size)
    for _ in range(SCATTER_STEPS):
        posterior = likelihood * prior
        posterior /= posterior.sum(axis=1, keepdims=True)
        prior = (posterior.sum(axis=0) + first) / (here.size + USUAL_LOCATIONS)
    mean = posterior @ SCATTERS
    sd = np.sqrt(np.maximum(posterior @ SCATTERS**2 - mean**2, 0.0))
    extra[here] = np.maximum((mean + SCATTER_DOUBT * sd - 1) * usual, -overdispersion)
    return extra


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
