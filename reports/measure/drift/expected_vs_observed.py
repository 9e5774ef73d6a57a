"""What a location's earlier visits lead one to expect, and what its later ones show."""

import numpy as np
from scipy.special import expit

from reports.measure.drift.evidence import CONSISTENCY, MOVED_VARIANCE, History, level_after, scatter_since
from reports.measure.drift.spread import mean_spread
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.residuals import channel_members


def baseline_level(history: History, *, first: int, onset: int, channel: int, restarted: bool = False) -> float:
    """The level, in logits, that a location's visits first..onset-1 lead one to expect in a channel of
    residuals.

    Without a visit it is the mean of the region; with many it is what they show, one logit above what was expected:

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> n, many = [0] * 900, range(900)
    >>> chain = Chain(n, many, many, n, n, n, [[240]] * 675 + [[0]] * 225, many, [0], [0], [0], [0], 1)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(1), overdispersion=np.zeros(2))
    >>> history = History(chain, even)
    >>> [round(baseline_level(history, first=0, onset=onset, channel=0), 1) for onset in (0, 900)]
    [0.0, 1.0]
    """
    effects, location = history.effects, int(history.chain.location[first])
    begin = int(history.chain.first_visit[location])
    region = float(effects.region[history.chain.region[location]])
    was, unsure = level_after(history, 0, begin, first, region, effects.variance["location"])
    moved = (MOVED_VARIANCE, scatter_since(history, begin, first, onset)) if restarted else (0.0, 0.0)
    mean, variance = level_after(history, 0, first, onset, was, unsure, *moved)
    if channel:
        level, apart = level_after(history, channel, begin, first, was, effects.variance["section"])
        mean, _ = level_after(history, channel, first, onset, mean + level - was, apart + variance, *moved)
    return float(mean)


def seen_and_expected(
    history: History, visit: np.ndarray, channel: str, *, first: int, onset: int, restarted: bool = False
) -> tuple[float, float]:
    """What some visits of one location show in a channel, and what its visits first..onset-1 lead one to
    expect.

    visit : (n,) int. channel : of the residuals, then both are shares (0..1), the expected one for the
    criteria, auditors and dayparts of these visits, and NaN where nothing was observed; or "consistency",
    then both are the spread of interactions in points (0..1 scale). restarted : the location had changed
    before `first`.

    Twelve weekly visits find four of five kept, the next eight one of five:

    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> effects = fit_effects(chain, at=0.0)
    >>> found = seen_and_expected(History(chain, effects), np.arange(12, 20), "overall", first=0, onset=12)
    >>> [round(share, 1) for share in found]
    [0.2, 0.8]
    """
    if channel == CONSISTENCY:
        likelihoods = history.likelihoods
        seen, before = likelihoods[visit], likelihoods[first:onset]
        return mean_spread(seen, history.effects), mean_spread(before, history.effects)
    column = history.residuals.channels.index(channel)
    level = baseline_level(history, first=first, onset=onset, channel=column, restarted=restarted)
    member = channel_members(history.chain)[:, column] > 0
    return shares(history.chain, history.effects, visit, member, level=level)


def shares(
    chain: Chain, effects: Effects, visit: np.ndarray, member: np.ndarray, *, level: float
) -> tuple[float, float]:
    """Seen and expected share (0..1) of a channel over some visits of one location, were it still at `level`
    logits.

    member : (C,) bool, the criteria of the channel. NaN, NaN where nothing was observed.

    Three of four were kept, where even odds let one expect two:

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> ratings = [[240], [240], [240], [0]]
    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], ratings, [0] * 4, [0], [0], [False], [0], 1)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(1), day=np.zeros(1))
    >>> shares(chain, even, np.array([0]), np.array([True]), level=0.0)
    (0.75, 0.5)
    """
    n = chain.observed[visit][:, member].astype(float)
    if not n.sum():
        return float("nan"), float("nan")
    offset = level + effects.common(chain, visit)
    p = expit(effects.criterion[member] + offset[:, None])
    return float(chain.conforming[visit][:, member].sum() / n.sum()), float((n * p).sum() / n.sum())
