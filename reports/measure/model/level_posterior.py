"""Where true levels lie, given what visits show: a grid over how much locations differ, and mixtures on it."""

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

Z_90 = 1.645
SPREAD_SCALE = 0.1  # of the half-Cauchy prior of the standard deviation of true levels, on the 0..1 scale
LARGEST_SPREAD = 0.5  # no shares lie further apart
N_NODES, GRID_TURNS, UNLIKELY = 21, 5, 8.0  # UNLIKELY: log odds at which the grid ends
MOST_STEPS, NEAR_ENOUGH = 60, 1e-9  # of Newton and bisection; on the 0..1 scale


def level_nodes(x: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(N, 4) the posterior of mean and variance of the true levels, on a grid.

    x, variance : (L,) own means, and their variances above 0. Columns: variance of the true levels, its chance, the
    mean that goes with it, the variance of that mean. The standard deviation has a half-Cauchy prior of scale
    SPREAD_SCALE, wide beside what chains show, and the mean none; the mean is integrated out exactly. The grid closes
    in on where the posterior has its mass.
    Source: Gelman (2006), Bayesian Analysis 1, 515-533: with few groups a variance's estimate may be 0, and its
    uncertainty is most of the answer; Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., 5.4.

    One location tells its own mean and nothing of how locations differ, so that the prior stays:

    >>> nodes = level_nodes(np.array([0.8]), np.array([0.01]))
    >>> np.unique(nodes[:, 2].round(3)).tolist(), float(nodes[nodes[:, 0] > 0.01, 1].sum().round(2))
    ([0.8], 0.44)
    """
    low, high, noise = 0.0, LARGEST_SPREAD, variance[:, None]
    for _ in range(GRID_TURNS):
        spread = np.linspace(low, high, N_NODES)
        weight = 1 / (spread**2 + noise)
        total = weight.sum(axis=0)
        mean = (weight * x[:, None]).sum(axis=0) / total
        fit = np.log(weight).sum(axis=0) - np.log(total) - (weight * (x[:, None] - mean) ** 2).sum(axis=0)
        log_chance = fit / 2 - np.log1p((spread / SPREAD_SCALE) ** 2)
        likely = np.flatnonzero(log_chance > log_chance.max() - UNLIKELY)
        low, high = spread[max(likely[0] - 1, 0)], spread[min(likely[-1] + 1, N_NODES - 1)]
    chance = np.exp(log_chance - log_chance.max())
    return np.stack([spread**2, chance / chance.sum(), mean, 1 / total], axis=1)


def widened(freedom):
    """By how much a variance grows so that 1.645 standard deviations are Student's 95 % quantile.

    >>> widened(np.array([4.0, np.inf])).round(2).tolist()
    [1.68, 1.0]
    """
    return (stdtrit(np.minimum(freedom, 1e6), 0.95) / Z_90) ** 2


def mixture_quantile(chance: np.ndarray, centre: np.ndarray, spread: np.ndarray, share: float) -> np.ndarray:
    """(L,) where a mixture of normals has `share` of its mass below.

    chance : (N,) summing to 1. centre, spread : (L, N) means and standard deviations above 0. share : in (0, 1).
    Newton's steps, or the middle of the bounds where a step leaves them or is not half of the one before (Press et
    al. 2007, Numerical Recipes, 3rd ed., 9.4).

    Halves at 0 and at 2, too narrow to overlap: the three quarters' quantile is the middle of the second.

    >>> mixture_quantile(np.array([0.5, 0.5]), np.array([[0.0, 2.0]]), np.array([[0.1, 0.1]]), 0.75).round(3).tolist()
    [2.0]
    """
    z = ndtri(share)
    ends = centre + z * spread
    low, high = ends.min(axis=1), ends.max(axis=1)
    middle = centre @ chance
    x = np.clip(middle + z * np.sqrt((spread**2 + (centre - middle[:, None]) ** 2) @ chance), low, high)
    moved = high - low
    for _ in range(MOST_STEPS):
        away = (x[:, None] - centre) / spread
        excess = ndtr(away) @ chance - share
        low, high = np.where(excess < 0, x, low), np.where(excess >= 0, x, high)
        slope = (np.exp(-(away**2) / 2) / spread) @ chance / np.sqrt(2 * np.pi)
        ahead = x - excess / np.maximum(slope, 1e-300)
        closes_in = (ahead >= low) & (ahead <= high) & (np.abs(ahead - x) <= moved / 2)
        before, x = x, np.where(closes_in, ahead, (low + high) / 2)
        moved = np.abs(x - before)
        if moved.max(initial=0.0) < NEAR_ENOUGH:
            break
    return x
