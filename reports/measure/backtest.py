"""The signals a chain would have had, week by week, with only what was known at the time."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from reports.measure.chain import Chain
from reports.measure.current import with_current_auditors, with_current_days
from reports.measure.drift import Restarts, Settings, Signal, scan, stated_threshold
from reports.measure.effects import WEEK_DAYS, Effects
from reports.measure.severity import WINDOW_DAYS, fit_effects

FAMILIAR_SD = 0.3  # logits, of a criterion's ease; until then each scan refits


@dataclass(frozen=True)
class DatedSignal:
    """A signal of a backtest. `raised_at`: days, when the last visit that it rests on became known."""

    signal: Signal
    raised_at: float


def backtest(
    chain: Chain,
    settings: Settings,
    *,
    start: float,
    stop: float | None = None,
    refit_days: float = 28.0,
    scan_days: float = 7.0,
    window_days: float = WINDOW_DAYS,
    threshold: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[DatedSignal]:
    """Replay the product: refit what is common now and then, scan the locations with news, keep the signals.

    chain : the whole history. start : days since 1970-01-01 UTC, the end of the burn-in. stop : days, None =
    the last arrival. refit_days : between two fits of the common effects. scan_days : between two scans.
    threshold : on the log evidence, None = the stated one of what is known at each fit. progress : called
    with the moment of each scan. A scan at moment t knows the visits that had arrived by t, and nothing else:
    a signal is the same whether or not later visits exist. A visit that arrives late is judged in its own
    place, and the later ones of its location again. Returns signals with `visit` as an index of `chain`, by
    raised_at. Raises ValueError for days that are not positive.

    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> backtest(empty, Settings(), start=0.0, stop=28.0)
    []
    """
    if min(refit_days, scan_days, window_days) <= 0:
        raise ValueError(
            "refit_days, scan_days and window_days must be positive; got "
            f"{refit_days:g}, {scan_days:g} and {window_days:g}"
        )
    if stop is None:
        stop = float(chain.arrival.max()) + scan_days if chain.n_visits else start
    found: list[DatedSignal] = []
    effects: Effects | None = None
    limit = threshold if threshold is not None else np.inf
    n_scans = int(np.floor((stop - start) / scan_days + 1e-9))
    for moment in start + scan_days * np.arange(1, n_scans + 1):
        earlier = moment - scan_days
        before = chain.as_of(earlier)
        if effects is None or earlier >= effects.fitted_at + refit_days - 1e-9 or _has_new_form(before, effects):
            effects = fit_effects(before, at=earlier, window_days=window_days)
            if threshold is None:
                limit = stated_threshold(before, settings, effects)
        found += _scan_news(chain, effects, settings, limit, found, earlier, moment, window_days)
        if progress is not None:
            progress(float(moment))
    return sorted(found, key=lambda dated: (dated.raised_at, dated.signal.location))


def _has_new_form(known: Chain, effects: Effects) -> bool:
    """Whether visits since the fit observed criteria that it hardly knew."""
    recent = known.time >= effects.fitted_at
    return bool((known.observed[recent][:, effects.criterion_sd > FAMILIAR_SD] > 0).any())


def _scan_news(
    chain: Chain,
    effects: Effects,
    settings: Settings,
    threshold: float,
    found: list[DatedSignal],
    earlier: float,
    moment: float,
    window_days: float,
) -> list[DatedSignal]:
    """Scan the locations of which a visit arrived in (earlier, moment]."""
    known = (chain.arrival <= moment) & (chain.time >= effects.fitted_at - window_days)
    news = known & (chain.arrival > earlier)
    if not news.any():
        return []
    recent = known & (chain.time >= effects.fitted_at - WEEK_DAYS)
    current = with_current_days(effects, chain.subset(recent), until=moment)
    before = recent & (chain.arrival <= earlier)  # a visit must not explain itself away as its auditor's severity
    current = with_current_auditors(current, chain.subset(before))
    active = np.zeros(chain.n_locations, bool)
    active[chain.location[news]] = True
    index = np.flatnonzero(known & active[chain.location])
    keep = np.zeros(chain.n_visits, bool)
    keep[index] = True
    part = chain.subset(keep)
    first_news = np.full(chain.n_locations, np.inf)
    np.minimum.at(first_news, chain.location[news], chain.time[news])
    restarts = Restarts.after([dated.signal for dated in found], chain.n_locations)
    raised = scan(
        part, current, settings, threshold, restarts=restarts, watched=part.time >= first_news[part.location]
    ).signals
    answer = []
    for signal in raised:
        so_far = slice(part.first_visit[signal.location], signal.visit + 1)
        answer.append(DatedSignal(replace(signal, visit=int(index[signal.visit])), float(part.arrival[so_far].max())))
    return answer
