"""Whether two auditors who saw the same see the same: back-checks and paired visits."""

from dataclasses import dataclass

import numpy as np

LEAST_PAIRS = 10
N_DRAWS = 1000


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's alpha of one criterion: 1 full agreement, 0 what chance gives, below 0 worse.

    value, low, high : alpha with a 90 % interval; NaN with fewer than LEAST_PAIRS units or where all values
    are alike.
    n : units with at least two values.
    """

    value: float
    low: float
    high: float
    n: int


def krippendorff_alpha(values, *, rng: np.random.Generator, n_draws: int = N_DRAWS) -> Agreement:
    """Agreement on one criterion, values as numbers (interval metric; for yes/no the same as nominal).

    values : (N, J) float, a row per unit (the same encounter or promise), a column per auditor's reading; NaN
    missing.
    rng : seeded by the caller, draws units with replacement for the interval. n_draws : 1 or more.
    Returns Agreement. Raises ValueError when values are not two-dimensional or n_draws is below 1.
    Source: Krippendorff (2004), Content Analysis, 2nd ed., chapter 11.

    Ten pairs, one of which differs: 1 - 0.1 / 0.5263

    >>> found = krippendorff_alpha([[1, 1]] * 5 + [[0, 0]] * 4 + [[1, 0]], rng=np.random.default_rng(1))
    >>> round(found.value, 3), found.n
    (0.808, 10)
    """
    table = np.asarray(values, float)
    if table.ndim != 2:
        raise ValueError(f"values must be (units, readings); got shape {table.shape}")
    if n_draws < 1:
        raise ValueError(f"n_draws must be 1 or more; got {n_draws}")
    table = table[np.isfinite(table).sum(axis=1) >= 2]
    if table.shape[0] < LEAST_PAIRS:
        return Agreement(np.nan, np.nan, np.nan, table.shape[0])
    n, total, squares = _unit_sums(table)
    alpha = _alpha(n, total, squares)
    drawn = rng.integers(0, n.size, (n_draws, n.size))
    spread = np.array([_alpha(n[rows], total[rows], squares[rows]) for rows in drawn])
    spread = spread[np.isfinite(spread)]
    if not np.isfinite(alpha) or not spread.size:
        return Agreement(np.nan, np.nan, np.nan, n.size)
    low, high = np.quantile(spread, [0.05, 0.95])
    return Agreement(alpha, float(low), float(high), n.size)


def _unit_sums(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.isfinite(table).sum(axis=1), np.nansum(table, axis=1), np.nansum(table**2, axis=1)


def _alpha(n: np.ndarray, total: np.ndarray, squares: np.ndarray) -> float:
    """1 - observed / expected disagreement: mean squared differences within units, and between any two
    values."""
    n_all = n.sum()
    observed = (2 * (squares - total**2 / n) * n / (n - 1)).sum() / n_all
    expected = 2 * (squares.sum() - total.sum() ** 2 / n_all) / (n_all - 1)
    return float(1 - observed / expected) if expected > 1e-12 else float("nan")
