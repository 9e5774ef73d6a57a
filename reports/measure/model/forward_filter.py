"""Between two fits: the movement of the chain and the severities, carried on with all else kept."""

from dataclasses import replace

import numpy as np
from scipy.special import expit

from reports.measure.model.chain import Chain
from reports.measure.model.effects import WEEK_DAYS, Effects, looked_up, padded, unfamiliarity
from reports.measure.model.overdispersion import weights


def with_current_days(effects: Effects, chain: Chain, *, until: float | None = None) -> Effects:
    """The effects with the chain-wide movement carried on to the days after the last known one, all else kept.

    The effect of a day is that of the seven days before it, over all locations, shrunk as in the fit: nothing
    that happens later changes it.
    chain : what is known now, of the seven days before the last known day at least. until : days since 1970-01-01
    UTC, None = the end of the last visit's day.
    Returns Effects whose `day` reaches to `until`; the same Effects when that is not after the last known day.

    A chain without visits after the fit returns to 0, the prior's mean.

    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> with_current_days(fit_effects(empty, at=10.0), empty, until=12.0).day[-2:].tolist()
    [0.0, 0.0]
    """
    begin = effects.first_day + effects.day.size
    if until is None:
        until = float(np.floor(chain.time.max()) + 1) if chain.n_visits else begin
    n_new = int(np.ceil(until - begin - 1e-9))
    if n_new <= 0:
        return effects
    visits = chain.subset((chain.time >= begin - WEEK_DAYS) & (chain.time < until))
    held = replace(effects, day=effects.day[-1:])  # a step from the last level is shorter, and so closer to linear
    residual, information = _visit_residuals(visits, held)
    w = weights(information, effects.overdispersion[0] + unfamiliarity(visits, effects))
    w = w * looked_up(effects.steady, visits.location, 1.0)
    day_index = np.clip(np.floor(visits.time - begin).astype(int) + int(WEEK_DAYS), 0, None)
    length = n_new + int(WEEK_DAYS)
    summed = np.r_[0.0, np.cumsum(np.bincount(day_index, w, length))]
    pulled = np.r_[0.0, np.cumsum(np.bincount(day_index, w * (held.day[0] + residual), length))]
    first = np.arange(n_new)
    trailing, pull = summed[first + 7] - summed[first], pulled[first + 7] - pulled[first]
    return replace(effects, day=np.r_[effects.day, pull / (trailing + 1 / effects.variance["week"])])


def with_current_auditors(effects: Effects, chain: Chain) -> Effects:
    """The effects with each auditor's severity carried on by the visits since the fit, all else kept.

    Without it an auditor who is new, and severe, would look like a decline of the stores until the next fit.
    chain : what is known now; it may hold auditors that the fit did not know. Returns Effects with (A,) of
    this chain. One step of a normal update: prior = what the fit knew. Efron & Morris (1973), JASA 68,
    117-130.

    Until day 20 the auditor finds everything kept, from then on nothing, at a store whose level is known: the
    severity falls.

    >>> from reports.measure.model.severity import fit_effects
    >>> none, day, kept = [0] * 40, range(40), [[240, 240]] * 20
    >>> chain = Chain(none, day, day, none, none, none, kept + [[0, 0]] * 20, day, [0, 0], [0, 0], [0, 0], [0], 1)
    >>> known = fit_effects(chain, at=20.0)
    >>> found = with_current_auditors(known, chain)
    >>> bool(found.auditor[0] < known.auditor[0] - 0.5), bool(found.auditor_sd[0] < known.auditor_sd[0])
    (True, True)
    """
    return _updated(effects, chain.subset((chain.time >= effects.fitted_at) & (chain.auditor >= 0)), chain.n_auditors)


def carry_on(effects: Effects, chain: Chain, *, known_until: float, until: float) -> Effects:
    """What is in force after a run that does not estimate: what earlier visits were judged by stays as it was.

    Visits that arrived by `until` keep the days and the severities that were in force when they came. Those that come
    later are judged by the days up to `until`, of which the new ones get their effect (`with_current_days`), and by
    severities that the visits since the run before, at `known_until`, have moved on (a normal update, as in
    `with_current_auditors`). So no visit explains itself away as its auditor's severity, and a location without a
    new visit keeps every figure: a filter, where a refit is a smoother. The posterior variance of the severities says
    how much less it knows.
    chain : what is known at `until`: at least the visits that arrived after `known_until`, and those of the seven
    days before the last known day. known_until, until : days, the moments of the run before and of this one.

    Until day 20 the auditor finds everything kept, from then on nothing: visits that arrived by day 39 keep the
    severity of the fit.

    >>> from reports.measure.model.severity import fit_effects
    >>> none, day, kept = [0] * 40, range(40), [[240, 240]] * 20
    >>> chain = Chain(none, day, day, none, none, none, kept + [[0, 0]] * 20, day, [0, 0], [0, 0], [0, 0], [0], 1)
    >>> known = fit_effects(chain, at=20.0)
    >>> found = carry_on(known, chain, known_until=19.5, until=39.0)
    >>> found.kept_until.tolist(), bool(found.kept_auditor[0, 0] == known.auditor[0] > found.auditor[0])
    ([39.0], True)
    >>> found.day.size - known.day.size, int(found.kept_days[0]) == known.day.size
    (19, True)
    """
    current = with_current_days(effects, chain, until=until)
    news = chain.subset((chain.arrival > known_until) & (chain.auditor >= 0))
    moved = _updated(current, news, chain.n_auditors)
    n_kept, size = effects.kept_until.size, moved.auditor.size
    kept, kept_sd = np.zeros((n_kept + 1, size)), np.full((n_kept + 1, size), effects.variance["auditor"] ** 0.5)
    kept[:-1, : effects.kept_auditor.shape[1]] = effects.kept_auditor
    kept_sd[:-1, : effects.kept_auditor.shape[1]] = effects.kept_auditor_sd
    kept[-1, : effects.auditor.size], kept_sd[-1, : effects.auditor.size] = effects.auditor, effects.auditor_sd
    return replace(
        moved,
        kept_until=np.r_[effects.kept_until, until],
        kept_days=np.r_[effects.kept_days, effects.day.size].astype(int),
        kept_auditor=kept,
        kept_auditor_sd=kept_sd,
    )


def _updated(effects: Effects, visits: Chain, n_auditors: int) -> Effects:
    """The effects with the severities moved by these visits, all by known auditors."""
    size = max(n_auditors, effects.auditor.size)
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
