"""Where a visit is worth most: by how much one more visit is expected to lessen what is missed or misjudged.

The loss is counted in weeks: a week in which a decline of the typical size is under way at a location and no flag
says so costs 1, and a location judged on the wrong side of the line costs, per week, its distance from the line in
units of that decline. The value of a visit is the expected value of sample information (Raiffa & Schlaifer 1961,
Applied Statistical Decision Theory, chapter 5): the loss expected without it less the loss expected with it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from reports.measure.drift.detector import OVERSHOOT
from reports.measure.planning.location_forecast import LocationForecasts

YEAR_WEEKS = 365.25 / 7


@dataclass(frozen=True)
class Assumptions:
    """What the value of a visit rests on besides the visits.

    threshold : on the log evidence, above which a flag is raised. line : logits, the level that divides the locations
    that need somebody from the others. declines_per_year : how often a location begins to decline. weeks_unnoticed :
    how long a decline goes on when nobody flags it, on average. drop : its size in logits.
    Raises ValueError where one of the last three is not above 0.
    """

    threshold: float
    line: float
    declines_per_year: float = 0.2
    weeks_unnoticed: float = 26.0
    drop: float = 0.6

    def __post_init__(self):
        for name in ("declines_per_year", "weeks_unnoticed", "drop"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0; got {getattr(self, name):g}")


@dataclass(frozen=True, eq=False)
class Value:
    """What one visit to each location is worth, in weeks; all (L,).

    chance : 0..1, that a decline is under way there that no flag tells of. find : weeks of unflagged decline that it
    saves. judge : weeks of the typical decline by which the level is judged better. total : their sum.
    """

    chance: np.ndarray
    find: np.ndarray
    judge: np.ndarray

    @property
    def total(self) -> np.ndarray:
        return self.find + self.judge


def chance_of_decline(log_evidence, weeks, usual_weeks, *, declines_per_year: float) -> np.ndarray:
    """(L,) chance that a decline is under way after the last visit's evidence and `weeks` without a visit.

    With hazard l a week, the odds that one began between two visits are exp(l usual_weeks) - 1. Times the sum M of
    likelihood ratios over onsets they are the odds of a decline at the last visit (Shiryaev 1963, Theory of
    Probability and its Applications 8, 22-46; exact where one onset is possible). Since then another may have begun:

        1 - exp(-l weeks) / (1 + odds)

    Where there never was a visit (weeks = inf) nothing is known that could have declined: 0.

    A decline every hundred weeks, a visit every week, evidence 99 : 1, the last visit just made: odds .995.

    >>> chance_of_decline([np.log(99)], [0], [1], declines_per_year=YEAR_WEEKS / 100).round(3).tolist()
    [0.499]
    """
    log_evidence, weeks, usual_weeks = (np.asarray(each, float) for each in (log_evidence, weeks, usual_weeks))
    hazard = declines_per_year / YEAR_WEEKS
    odds = np.expm1(hazard * usual_weeks) * np.exp(np.minimum(log_evidence, 600.0))
    chance = 1 - np.exp(-hazard * np.where(np.isfinite(weeks), weeks, 0.0)) / (1 + odds)
    return np.where(np.isfinite(weeks), chance, 0.0)


def found_in_time(log_evidence, usual_weeks, noise, assumptions: Assumptions) -> np.ndarray:
    """(L,) share of a decline's unflagged weeks that its flag cuts off, when visits go on as usual: 0..1.

    With a decline of D logits one visit adds d^2 / 2 to the log evidence on average, with variance d^2 = D^2 / noise.
    From ln(1 + M) the threshold is reached after N visits, and the decline ends or is noticed otherwise after an
    exponential time with mean 1 / m weeks. With visits u weeks apart on average, at random,

        E (1 + m u)^-N = exp(-r a)        r = sqrt(1/4 + 2 ln(1 + m u) / d^2) - 1/2

    the first passage of Brownian motion with drift (Siegmund 1985, Sequential Analysis, chapter 3), where a is the
    distance to the threshold and 0.583 d, the mean overshoot, beyond it.

    d = 1, ln(1 + m u) = 0.375, so r = 0.5, and 6 - 0.583 short of the threshold: exp(-3)

    >>> given = Assumptions(threshold=6 - OVERSHOOT, line=0.0, weeks_unnoticed=1.0, drop=1.0)
    >>> found_in_time([-np.inf], [np.expm1(0.375)], [1.0], given).round(3).tolist()
    [0.05]
    """
    log_evidence, usual_weeks, noise = (np.asarray(each, float) for each in (log_evidence, usual_weeks, noise))
    d = assumptions.drop / np.sqrt(noise)
    left = np.maximum(assumptions.threshold - np.logaddexp(0.0, log_evidence), 0.0) + OVERSHOOT * d
    rate = np.sqrt(0.25 + 2 * np.log1p(usual_weeks / assumptions.weeks_unnoticed) / d**2) - 0.5
    return np.exp(-rate * left)


def variance_gain(variance, noise, shared=0.0) -> np.ndarray:
    """By how much one more visit lessens the variance of a level, when its error and the estimate's go together.

    variance : of the estimate. noise : of what the visit says. shared : the covariance of the two errors, at most
    either of them: an auditor who was there before repeats the same severity. They broadcast.
    Returns (variance - shared)^2 / (variance + noise - 2 shared): the best linear combination of the two (Bates &
    Granger 1969, Operational Research Quarterly 20, 451-468). Never more than `variance`.

    Equally sure and unrelated: half of it. Twice as sure already: 1 / 3 of it. The same error again: nothing.

    >>> variance_gain([2.0, 1.0, 1.0], [2.0, 2.0, 2.0], [0.0, 0.0, 1.0]).round(3).tolist()
    [1.0, 0.333, 0.0]
    """
    variance, noise, shared = (np.asarray(each, float) for each in (variance, noise, shared))
    news, total = variance - shared, variance + noise - 2 * shared
    return np.divide(news**2, total, out=np.zeros(np.broadcast(news, total).shape), where=total > 0)


def judged_better(level, gain, *, line: float) -> np.ndarray:
    """Expected logits by which a level is judged better when its variance falls by `gain` before one has to decide on
    which side of `line` it lies: s (phi(u) - u (1 - Phi(u))), s = sqrt(gain), u = |level - line| / s.

    The two-action problem with linear losses and a normal prior (Raiffa & Schlaifer 1961, chapter 5). 0 where nothing
    is gained. At the line itself s / sqrt(2 pi); one s away about a fifth of that.

    >>> judged_better([0.0, 1.0], [1.0, 1.0], line=0.0).round(4).tolist()
    [0.3989, 0.0833]
    """
    s = np.sqrt(np.asarray(gain, float))
    u = np.abs(np.asarray(level, float) - line) / np.where(s > 0, s, 1.0)
    density = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    return np.where(s > 0, s * np.maximum(density - u * np.exp(log_ndtr(-u)), 0.0), 0.0)


def value(forecast: LocationForecasts, assumptions: Assumptions, *, gain=None, weight=1.0) -> Value:
    """What one visit now is worth at each location, in weeks.

    A visit now moves every later one forward by one. With chance c a decline is under way unflagged, visits are u
    weeks apart, and the share g of its weeks is cut off by its flag (`found_in_time`):

        find = c u g        judge = u / D (what `judged_better` says), for the u weeks until the next visit

    find is 0 where a decline is flagged already (it is known; to verify what was done about it belongs to its case)
    and where there are too few visits for one to show. For judging, a decline that may have begun since the last
    visit adds its D^2 to the variance.
    gain : (L,) by how much the visit lessens the variance of the level; None: by an auditor new to the location.
    weight : (L,) or one number, 0 or more: what a week at the location counts.
    No location, no value. Returns Value.

    Evidence 99 : 1, a visit a week and the last one just made (see `chance_of_decline`), a level far from the line:
    a chance of .499, of one week, of which .933 is cut off in time.

    >>> given = Assumptions(threshold=5.0, line=-50.0, declines_per_year=YEAR_WEEKS / 100, drop=1.0)
    >>> found = value(LocationForecasts([np.log(99)], [True], [False], [0], [1], [0.0], [0.1], [1.0]), given)
    >>> found.chance.round(3).tolist(), (found.find / found.chance).round(3).tolist(), found.judge.round(3).tolist()
    ([0.499], [0.933], [0.0])
    """
    chance = chance_of_decline(
        forecast.log_evidence, forecast.weeks, forecast.usual_weeks, declines_per_year=assumptions.declines_per_year
    )
    unknown = forecast.is_able & ~forecast.is_flagged
    chance = np.where(unknown, chance, 0.0)
    in_time = found_in_time(forecast.log_evidence, forecast.usual_weeks, forecast.noise, assumptions)
    if gain is None:
        gain = variance_gain(with_changes_since(forecast, assumptions), forecast.noise)
    better = judged_better(forecast.level, gain, line=assumptions.line)
    lost = weight * forecast.usual_weeks
    return Value(chance, lost * chance * in_time, lost * better / assumptions.drop)


def with_changes_since(forecast: LocationForecasts, assumptions: Assumptions) -> np.ndarray:
    """(L,) variance of the level now: that after the last visit, and D^2 by the chance that a decline began since.

    >>> weeks, each = [0, YEAR_WEEKS], [1] * 2
    >>> forecast = LocationForecasts([0.0] * 2, [True] * 2, [False] * 2, weeks, each, [0] * 2, [0.1] * 2, [1.0] * 2)
    >>> given = Assumptions(threshold=5.0, line=0.0, declines_per_year=1.0, drop=1.0)
    >>> with_changes_since(forecast, given).round(3).tolist()
    [0.1, 0.732]
    """
    weeks = np.where(np.isfinite(forecast.weeks), forecast.weeks, 0.0)
    begun = -np.expm1(-assumptions.declines_per_year / YEAR_WEEKS * weeks)
    return forecast.variance + assumptions.drop**2 * begun
