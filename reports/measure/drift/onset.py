"""When a change began, from how likely each visit makes it that the change began just before."""

from dataclasses import dataclass

import numpy as np

REACH_DAYS = 42.0  # an error of six weeks and one of six months are as bad
INTERVAL_MASS = 0.9
LEAST_GAP = 0.5  # days; two visits of one day
MOST_CELLS = 400


@dataclass(frozen=True)
class Onset:
    """day : the best guess of the begin. low, high : a 90 % interval around it. In the unit of the visits' times."""

    day: float
    low: float
    high: float


def onset_of(time: np.ndarray, profile: np.ndarray) -> Onset:
    """The begin of a change from the evidence of each onset.

    time : (n + 1,) days, ascending: the visit before the first onset that was tried, then the first visit after each.
    profile : (n,) likelihood ratio of a change between time[i] and time[i + 1], 0 or more, not all 0.
    Before anything is seen a change is as likely on any day, so that a gap of three weeks between two visits holds
    three times as much as one of a week (a uniform prior on the change point: Smith 1975, Biometrika 62, 407-416).
    The guess is the day with the highest expected 1 - (error / REACH_DAYS)^4, 0 beyond: an error of a week hardly
    counts, one of four weeks does, and far-off days do not pull (a bounded loss: Berger 1985, Statistical Decision
    Theory, 2.4 and 4.4). It is more often within four weeks than the likeliest gap's middle.
    Returns Onset with low <= day <= high. Raises ValueError for other shapes or a profile of 0.

    The change fell between the first visits, 20 days apart, as likely on one of those days as on another:

    >>> found = onset_of(np.array([0.0, 20.0, 30.0]), np.array([1.0, 0.0]))
    >>> round(found.day), round(found.low), round(found.high)
    (10, 1, 19)
    """
    time, profile = np.asarray(time, float), np.asarray(profile, float)
    if profile.ndim != 1 or time.shape != (profile.size + 1,):
        raise ValueError(f"time must hold one more than profile; got {time.shape} and {profile.shape}")
    mass = np.r_[0.0, np.cumsum(profile * np.maximum(np.diff(time), LEAST_GAP))]
    if not mass[-1] > 0:
        raise ValueError("profile is 0 everywhere: no onset is likelier than another")
    mass /= mass[-1]
    span = time[-1] - time[0]
    border = np.linspace(time[0], time[-1], int(np.clip(np.ceil(span), 1, MOST_CELLS)) + 1)
    day = (border[:-1] + border[1:]) / 2
    held = np.diff(np.interp(border, time, mass))
    square = ((day[:, None] - day) / REACH_DAYS) ** 2
    gain = np.maximum(1 - square * square, 0.0) @ held
    best = float(day[gain.argmax()])
    tail = (1 - INTERVAL_MASS) / 2
    low, high = (float(border[np.searchsorted(np.interp(border, time, mass), s)]) for s in (tail, 1 - tail))
    return Onset(best, min(low, best), max(high, best))


def onset_among_last(time: np.ndarray, profile: np.ndarray) -> Onset:
    """As `onset_of`, from the newest visit backwards.

    time : (J + 1,) days, time[j] of the visit that lies j before the newest. profile : (J,) [j] of a change that
    began with the visit j before the newest; [0], the newest alone, does not count: no change rests on one visit.

    >>> found = onset_among_last(np.array([40.0, 30.0, 20.0, 0.0]), np.array([5.0, 0.0, 1.0]))
    >>> round(found.day)
    10
    """
    earliest = int(np.flatnonzero(profile[1:]).max()) + 1
    return onset_of(time[earliest + 1 : 0 : -1], profile[earliest:0:-1])
