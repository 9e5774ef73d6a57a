"""Whether a location's interactions have come to differ more among each other than before.

The level may hold while one customer is served well and the next badly. Each interaction's ratings have a
likelihood under every spread of the interactions of a visit; the spread before an onset is compared with a
larger one after it.
"""

import numpy as np
from scipy.special import expit, logit, logsumexp

from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects, unfamiliarity
from reports.measure.model.interactions import ROWS_AT_ONCE, interactions

RATIOS = np.array([0.67, 1.0, 1.5, 2.2, 3.2, 4.5, 6.3])  # spreads that are tried, in units of the chain's usual one
PRIOR = np.array([0.10, 0.60, 0.20, 0.07, 0.02, 0.007, 0.003])  # of a location's own, before any visit
STEPS = (2, 3, 4)  # a change multiplies the spread by about 2, 3 or 4.5
LARGER = np.mean([np.eye(7)[np.minimum(np.arange(7) + step, 6)] for step in STEPS], axis=0)
"""(7, 7) where a change moves the probability of each spread to."""
LEAST_SD = 0.2  # logits; below it a spread cannot be told from chance
LEVEL_VARIANCE = 0.05  # that the expected level of a visit may be off by
ATTENUATION = (16 * np.sqrt(3) / (15 * np.pi)) ** 2  # of a logit by a normal spread; Zeger, Liang & Albert (1988)
GRID = np.arange(-5.0, 4.01, 0.25, dtype=np.float32)  # logits around the expectation
NODES = np.sqrt(3) * np.array([-1.0, 0.0, 1.0])  # Gauss-Hermite with three points, in standard deviations
NODE_WEIGHTS = np.array([1 / 6, 2 / 3, 1 / 6])
SCATTERED = np.array([-np.inf, 0.03, 0.1, 0.3, 0.8])  # steps of a location's own scatter, logits squared
UNFAMILIAR = 0.25  # logits squared; what is odd in a form that the fit has hardly seen is the form
WIDER_ODDS = 0.02  # that the spread grew with a flag, before the visits since are looked at
TINY = 1e-30  # in single precision


def spreads(effects: Effects) -> np.ndarray:
    """(7,) standard deviations, in logits, of the interactions of a visit that are tried.

    Interactions that usually differ by half a logit: from two thirds of that to more than six times as much.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> effects = fit_effects(empty)
    >>> spreads(replace(effects, variance=effects.variance | {"interaction": 0.25})).round(2).tolist()
    [0.34, 0.5, 0.75, 1.1, 1.6, 2.25, 3.15]
    """
    return RATIOS * max(LEAST_SD, float(np.sqrt(effects.variance["interaction"])))


def spread_likelihoods(chain: Chain, effects: Effects) -> np.ndarray:
    """(V, 7) log likelihood of each visit's interactions under each of the `spreads`, but for a constant per
    visit.

    An interaction's ratings enter by gap, information and typical p: as a binomial with the same first three
    cumulants. A visit on a form that the fit has hardly seen says nothing. The spread is integrated on a
    grid, the visit's own level by Gauss-Hermite quadrature. The mean share stays where it is while the spread
    grows.

    Of two visits, the first serves both customers alike, the second one with all and one with nothing. The largest
    spread is less likely than the usual one after the first, and likelier after the second.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> alike, apart, eight = [[240] * 4 + [0] * 4] * 2, [[240] * 8, [0] * 8], [0] * 8
    >>> ratings = alike + apart
    >>> two, days, visit = [0, 0], [1, 2], [0, 0, 1, 1]
    >>> chain = Chain(two, days, days, two, two, two, ratings, visit, eight, eight, eight, [0], 1)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(8), criterion_sd=np.full(8, 0.1))
    >>> found = spread_likelihoods(chain, even)
    >>> (found[:, -1] > found[:, 1]).tolist()
    [False, True]
    """
    offset = effects.of_location(chain)[chain.location] + effects.common(chain)
    found = interactions(chain, expit((effects.criterion + offset[:, None]).astype(np.float32)))
    masses = _masses(effects)
    scatter = np.searchsorted(SCATTERED, effects.of_scatter(chain), side="right") - 1
    summed = np.zeros((chain.n_visits, masses[0].shape[1]))
    for start in range(0, found.gap.size, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        p = np.clip(found.typical[rows], 0.02, 0.98).astype(np.float32)[:, None]
        gap, information = (of[rows].astype(np.float32)[:, None] for of in (found.gap, found.information))
        scale = information / (p * (1 - p))
        log = (gap + scale * p) * GRID - scale * np.log1p(p * np.expm1(GRID))
        highest = log.max(axis=1, keepdims=True)
        visit = chain.rating_visit[rows]
        log = np.log(_integrated(np.exp(log - highest), masses, scatter[visit]) + TINY) + highest
        begin = np.flatnonzero(np.r_[True, np.diff(visit) > 0])
        summed[visit[begin]] += np.add.reduceat(log, begin, axis=0)
    by_node = summed.reshape(chain.n_visits, RATIOS.size, NODES.size)
    likelihoods = logsumexp(by_node + np.log(NODE_WEIGHTS), axis=2)
    likelihoods[unfamiliarity(chain, effects) > UNFAMILIAR] = 0.0
    return likelihoods


def _masses(effects: Effects) -> list[np.ndarray]:
    """(GRID, 7 x nodes) each, single precision: what an interaction may be like, by how much visits vary there."""
    sd, found = spreads(effects), []
    moved = _usual_logit(effects) * (np.sqrt((1 + ATTENUATION * sd**2) / (1 + ATTENUATION * sd[1] ** 2)) - 1)
    for scatter in np.maximum(SCATTERED, 0.0):
        centre = moved[:, None] + np.sqrt(effects.variance["visit"] + scatter + LEVEL_VARIANCE) * NODES
        mass = np.exp(-0.5 * ((GRID[:, None, None] - centre) / sd[:, None]) ** 2).reshape(GRID.size, -1)
        found.append((mass / mass.sum(axis=0)).astype(np.float32))  # this is the costliest loop of a scan
    return found


def _integrated(likelihood: np.ndarray, masses: list[np.ndarray], scatter: np.ndarray) -> np.ndarray:
    """(n, 7 x nodes) likelihoods (n, GRID) over the mass of each row's scatter."""
    if not scatter.any():
        return likelihood @ masses[0]
    answer = np.empty((scatter.size, masses[0].shape[1]), np.float32)
    for number, mass in enumerate(masses):
        rows = scatter == number
        answer[rows] = likelihood[rows] @ mass
    return answer


def believed(before: np.ndarray) -> np.ndarray:
    """(..., 7) probability of each spread after visits with these summed log likelihoods (..., 7).

    >>> believed(np.zeros(7)).round(2).tolist()
    [0.1, 0.6, 0.2, 0.07, 0.02, 0.01, 0.0]
    """
    mass = PRIOR * np.exp(before - before.max(axis=-1, keepdims=True))
    return mass / mass.sum(axis=-1, keepdims=True)


def spread_ratio(belief: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Likelihood ratio of a larger spread after the onset, averaged over STEPS.

    belief : (..., 7) probability of each spread before the onset. after : (..., 7) log likelihoods of the
    visits after it, summed. Returns (...,); 1 where the visits after it say nothing:

    >>> round(float(spread_ratio(believed(np.zeros(7)), np.zeros(7))), 6)
    1.0
    """
    likelihood = np.exp(after - after.max(axis=-1, keepdims=True))
    same = np.maximum(_dot(belief, likelihood), 1e-250)
    return _dot(belief @ LARGER, likelihood) / same


def wider(belief: np.ndarray, after: np.ndarray, effects: Effects) -> np.ndarray:
    """(...,) by how much the variance of the interactions of a visit has grown with a change, logits squared.

    belief : (..., 7) probability of each spread before it. after : (..., 7) log likelihoods of the visits since,
    summed. Before those are looked at, WIDER_ODDS speak for a larger spread; 0 where it is less than before.

    Interactions that differ by half a logit, and visits since that leave only the spread three places further:

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> effects = replace(fit_effects(empty), variance={"interaction": 0.25})
    >>> usual, three_further = np.eye(7)[1], np.log(np.eye(7)[4] + 1e-30)
    >>> wider(usual, np.zeros(7), effects) > 0, wider(usual, three_further, effects).round(2).item()
    (np.True_, 2.31)
    """
    likelihood = np.exp(after - after.max(axis=-1, keepdims=True))
    now = (belief + WIDER_ODDS * belief @ LARGER) * likelihood
    now /= np.maximum(now.sum(axis=-1, keepdims=True), 1e-250)
    return np.maximum((now - belief) @ spreads(effects) ** 2, 0.0)


def pull_of_visits(likelihoods: np.ndarray) -> np.ndarray:
    """(V,) log likelihood ratio, visit by visit, of the middle step over the chain's usual spread.

    The middle step, from the usual spread to three places further:

    >>> pull_of_visits(np.array([[0.0, 1.0, 2.0, 3.0, 5.0, 4.0, 3.0]])).tolist()
    [4.0]
    """
    return likelihoods[:, 1 + STEPS[1]] - likelihoods[:, 1]


def mean_spread(likelihoods: np.ndarray, effects: Effects) -> float:
    """Posterior mean, in points (0..1 scale), of the spread shown by visits with log likelihoods (n, 7).

    In points at the chain's typical expectation p: the standard deviation in logits times p (1 - p).

    The visits leave only the usual spread of half a logit; at even odds that is an eighth, or 12.5 points.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> effects = fit_effects(empty)
    >>> even = replace(effects, criterion=np.zeros(1), location=np.zeros(1), variance={"interaction": 0.25})
    >>> mean_spread(np.array([[-99.0, 0.0, -99.0, -99.0, -99.0, -99.0, -99.0]]), even)
    0.125
    """
    p = float(expit(_usual_logit(effects)))
    return float(believed(likelihoods.sum(axis=0)) @ spreads(effects)) * p * (1 - p)


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.einsum("...i,...i", one, other)


def _usual_logit(effects: Effects) -> float:
    """Typical expectation of a rating, weighted by its information; at even odds before any was seen."""
    known = effects.criterion[effects.is_observed]
    if not known.size:
        return 0.0
    p = expit(known + effects.usual_location)
    return float(logit(np.average(p, weights=p * (1 - p))))
