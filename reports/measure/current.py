"""Between two fits: the movement of the chain and the severities, carried on with all else kept."""

from dataclasses import replace

import numpy as np
from scipy.special import expit

from reports.measure.chain import Chain
from reports.measure.effects import WEEK_DAYS, Effects, padded, unfamiliarity
from reports.measure.overdispersion import weights


def with_current_days(effects: Effects, chain: Chain, *, until: float | None = None) -> Effects:
    """The effects with the chain-wide movement carried on to the days after the fit, all else kept.

    The effect of a day is that of the seven days before it, over all locations, shrunk as in the fit: nothing
    that happens later changes it.
    chain : what is known now. until : days since 1970-01-01 UTC, None = the end of the last visit's day.
    Returns Effects whose `day` reaches to `until`; the same Effects when that is not after the fit.

    A chain without visits after the fit returns to 0, the prior's mean.

    >>> from reports.measure.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> with_current_days(fit_effects(empty, at=10.0), empty, until=12.0).day[-2:].tolist()
    [0.0, 0.0]
    """
    if until is None:
        until = float(np.floor(chain.time.max()) + 1) if chain.n_visits else effects.fitted_at
    n_new = int(np.ceil(until - effects.fitted_at))
    if n_new <= 0:
        return effects
    visits = chain.subset((chain.time >= effects.fitted_at - WEEK_DAYS) & (chain.time < until))
    held = replace(effects, day=effects.day[-1:])  # a step from the last level is shorter, and so closer to linear
    residual, information = _visit_residuals(visits, held)
    w = weights(information, effects.overdispersion[0] + unfamiliarity(visits, effects))
    place = np.clip(np.floor(visits.time - effects.fitted_at).astype(int) + int(WEEK_DAYS), 0, None)
    length = n_new + int(WEEK_DAYS)
    summed = np.r_[0.0, np.cumsum(np.bincount(place, w, length))]
    pulled = np.r_[0.0, np.cumsum(np.bincount(place, w * (held.day[0] + residual), length))]
    first = np.arange(n_new)
    trailing, pull = summed[first + 7] - summed[first], pulled[first + 7] - pulled[first]
    return replace(effects, day=np.r_[effects.day, pull / (trailing + 1 / effects.variance["week"])])


def with_current_auditors(effects: Effects, chain: Chain) -> Effects:
    """The effects with each auditor's severity carried on by the visits since the fit, all else kept.

    Without it an auditor who is new, and severe, would look like a decline of the stores until the next fit.
    chain : what is known now; it may hold auditors that the fit did not know. Returns Effects with (A,) of
    this chain. One step of a normal update: prior = what the fit knew. Efron & Morris (1973), JASA 68,
    117-130.

    >>> from reports.measure.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> with_current_auditors(fit_effects(empty), empty).auditor.tolist()
    []
    """
    visits = chain.subset((chain.time >= effects.fitted_at) & (chain.auditor >= 0))
    size = max(chain.n_auditors, effects.auditor.size)
    severity = padded(effects.auditor, size)
    variance = np.full(size, effects.variance["auditor"])
    variance[: effects.auditor_sd.size] = effects.auditor_sd**2
    residual, information = _visit_residuals(visits, effects)
    unsure = effects.overdispersion[0] + effects.variance["quarter"] + unfamiliarity(visits, effects)
    w = weights(information, unsure)
    gained = np.bincount(visits.auditor, w, size)
    pull = np.bincount(visits.auditor, w * residual, size)
    after = 1 / (1 / variance + gained)
    return replace(effects, auditor=severity + after * pull, auditor_sd=np.sqrt(after))


def _visit_residuals(chain: Chain, effects: Effects) -> tuple[np.ndarray, np.ndarray]:
    """(V,) one-step residual of each visit in logits, 0 where nothing was observed, and (V,) its
    information."""
    offset = effects.of_location(chain)[chain.location] + effects.common(chain)
    p = expit(effects.criterion + offset[:, None])
    information = (chain.observed * p * (1 - p)).sum(axis=1)
    gap = (chain.conforming - chain.observed * p).sum(axis=1)
    return np.divide(gap, information, out=np.zeros_like(gap), where=information > 0), information
