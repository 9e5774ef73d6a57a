"""How far a location's level has moved: not what was seen, at its worst in a flag, but what that makes likely."""

import numpy as np
from scipy.special import log_ndtr
from scipy.stats import norm

from reports.measure.drift.evidence import CONSISTENCY, Baselines, History, Stretches, evidence
from reports.measure.drift.expected_vs_observed import baseline_level, seen_and_expected, shares
from reports.measure.model.residuals import channel_members

DROP_SD = 0.6  # logits, of the prior of a change's size: half-normal, so that small ones are likelier than large ones


def likely_drop(
    history: History,
    baselines: Baselines,
    visit: int,
    *,
    since: np.ndarray,
    channel: str,
    direction: int,
    smallest_drop: float,
    look_back: int,
    least_baseline: int,
) -> float:
    """Posterior mean of how far the level of a channel has moved after a visit, on the 0..1 scale.

    baselines : as in the replay that raised the signal. visit : int, the last one that counts. since : (n,) the
    visits since the onset that is told; their criteria and circumstances turn logits into points. direction : 1 a
    decline, -1 an improvement; the answer is above 0 in both. smallest_drop : logits. look_back, least_baseline : as
    in Settings. Of "consistency" it is the spread since the onset less the one before it, both posterior means.

    Over the onsets of the mixture that raised the signal, each as likely as its term; of each, the difference g from
    the baseline has variance S, and the size D a half-normal prior (Gelman 2006, Bayesian Analysis 1, 515-533): the
    posterior is a normal one cut at 0.

    Twelve weekly visits find four of five kept, the next two one of five: 60 points were seen, less is likely.

    >>> from reports.measure.model.chain import Chain
    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 14, np.arange(14) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 2
    >>> chain = Chain(none, week, week, none, none, none, seen, range(14), five, five, five, [0], 1)
    >>> history, first = History(chain, fit_effects(chain, at=84.0)), np.zeros(1, int)
    >>> drop = likely_drop(history, Baselines(first, first, first > 0), 13, since=np.array([12, 13]),
    ...     channel="overall", direction=1, smallest_drop=0.3, look_back=10, least_baseline=4)
    >>> bool(0.05 < drop < 0.5)
    True
    """
    location = history.chain.location[visit]
    first, onset = int(baselines.first[location]), int(since[0])
    restarted = bool(baselines.restarted[location])
    if channel == CONSISTENCY:
        seen, expected = seen_and_expected(history, since, channel, first=first, onset=onset, restarted=restarted)
        return abs(seen - expected)
    column = history.residuals.channels.index(channel)
    given = {"look_back": look_back, "least_baseline": least_baseline}
    found = Stretches(history, baselines, np.array([visit]), **given)
    terms = evidence(found, direction=direction, smallest_drop=smallest_drop).terms[0, :, column]
    levels = found.levels(direction)[column]
    n = levels.now.shape[1]
    drop = posterior_mean(direction * (levels.mean - levels.now)[0], levels.doubt[0], terms[:n])
    level = baseline_level(history, first=first, onset=onset, channel=column, restarted=restarted)
    member = channel_members(history.chain)[:, column] > 0
    chain, effects = history.chain, history.effects
    levels_told = (level, level - direction * drop)
    before, after = (shares(chain, effects, since, member, level=each)[1] for each in levels_told)
    return abs(before - after)


def posterior_mean(gap: np.ndarray, variance: np.ndarray, weight: np.ndarray, sd: float = DROP_SD) -> float:
    """Mean of a size above 0, of which each onset shows `gap` with `variance`; a half-normal prior with `sd`.

    gap, variance, weight : (J,), the weights of the onsets, any scale; 0 everywhere gives 0. Returns logits.

    A gap that is known is the size; an uncertain one is drawn to what is usual:

    >>> round(posterior_mean(np.array([0.5]), np.array([1e-6]), np.array([1.0])), 3)
    0.5
    >>> round(posterior_mean(np.array([2.0]), np.array([0.36]), np.array([1.0])), 2)
    1.01
    """
    if not weight.sum() > 0:
        return 0.0
    v = 1 / (1 / sd**2 + 1 / variance)
    mu, s = v * gap / variance, np.sqrt(v)
    mean = mu + s * np.exp(norm.logpdf(mu / s) - log_ndtr(mu / s))
    return float(weight @ mean / weight.sum())
