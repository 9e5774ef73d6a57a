"""What is known of each location before its next visit is planned."""

from dataclasses import dataclass

import numpy as np

from reports.measure.drift.detector import Settings
from reports.measure.model.chain import Chain
from reports.measure.model.effects import WEEK_DAYS, Effects
from reports.measure.model.levels import Z_90
from reports.measure.model.residuals import residuals

LATELY_DAYS = 182.0
LAST_VISITS = 4  # that a level rests on where half a year holds fewer
PACE_VISITS = 8  # of which the usual time between visits is taken
LEAST_WEEKS = 0.5  # between visits; those of one day are one visit to the plan
LEAST_NOISE = 0.01  # logits squared, of one visit
WEAKEST_QUARTER = 0.6745  # standard deviations below the mean


@dataclass(frozen=True, eq=False)
class LocationForecasts:
    """What is known of L locations before their next visits are planned; all (L,).

    log_evidence : of a decline after the last visit, -inf for none. is_able : whether there were visits enough for a
    decline to show. is_flagged : a decline stands on record. weeks : since the last visit, inf without one.
    usual_weeks : between two visits, above 0. level, variance : logits, what the visits lately say of the level, and
    how sure that is. noise : variance of what one more visit says of it.
    """

    log_evidence: np.ndarray
    is_able: np.ndarray
    is_flagged: np.ndarray
    weeks: np.ndarray
    usual_weeks: np.ndarray
    level: np.ndarray
    variance: np.ndarray
    noise: np.ndarray

    def __post_init__(self):
        shape = np.shape(self.log_evidence)
        for name, values in vars(self).items():
            object.__setattr__(self, name, np.asarray(values, bool if name.startswith("is_") else float))
            if np.shape(values) != shape or len(shape) != 1:
                raise ValueError(f"{name} must have shape ({len(self.log_evidence)},); got {np.shape(values)}")
        if (self.weeks < 0).any() or not (self.usual_weeks > 0).all():
            raise ValueError("weeks must be 0 or more and usual_weeks above 0")
        if (self.variance < 0).any() or not (self.noise > 0).all():
            raise ValueError("variance must be 0 or more and noise above 0")


def weakest_quarter(effects: Effects) -> float:
    """The level, in logits, below which a quarter of the chain's locations lie, as the fitted variances have it.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> effects = replace(fit_effects(empty), location=np.array([0.5, 1.5]), region=np.array([1.0]),
    ...     variance={"location": 0.16, "region": 0.09})
    >>> round(weakest_quarter(effects), 3)
    0.663
    """
    centre = float(effects.location.mean()) if effects.location.size else 0.0
    return centre - WEAKEST_QUARTER * float(np.sqrt(effects.variance["location"] + effects.variance["region"]))


def forecast(
    chain: Chain, effects: Effects, settings: Settings, *, log_evidence, is_flagged, at: float
) -> LocationForecasts:
    """What the visits up to `at` say of each location.

    log_evidence, is_flagged : (L,), of a scan (`Scan.ranking`) and of what was flagged. at : days since 1970-01-01
    UTC, after every visit. The level rests on the visits of half a year, or on the last four where those are fewer,
    shrunk to the region; its variance holds that of the auditors who made them, each severity shared by all visits of
    the auditor. The usual time between visits is that of the last eight; a location with fewer than two visits has
    the chain's.

    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> found = forecast(empty, fit_effects(empty), Settings(), log_evidence=[-np.inf], is_flagged=[False], at=20.0)
    >>> found.is_able.tolist(), found.weeks.tolist()
    ([False], [inf])
    """
    first, n = chain.first_visit, np.diff(chain.first_visit)
    some = n > 0
    found = residuals(chain, effects)
    w, y = np.where(is_lately(chain, at), found.weight[:, 0], 0.0), found.level[:, 0]
    total = np.bincount(chain.location, w, chain.n_locations)
    pull = np.bincount(chain.location, w * y, chain.n_locations)
    prior = effects.region[chain.region], effects.variance["location"]
    variance = 1 / (total + 1 / prior[1])
    weeks, usual = np.full(chain.n_locations, np.inf), np.full(chain.n_locations, np.nan)
    weeks[some] = (at - chain.time[first[1:][some] - 1]) / WEEK_DAYS
    several = n >= 2
    back = np.minimum(n, PACE_VISITS)[several] - 1
    last = first[1:][several] - 1
    usual[several] = (chain.time[last] - chain.time[last - back]) / back / WEEK_DAYS
    pace = float(np.median(usual[several])) if several.any() else 4.0
    seen = found.weight[found.weight[:, 0] > 0, 0]
    one_visit = float(1 / np.median(seen)) if seen.size else 1.0
    noise = one_visit + float((effects.auditor_sd**2).mean() if effects.auditor.size else effects.variance["auditor"])
    return LocationForecasts(
        log_evidence=log_evidence,
        is_able=n >= settings.least_baseline,
        is_flagged=is_flagged,
        weeks=weeks,
        usual_weeks=np.maximum(np.where(several, usual, pace), LEAST_WEEKS),
        level=variance * (pull + prior[0] / prior[1]),
        variance=variance + _of_auditors(chain, effects, w * variance[chain.location]),
        noise=np.full(chain.n_locations, noise),
    )


def forecast_of_levels(
    effects: Effects, settings: Settings, *, log_evidence, is_flagged, weeks, n_visits, level, low, high, span: float
) -> LocationForecasts:
    """Nearly the same from results that a run left, without the visits: good enough to leave most locations out.

    log_evidence, is_flagged, weeks : (L,) as in LocationForecasts. n_visits : (L,) in the last `span` weeks. level,
    low, high : (L,) share kept and its 90 % interval; NaN where too few visits tell, then the prior of all holds.

    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> levels = dict(n_visits=[26], level=[0.5], low=[0.4], high=[0.6], span=78.0)
    >>> found = forecast_of_levels(
    ...     fit_effects(empty), Settings(), log_evidence=[0.0], is_flagged=[False], weeks=[2.0], **levels)
    >>> found.usual_weeks.tolist(), found.variance.round(3).tolist()
    ([3.0], [0.059])
    """
    n, share = np.asarray(n_visits, int), np.asarray(level, float)
    is_told = np.isfinite(share)
    share = np.clip(np.where(is_told, share, 0.5), 0.01, 0.99)
    slope = share * (1 - share)
    spread = (np.asarray(high, float) - np.asarray(low, float)) / (2 * Z_90 * slope)
    ease = float(np.median(effects.criterion)) if effects.criterion.size else 0.0
    centre = float(effects.location.mean()) if effects.location.size else 0.0
    prior = effects.variance["location"] + effects.variance["region"]
    lately = np.maximum(n * min(1.0, LATELY_DAYS / WEEK_DAYS / span), LAST_VISITS)  # visits that an interval rests on
    noise = float(np.median((spread**2 * lately)[is_told])) if is_told.any() else prior
    return LocationForecasts(
        log_evidence=log_evidence,
        is_able=n >= settings.least_baseline,
        is_flagged=is_flagged,
        weeks=weeks,
        usual_weeks=np.maximum(span / np.maximum(n, 1), LEAST_WEEKS),
        level=np.where(is_told, np.log(share / (1 - share)) - ease, centre),
        variance=np.where(is_told, np.minimum(spread**2, prior), prior),
        noise=np.full(n.size, max(noise, LEAST_NOISE)),
    )


def below_in_a_row(chain: Chain, effects: Effects) -> np.ndarray:
    """(L,) how many of the last visits of each location, one after the other, saw less than was to be expected there.

    Expected at even odds: half. The last two of three saw nothing.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> other = [0] * 3
    >>> chain = Chain(other, [0, 1, 2], other, other, other, other, [[240], [0], [0]], [0, 1, 2], [0], [0], [False],
    ...     [0], 1)
    >>> even = replace(fit_effects(chain), criterion=np.zeros(1), location=np.zeros(1), auditor=np.zeros(1),
    ...     day=np.zeros(1), daypart=np.zeros(1), staffing=np.zeros(1))
    >>> below_in_a_row(chain, even).tolist()
    [2]
    """
    found = residuals(chain, effects)
    is_below = found.seen[:, 0] < found.expected[:, 0]
    last_other = np.full(chain.n_locations, -1)
    other = np.flatnonzero(~is_below)
    last_other[chain.location[other]] = other  # the last one of each location stays
    stop = chain.first_visit[1:]
    return stop - np.maximum(last_other + 1, chain.first_visit[:-1])


def is_lately(chain: Chain, at: float) -> np.ndarray:
    """(V,) bool: the visits that a level rests on, of half a year before `at`, or the last four if those are more.

    >>> other = [0] * 6
    >>> chain = Chain(other, [0, 1, 2, 3, 4, 999], [999] * 6, other, other, other, np.zeros((0, 1)), [], [0], [0],
    ...     [False], [0], 1)
    >>> is_lately(chain, 1000.0).tolist()
    [False, False, True, True, True, True]
    """
    first = chain.first_visit
    since, some = np.full(chain.n_locations, np.inf), np.diff(first) > 0
    since[some] = chain.time[np.maximum(first[1:] - LAST_VISITS, first[:-1])[some]]
    return chain.time >= np.minimum(since, at - LATELY_DAYS)[chain.location]


def _of_auditors(chain: Chain, effects: Effects, share: np.ndarray) -> np.ndarray:
    """(L,) what the severities add to the variance of a level: each auditor's share, squared, times its variance.

    share : (V,) weight of each visit in its location's level. Unknown auditors count as one."""
    pair = chain.location.astype(np.int64) * (chain.n_auditors + 1) + chain.auditor + 1
    pairs, pair_index = np.unique(pair, return_inverse=True)
    by_pair = np.bincount(pair_index, share, pairs.size)
    spread = np.bincount(
        pair_index, share * effects.auditor_variance(chain), pairs.size
    )  # by_pair x the auditor's variance
    return np.bincount(pairs // (chain.n_auditors + 1), by_pair * spread, chain.n_locations)
