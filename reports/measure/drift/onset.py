"""When a change began, from how likely each visit makes it that the change began just before."""

from dataclasses import dataclass

import numpy as np

from reports.measure.drift.evidence import (
    CONSISTENCY,
    DROPS,
    HIGHEST,
    PART_DROPS,
    Baselines,
    History,
    Stretches,
    evidence,
    tried_drops,
)

REACH_DAYS = 42.0  # an error of six weeks and one of six months are as bad
INTERVAL_MASS = 0.9
LEAST_GAP = 0.5  # days; two visits of one day
MOST_CELLS = 400
RAMP_DAYS = (42.0, 84.0, 182.0)  # from the begin of a slow change to the whole of it
RAMP_SHARE = 0.6  # of each of them, where a sudden change counts 1
LEAST_SHARED = 1e-4  # logits squared


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


def likely_onset(
    history: History,
    baselines: Baselines,
    visit: int,
    *,
    channel: str,
    direction: int,
    smallest_drop: float,
    look_back: int,
    least_baseline: int,
    until: int | None = None,
) -> Onset | None:
    """When the change began of which a location's visits up to one tell, or None where none may have begun.

    baselines : as in the replay that raised the signal. visit : int, the last one that counts. channel : where most
    of the evidence lies. direction : 1 a decline, -1 an improvement. smallest_drop : logits. look_back,
    least_baseline : as in Settings. until : the visit that raised the flag, where `visit` is a later one: a change is
    never told to have begun after it; None for `visit` itself.

    Twelve weekly visits find four of five kept, the next eight, from day 84 on, one of five. After two of them less
    is known than after eight:

    >>> from reports.measure.model.chain import Chain
    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> history, first = History(chain, fit_effects(chain, at=84.0)), np.zeros(1, int)
    >>> asked = {"channel": "overall", "direction": 1, "smallest_drop": 0.3, "look_back": 20, "least_baseline": 4}
    >>> soon, later = (likely_onset(history, Baselines(first, first, first > 0), visit, until=13, **asked)
    ...     for visit in (13, 19))
    >>> [(round(one.low), round(one.high)) for one in (soon, later)]
    [(36, 84), (67, 84)]
    """
    given = {"look_back": look_back, "least_baseline": least_baseline}
    stretches = Stretches(history, baselines, np.array([visit]), **given)
    terms = evidence(stretches, direction=direction, smallest_drop=smallest_drop).terms[0]
    newest = 1 if until is None else visit - until + 1
    terms[:newest] = 0.0
    if not terms.any():
        return None
    column = history.channels.index(channel)
    drops = tried_drops(PART_DROPS if column else DROPS, smallest_drop)
    ramps = ramps_beside_steps(stretches, terms[:, column], column, direction, drops)
    time = history.chain.time[np.maximum(visit - np.arange(len(terms) + 1), 0)]
    return dated(time, terms.sum(axis=1), ramps)


def dated(time: np.ndarray, steps: np.ndarray, ramps: np.ndarray) -> Onset:
    """As `onset_among_last`: the guess from sudden changes alone, the interval from slow ones too.

    A slow change has no visible begin, and would pull the guess of a sudden one; so the interval is what either
    leaves open.

    >>> time, sudden, slow = np.array([40.0, 30.0, 20.0, 0.0]), np.array([0.0, 5.0, 0.0]), np.array([0.0, 0.0, 5.0])
    >>> found = dated(time, sudden, slow)
    >>> round(found.low), round(found.day), round(found.high)
    (2, 26, 30)
    """
    guess, wide = onset_among_last(time, steps), onset_among_last(time, steps + ramps)
    return Onset(guess.day, min(wide.low, guess.low), max(wide.high, guess.high))


def ramps_beside_steps(
    stretches: Stretches, steps: np.ndarray, channel: int, direction: int, drops: np.ndarray
) -> np.ndarray:
    """(J,) what slow changes of one channel add to the evidence of each onset; 0 in the spread.

    stretches : of one visit. steps : (J,) the evidence of sudden changes in the channel, which a slow one is held
    against. direction : 1 a decline, -1 an improvement. drops : logits, of the whole change.
    Only the interval of the onset counts them: in the alarm they find little more (docs/method.md, Ramps). The level
    falls in a straight line from the middle of the gap before the onset on. Each visit has a variance of its own, and
    what the baseline and the severities may be off by is common to all (generalised least squares: Aitken 1936,
    Proceedings of the Royal Society of Edinburgh 55, 42-48).

    >>> _ramp(np.array([0.0, 10.0, 20.0]), 1, 40.0).round(3).tolist()
    [0.0, 0.125, 0.375]
    """
    total = np.zeros(steps.size)
    if stretches.history.channels[channel] == CONSISTENCY:
        return total
    history, levels = stretches.history, stretches.levels(direction)[channel]
    visit = int(stretches.visit[0])
    start = int(history.chain.first_visit[history.chain.location[visit]])
    time = history.chain.time[start : visit + 1]
    weight = history.residuals.weight[start : visit + 1, channel]
    level = history.residuals.level[start : visit + 1, channel]
    for back in np.flatnonzero(levels.known[0] & (steps[: levels.known.shape[1]] > 0)):
        onset = visit - start - int(back)
        w, whole = weight[onset:], weight[onset:].sum()
        fallen = direction * (levels.mean[0, back] - level[onset:])
        shared = 1 / (1 / max(levels.doubt[0, back] - 1 / whole, LEAST_SHARED) + whole)
        shapes = [np.ones(w.size), *(_ramp(time, onset, days)[onset:] for days in RAMP_DAYS)]
        step, *slow = (_log_likelihood(shape, w, fallen, shared, drops) for shape in shapes)
        log_ramps = np.log(RAMP_SHARE * steps[back]) + np.logaddexp.reduce(slow) - step
        total[back] = np.exp(min(log_ramps, HIGHEST))
    return total


def _log_likelihood(shape: np.ndarray, w: np.ndarray, fallen: np.ndarray, shared: float, drops: np.ndarray) -> float:
    """Of a change with this shape against none, averaged over how large it is."""
    pull = w @ (shape * fallen) - (w @ shape) * (w @ fallen) * shared
    force = w @ (shape * shape) - (w @ shape) ** 2 * shared
    return float(np.logaddexp.reduce(drops * pull - drops**2 * force / 2) - np.log(drops.size))


def _ramp(time: np.ndarray, onset: int, days: float) -> np.ndarray:
    """Share of the whole change at each visit, 0..1, of one that began before the visit `onset` and took so long."""
    begin = (time[max(onset - 1, 0)] + time[onset]) / 2
    return np.clip((time - begin) / days, 0.0, 1.0)
