"""How far a reported metric has moved since a decline began, with its interval, and how likely it stays silent."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

LEAST_BEFORE = 8
ONE_SIDED = 0.025
"""The chance that a metric which has not moved is said to have moved to the worse, over all metrics of a location."""
SILENT = 0.5
"""The chance, before any reading, that a metric does not follow a decline."""
SIZES = (0.5, 1.0, 2.0, 3.0)
"""By how many of its own standard deviations a metric falls that follows: each as likely as the others."""
LAGS = (0.5, 0.75, 1.0, 1.25, 1.5)
"""In shares of the usual lag: each as likely as the others."""


@dataclass(frozen=True)
class Movement:
    """Of one metric at one location; below 0 is worse, in the metric's units.

    moved, low, high : mean since against mean before, with an interval of 95 % for all metrics of the location
    together. sureness : moved in its standard errors. silent : the chance that the metric does not follow. is_over :
    whether the wait is: the usual lag, and the time in which a fall of one standard deviation would show.
    """

    moved: float
    low: float
    high: float
    sureness: float
    silent: float
    is_over: bool

    @property
    def is_worse(self) -> bool:
        return self.high < 0


@dataclass(frozen=True)
class Decline:
    """onset : days; onset_low : where it may first have been. lag : days after which the metric usually follows."""

    onset: float
    onset_low: float
    lag: float


def movement(
    values,
    middles,
    *,
    decline: Decline,
    period_days: float,
    correlation: float,
    n_metrics: int = 1,
    most_before: int = 52,
) -> Movement | None:
    """The mean since the metric should have followed against the mean before the decline.

    values : (n,) readings known so far, freed of what is common, higher is better. middles : (n,) days, growing, the
    middle of each period. correlation : of neighbouring periods, above -1 and below 1. n_metrics : held against the
    decline together. most_before : the last periods before it that are the baseline.
    "Since" begins a usual lag after the onset; until twice of that is over, half-way between onset and last reading.
    "Before" ends where the onset may first have been. None with fewer than 8 readings before, or none since.
    The errors are those of first-order autoregression about two means, with the variance of the readings before:
    w'Rw for the difference of the means, and a t quantile of the readings' effective number (Bayley & Hammersley
    1946, Journal of the Royal Statistical Society Supplement 8, 184-197).

    Nine readings about 80 by turns one above and below, then four at 77:

    >>> found = movement([81, 79, 81, 79, 81, 79, 81, 79, 80, 77, 77, 77, 77], np.arange(13) * 7.0,
    ...     decline=Decline(60.0, 60.0, 0.0), period_days=7.0, correlation=0.0)
    >>> found.moved, round(found.low, 1), round(found.high, 1)
    (-3.0, -4.4, -1.6)
    """
    values, middles = np.asarray(values, float), np.asarray(middles, float)
    before = np.flatnonzero(middles < decline.onset_low)[-most_before:]
    if before.size < LEAST_BEFORE:
        return None
    until = middles[-1] + period_days / 2
    since = np.flatnonzero(middles >= decline.onset + min(decline.lag, max(until - decline.onset, 0.0) / 2))
    if not since.size:
        return None
    variance, effective = _variance(values[before], middles[before] / period_days, correlation)
    rows = np.r_[before, since]
    weight = np.r_[np.full(before.size, -1 / before.size), np.full(since.size, 1 / since.size)]
    error = float(np.sqrt(variance * (weight @ _alike(middles[rows] / period_days, correlation) @ weight)))
    moved = float(weight @ values[rows])
    if error <= 1e-9 * max(1.0, abs(moved)):
        return None
    wide = float(student.ppf(1 - ONE_SIDED / n_metrics, effective)) * error
    arrived = [(middles[since] >= decline.onset + share * decline.lag).mean() for share in LAGS]
    return Movement(
        moved,
        moved - wide,
        moved + wide,
        moved / error,
        _silent(moved, error, effective, np.multiply.outer(SIZES, arrived) * np.sqrt(variance)),
        is_over=bool(until - decline.onset >= decline.lag + delay(correlation) * period_days),
    )


def delay(correlation: float) -> float:
    """Periods until a fall of one standard deviation would be sure: where two standard errors of a mean are one.

    >>> round(delay(0.0), 1), round(delay(0.3), 1)
    (3.8, 7.1)
    """
    return 1.96**2 * (1 + correlation) / (1 - correlation)


def _alike(period: np.ndarray, correlation: float) -> np.ndarray:
    """(n, n) correlations of readings that lie so many periods apart."""
    apart = np.abs(period[:, None] - period)
    if correlation < 0:
        return np.where(np.rint(apart) % 2 == 1, -1, 1) * np.abs(correlation) ** np.rint(apart)
    return correlation**apart


def _variance(values: np.ndarray, period: np.ndarray, correlation: float) -> tuple[float, float]:
    """Of single readings, without the bias that neighbours which resemble each other give; and degrees of freedom."""
    n, alike = values.size, _alike(period, correlation)
    squares = float(((values - values.mean()) ** 2).sum())
    effective = n * (1 - correlation**2) / (1 + correlation**2) - 1
    return squares / max(n - alike.sum() / n, 1.0), max(effective, 2.0)


def _silent(moved: float, error: float, effective: float, falls: np.ndarray) -> float:
    """Posterior chance of no fall at all against one of `falls`, each as likely as the others."""
    none = SILENT * student.pdf(moved / error, effective)
    some = (1 - SILENT) * student.pdf((moved + falls) / error, effective).mean()
    return float(none / (none + some)) if none + some > 0 else 0.0
