"""What is kept lately: the level of each location with an interval, adjusted visits, the chain's movement."""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import expit

from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.level_posterior import Z_90, level_nodes, mixture_quantile, widened
from reports.measure.model.own_levels import OwnLevels, expected_shares, left_by_fit, own_levels, usual_circumstances
from reports.measure.model.residuals import residuals
from reports.measure.model.severity import WINDOW_DAYS
from reports.measure.model.severity_errors import severity_errors, severity_variance

__all__ = [
    "LEAST_VISITS",
    "Z_90",
    "Levels",
    "Usual",
    "adjusted_values",
    "chain_movement",
    "expected_shares",
    "fit_window",
    "fitted_levels",
    "mix_of",
    "recent_levels",
    "usual_levels",
]

LEAST_VISITS = 4
PRIOR_VISITS = 4.0  # how many visits the chain's usual variance counts for in a location's own, and chance in that
LOCATIONS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Levels:
    """The level of each location on the 0..1 scale, and what it rests on.

    level, low, high : (L,) share kept at a usual visit on the mix of criteria, with a 90 % interval; NaN with fewer
    than LEAST_VISITS visits. n_visits : (L,) int, the visits that count.
    """

    level: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n_visits: np.ndarray


@dataclass(frozen=True, eq=False)
class Usual:
    """What is usual in a chain, that the level of each of its locations is measured against.

    mix : (C,) share of the ratings that each criterion has. visit_variance : of one visit's share. mean, variance :
    of the true levels. Those three are NaN where no location has LEAST_VISITS visits.
    visit_freedom : degrees of freedom of visit_variance. left_by_fit : the share of them that the fit has left over.
    nodes : (N, 4) what mean and variance may be instead (`level_posterior.level_nodes`). severity_errors : (A, K) how
    wrong the severities may be, logits (`severity_errors.severity_errors`); usual_error : (K,) how wrong they make
    the mean level, on the 0..1 scale. severity_variance, severity_freedom : of severities, logits squared, and its
    degrees of freedom. circumstances : logits, of a usual visit (`own_levels.usual_circumstances`).
    Without nodes, as a run of an older version left it, mean, variance and severities count as known.
    """

    mix: np.ndarray
    visit_variance: float
    mean: float
    variance: float
    visit_freedom: float = np.inf
    left_by_fit: float = 1.0
    nodes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))
    severity_errors: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    usual_error: np.ndarray = field(default_factory=lambda: np.zeros(0))
    severity_variance: float = 0.0
    severity_freedom: float = np.inf
    circumstances: float = 0.0


def adjusted_values(chain: Chain, effects: Effects, usual: Usual | None = None) -> np.ndarray:
    """The share that each visit shows once its auditor, daypart, staffing, day and choice of criteria are taken out.

    chain : with the criteria of `effects`. usual : of the whole chain, where this one is a part of it.
    Returns (V,) float, on the 0..1 scale and beyond it where a visit surprises; NaN where nothing was observed. It is
    what the location's fitted level leads one to expect on the chain's mix of criteria, plus the surplus of what was
    seen over what these circumstances lead one to expect.

    Expected at even odds, the one visit sees 3 of 4: 0.5 + (3 - 2) / 4.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> ratings = [[240], [240], [240], [0]]
    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], ratings, [0] * 4, [0], [0], [False], [0], 1)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(1), location=np.zeros(1), day=np.zeros(1))
    >>> adjusted_values(chain, even).tolist()
    [0.75]
    """
    if usual is None:
        usual = Usual(mix_of(chain), np.nan, np.nan, np.nan, circumstances=usual_circumstances(chain, effects))
    found, share, here = residuals(chain, effects), np.zeros(chain.n_locations), np.unique(chain.location)
    share[here] = expected_shares(effects, here, usual.mix, usual.circumstances)
    surplus, n = found.seen[:, 0] - found.expected[:, 0], found.n[:, 0]
    return share[chain.location] + np.divide(surplus, n, out=np.full(n.shape, np.nan), where=n > 0)


def recent_levels(chain: Chain, effects: Effects, since, usual: Usual | None = None) -> Levels:
    """The level of each location over its visits from `since` on, with a 90 % interval.

    since : (L,) or one float, days since 1970-01-01 UTC. usual : of the whole chain, where this one is a part of it;
    then each location's level rests on its own visits and on nothing else here. Returns Levels.
    The mean is weighted by observations, its variance by the jackknife over visits (Tukey 1958), with the chain's
    usual variance mixed in, as four visits alone tell little about their spread. Given how much locations differ,
    tau2, the level is shrunk towards the mean of the chain (Morris 1983, JASA 78, 47-55): m + B (x - m),
    B = tau2 / (tau2 + v). What tau2 and m may be is a grid, so that the level is a mixture; its variance at each node

        B v + (1 - B)^2 var m + B^2 E E + 2 B (1 - B) E E_m + (1 - B)^2 E_m E_m

    with E and E_m how wrong the severities make the location's own mean and the chain's. See docs/method.md.

    Four visits find three of four kept, alike, at each of two stores; a third store has one visit, and three would
    have to be added:

    >>> from reports.measure.model.severity import fit_effects
    >>> none, day, location = [0] * 9, [0, 7, 14, 21] * 2 + [0], [0] * 4 + [1] * 4 + [2]
    >>> seen, four = [[240, 240, 240, 0]] * 9, [0] * 4
    >>> chain = Chain(location, day, day, none, none, none, seen, range(9), four, four, four, [0] * 3, 3)
    >>> found = recent_levels(chain, fit_effects(chain, at=-1.0), since=0.0)
    >>> found.level.round(2).tolist(), found.n_visits.tolist()
    ([0.75, 0.75, nan], [4, 4, 1])
    """
    if usual is None:
        usual = usual_levels(chain, effects, since)
    own = own_levels(
        chain, effects, since, mix=usual.mix, usual_visit=usual.circumstances, n_auditors=len(usual.severity_errors)
    )
    level, low, high = (np.full(chain.n_locations, np.nan) for _ in range(3))
    enough = np.flatnonzero((own.n_visits >= LEAST_VISITS) & np.isfinite(usual.mean))
    for start in range(0, enough.size, LOCATIONS_AT_ONCE):
        rows = enough[start : start + LOCATIONS_AT_ONCE]
        chance, centre, spread = _posterior(own.only(rows), usual)
        level[rows] = centre @ chance
        low[rows], high[rows] = (mixture_quantile(chance, centre, spread, share) for share in (0.05, 0.95))
    level, low, high = (np.clip(values, 0, 1) for values in (level, low, high))
    return Levels(level, low, high, own.n_visits)


def usual_levels(chain: Chain, effects: Effects, since) -> Usual:
    """What is usual among the locations of a chain over their visits from `since` on, (L,) or one float in days.

    A chain without visits has one criterion in its mix, and no level:

    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> usual = usual_levels(empty, fit_effects(empty), 0.0)
    >>> usual.mix.tolist(), usual.mean
    ([1.0], nan)
    """
    mix, usual_visit = mix_of(chain), usual_circumstances(chain, effects)
    own = own_levels(chain, effects, since, mix=mix, usual_visit=usual_visit)
    enough = np.flatnonzero(own.n_visits >= LEAST_VISITS)
    if not enough.size:
        return Usual(mix, np.nan, np.nan, np.nan, circumstances=usual_visit)
    there, left = own.only(enough), left_by_fit(chain, effects, own.weight)
    n_free = there.n_visits - 1
    seen, freedom = float((there.per_visit * n_free).sum()), float(n_free.sum()) * left + PRIOR_VISITS
    usual = Usual(
        mix=mix,
        visit_variance=(seen + PRIOR_VISITS * _of_a_visit(there.by_chance, there)) / freedom,
        mean=np.nan,
        variance=np.nan,
        visit_freedom=freedom,
        left_by_fit=left,
        circumstances=usual_visit,
    )
    nodes = level_nodes(there.mean, _variance(there, usual))
    mean, variance = float(nodes[:, 1] @ nodes[:, 2]), float(nodes[:, 1] @ nodes[:, 0])
    usual = replace(usual, mean=mean, variance=variance, nodes=nodes)
    return _with_severities(usual, chain, effects, own.weight, there)


def _with_severities(usual: Usual, chain: Chain, effects: Effects, weight: np.ndarray, there: OwnLevels) -> Usual:
    """With how wrong the severities may be, where visits differ as `usual` has it, which the fit may underrate."""
    weight = weight * min(_of_a_visit(there.by_fit, there) / max(usual.visit_variance, 1e-12), 1.0)
    between = usual.variance / max(float(np.mean(there.slope**2)), 1e-12)
    variance = effects.variance | {"location": max(effects.variance["location"], between)}
    severity, freedom = severity_variance(chain, effects.auditor, weight, variance)
    errors = severity_errors(chain, weight, variance | {"auditor": severity})
    return replace(
        usual,
        severity_errors=errors,
        usual_error=there.severity_errors(errors, severity)[0].mean(axis=0),
        severity_variance=severity,
        severity_freedom=freedom,
    )


def _of_a_visit(variance: np.ndarray, own: OwnLevels) -> float:
    return float(np.average(variance, weights=own.n_visits))


def _variance(own: OwnLevels, usual: Usual) -> np.ndarray:
    """(L,) of each location's own mean: what its visits show, and the usual one counting for PRIOR_VISITS."""
    freedom = np.maximum(own.n_visits - 1, 0)
    shown = freedom * own.per_visit / usual.left_by_fit
    return np.maximum((shown + PRIOR_VISITS * usual.visit_variance) / (freedom + PRIOR_VISITS) / own.n_visits, 1e-12)


def _posterior(own: OwnLevels, usual: Usual) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N,) chances, (L, N) means and (L, N) standard deviations of the normals whose mixture each level is.

    Where degrees of freedom are few, a standard deviation is that of the normal whose 90 % interval is Student's."""
    variance = _variance(own, usual)[:, None]
    if not len(usual.nodes):
        shrink = usual.variance / (usual.variance + variance)
        return np.ones(1), usual.mean + shrink * (own.mean[:, None] - usual.mean), np.sqrt(shrink * variance)
    tau2, chance, mean, mean_variance = usual.nodes.T
    shrink = tau2 / (tau2 + variance)
    rest = 1 - shrink
    counted = own.n_visits - 1 + PRIOR_VISITS
    freedom = 1 / (1 / counted + (PRIOR_VISITS / counted) ** 2 / usual.visit_freedom)
    sampled = shrink * variance + rest**2 * mean_variance
    errors, unknown = own.severity_errors(usual.severity_errors, usual.severity_variance)
    apart, together = (errors**2).sum(axis=1) + unknown, errors @ usual.usual_error
    severities = (
        shrink**2 * apart[:, None] + 2 * shrink * rest * together[:, None] + rest**2 * (usual.usual_error**2).sum()
    )
    spread = np.sqrt(sampled * widened(freedom)[:, None] + severities * widened(usual.severity_freedom))
    return chance, mean + shrink * (own.mean[:, None] - mean), spread


def mix_of(chain: Chain) -> np.ndarray:
    """(C,) share of a chain's ratings that each criterion has; equal shares where there is no rating.

    Of four ratings three are of the first criterion:

    >>> ratings = [[240, 255], [0, 240], [240, 255]]
    >>> mix_of(Chain([0], [1], [1], [0], [0], [0], ratings, [0] * 3, [0, 0], [0, 0], [0, 0], [0], 1)).tolist()
    [0.75, 0.25]
    """
    n = chain.observed.sum(axis=0, dtype=float)
    return n / n.sum() if n.sum() else np.full(n.shape, 1 / max(n.size, 1))


def fitted_levels(chain: Chain, effects: Effects) -> np.ndarray:
    """The share that each location is expected to keep on the chain's mix of criteria, from its effect in the model.

    Empirical Bayes: with few visits it lies close to its region. Returns (L,) on the 0..1 scale, NaN without a visit.

    Two criteria at even odds, and a location 1.1 logits above the others: expit(1.1).

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], [[240, 0]], [0], [0, 0], [0, 0], [False] * 2, [0, 0], 2)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(2), location=np.full(2, 1.1))
    >>> fitted_levels(chain, even).round(2).tolist()
    [0.75, nan]
    """
    share, here = np.full(chain.n_locations, np.nan), np.unique(chain.location)
    share[here] = expected_shares(effects, here, mix_of(chain))
    return share


def chain_movement(effects: Effects) -> float:
    """How far the whole chain lies above (+) or below (-) its average this week, on the 0..1 scale.

    The average location and all criteria, on the last day of `effects` against the mean of its days; 0 without
    criteria.

    Even odds, and a week 0.2 logits above the average of 0: expit(0.2) - 0.5.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> effects = replace(fit_effects(empty), criterion=np.zeros(1), day=np.array([-0.2, 0.0, 0.2]))
    >>> round(chain_movement(effects), 4)
    0.0498
    """
    if not effects.criterion.size or not effects.day.size:
        return 0.0
    ease = effects.criterion + (effects.location.mean() if effects.location.size else 0.0)
    return float((expit(ease + effects.day[-1]) - expit(ease + effects.day.mean())).mean())


def fit_window(chain: Chain, *, look_back: int, at: float) -> float:
    """How many days of the past to fit and scan: 78 weeks, or more where visits are rare.

    look_back : visits. A location reaches back to its look_back-th last visit, or to its first, and nine in ten reach
    no further than the window. Where most locations have fewer visits than that, none is left out: a chain with one
    visit a year is judged on all its years. Returns days.

    >>> chain = Chain([0, 0], [0, 3650], [0, 3650], [0, 0], [0, 0], [0, 0], np.zeros((0, 1)), [], [0], [0], [False],
    ...     [0], 1)
    >>> fit_window(chain, look_back=40, at=3651.0)
    3652.0
    """
    n = np.diff(chain.first_visit)
    some = n > 0
    if not some.any():
        return WINDOW_DAYS
    earliest = np.maximum(chain.first_visit[1:] - look_back, chain.first_visit[:-1])[some]
    reach = at - chain.time[earliest]
    rare = np.median(n[some]) < look_back
    return float(max(WINDOW_DAYS, np.ceil(reach.max() if rare else np.quantile(reach, 0.9)) + 1))
