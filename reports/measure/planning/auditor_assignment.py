"""Who to send: whose visit tells a location's own level best from the severity of those who went before."""

from dataclasses import dataclass, replace

import numpy as np

from reports.measure.auditors.linkage import linkage
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects, looked_up
from reports.measure.model.residuals import residuals
from reports.measure.planning.location_forecast import LocationForecasts, is_lately
from reports.measure.planning.visit_value import Assumptions, judged_better, variance_gain, with_changes_since


@dataclass(frozen=True, eq=False)
class AuditorAssignment:
    """What is known of A auditors and L locations before one of them is sent to another.

    been : (L, A) bool, the auditor made one of the visits that the level rests on. gain : (L, A) by how much a visit
    of this auditor lessens the variance of the level. joins : (L, A) bool, no chain of common locations and auditors
    links the two yet. link : (L, A) weeks, by which the levels of all other locations of both groups are judged
    better, once the visit has joined them; 0 where nothing is joined.
    """

    been: np.ndarray
    gain: np.ndarray
    joins: np.ndarray
    link: np.ndarray


def auditor_assignment(
    chain: Chain, effects: Effects, forecast: LocationForecasts, assumptions: Assumptions, *, at: float, linked=None
) -> AuditorAssignment:
    """Compare the auditors of a chain as visitors of each of its locations.

    chain, effects, at : as `forecast` saw them. linked : (L,), (A,) the group of each location and auditor, -1 for
    none, where more is known of them than the chain holds.
    The error of a level is partly that of the severities of those who made its visits. Who was there before repeats
    the same error: it is shared by the estimate and the new visit. Where auditors and locations fall into separate
    groups, all levels of a group share one more error, its offset: with n auditors and m locations of prior variances
    a and b, its variance is 1 / (n / a + m / b). A visit across
    groups learns the difference of the two offsets, for every location of both.

    No auditor, no column.

    >>> from reports.measure.drift.detector import Settings
    >>> from reports.measure.planning.location_forecast import forecast
    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> effects = fit_effects(empty)
    >>> known = forecast(empty, effects, Settings(), log_evidence=[-np.inf], is_flagged=[False], at=20.0)
    >>> auditor_assignment(empty, effects, known, Assumptions(5.0, 0.0), at=20.0).gain.shape
    (1, 0)
    """
    share = _shares(chain, effects, at)
    of_location, of_auditor = linkage(chain)[1:] if linked is None else linked
    offset_of_group = _offsets(effects, of_location, of_auditor)
    severity = effects.auditor_sd[: chain.n_auditors] ** 2
    severity = np.r_[severity, np.full(chain.n_auditors - severity.size, effects.variance["auditor"])]
    offset, theirs = (np.r_[offset_of_group, 0.0][group] for group in (of_location, of_auditor))  # -1: not linked
    known = (of_location[:, None] >= 0) & (of_auditor >= 0)
    same = known & (of_location[:, None] == of_auditor)
    usual = effects.auditor_sd**2
    noise = (
        forecast.noise[:, None] - (usual.mean() if usual.size else effects.variance["auditor"]) + severity + theirs
    )
    variance = (with_changes_since(forecast, assumptions) + offset)[:, None]
    shared = share * severity + np.where(same, offset[:, None], 0.0)
    joins = known & ~same
    total = variance + noise - 2 * shared
    link = np.zeros(total.shape)
    for location, auditor in np.argwhere(joins):
        for group, learnt in (
            (of_location[location], offset[location]),
            (of_auditor[auditor], theirs[auditor]),
        ):
            others = (of_location == group) & (np.arange(chain.n_locations) != location)
            gain = np.full(int(others.sum()), learnt**2 / total[location, auditor])
            better = judged_better(forecast.level[others], gain, line=assumptions.line)
            link[location, auditor] += float(forecast.usual_weeks[others] @ better) / assumptions.drop
    shared = np.minimum(shared, np.minimum(variance, noise))
    return AuditorAssignment(share > 0, variance_gain(variance, noise, shared), joins, link)


def with_own_auditors(chain: Chain, effects: Effects) -> tuple[Chain, Effects, np.ndarray]:
    """The same visits and effects with only the auditors who made one of them, numbered anew; and (A,) who they are.

    >>> from reports.measure.model.severity import fit_effects
    >>> chain = Chain([0], [1], [1], [2], [0], [0], [[240]], [0], [0], [0], [False], [0], 1)
    >>> fewer, effects, who = with_own_auditors(chain, fit_effects(chain))
    >>> fewer.auditor.tolist(), effects.auditor.size, who.tolist()
    ([0], 1, [2])
    """
    who = np.unique(chain.auditor[chain.auditor >= 0])
    unknown_sd = effects.variance["auditor"] ** 0.5
    fewer = replace(
        effects,
        auditor=looked_up(effects.auditor, who),
        auditor_sd=looked_up(effects.auditor_sd, who, unknown_sd),
        kept_auditor=_columns(effects.kept_auditor, who, 0.0),
        kept_auditor_sd=_columns(effects.kept_auditor_sd, who, unknown_sd),
    )
    number = np.where(chain.auditor >= 0, np.searchsorted(who, chain.auditor), -1)
    return replace(chain, auditor=number), fewer, who


def _columns(kept: np.ndarray, who: np.ndarray, missing: float) -> np.ndarray:
    return np.array([looked_up(row, who, missing) for row in kept]).reshape(len(kept), who.size)


def _shares(chain: Chain, effects: Effects, at: float) -> np.ndarray:
    """(L, A) share of each auditor in the level of each location."""
    w, prior = residuals(chain, effects).weight[:, 0] * is_lately(chain, at), 1 / effects.variance["location"]
    total = np.bincount(chain.location, w, chain.n_locations) + prior
    known = chain.auditor >= 0
    cell = chain.location[known].astype(np.int64) * chain.n_auditors + chain.auditor[known]
    by_auditor = np.bincount(cell, w[known], chain.n_locations * chain.n_auditors)
    return by_auditor.reshape(chain.n_locations, chain.n_auditors) / total[:, None]


def _offsets(effects: Effects, of_location: np.ndarray, of_auditor: np.ndarray) -> np.ndarray:
    """(G,) variance of what all levels of a group may be off by together; 0 where there is one group."""
    n_groups = int(of_location.max(initial=-1)) + 1
    n_locations = np.bincount(of_location[of_location >= 0], minlength=n_groups)
    n_auditors = np.bincount(of_auditor[of_auditor >= 0], minlength=n_groups)
    if n_groups < 2:
        return np.zeros(n_groups)
    return 1 / (n_auditors / effects.variance["auditor"] + n_locations / effects.variance["location"])
