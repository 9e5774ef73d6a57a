"""The signals a chain would have had, week by week, with only what was known at the time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from reports.measure.defaults import REFIT_DAYS, SCAN_DAYS
from reports.measure.drift.detector import Restarts, Settings, Signal, scan, stated_threshold
from reports.measure.model.chain import NONE, Chain
from reports.measure.model.effects import WEEK_DAYS, Effects
from reports.measure.model.forward_filter import with_current_auditors, with_current_days
from reports.measure.model.severity import WINDOW_DAYS, fit_effects

FAMILIAR_SD = 0.3  # logits, of a criterion's ease; until then each scan refits


@dataclass(frozen=True)
class DatedSignal:
    """A signal of a backtest. `raised_at`: days, when the last visit that it rests on became known."""

    signal: Signal
    raised_at: float


@dataclass(frozen=True, eq=False)
class Replayed:
    """Where a replay stands after some scans: all that the next one needs besides the chain.

    n_scans : how many were made. effects, threshold : of the last fit, which later scans use until the next
    one. signals : found so far, by scan.
    """

    n_scans: int = 0
    effects: Effects | None = None
    threshold: float = np.inf
    signals: tuple[DatedSignal, ...] = ()


def backtest(
    chain: Chain,
    settings: Settings,
    *,
    start: float,
    stop: float | None = None,
    refit_days: float = REFIT_DAYS,
    scan_days: float = SCAN_DAYS,
    window_days: float = WINDOW_DAYS,
    threshold: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[DatedSignal]:
    """Replay the product: refit what is common now and then, scan the locations with news, keep the signals.

    stop : days, None = the last arrival. progress : called with the moment of each scan. The others as in
    `replay`. Returns signals with `visit` as an index of `chain`, by raised_at.
    Raises ValueError for days that are not positive.

    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> backtest(empty, Settings(), start=0.0, stop=28.0)
    []
    """
    if stop is None:
        stop = float(chain.arrival.max()) + scan_days if chain.n_visits else start
    done = Replayed()
    for done in replay(
        chain,
        settings,
        start=start,
        stop=stop,
        refit_days=refit_days,
        scan_days=scan_days,
        window_days=window_days,
        threshold=threshold,
    ):
        if progress is not None:
            progress(start + scan_days * done.n_scans)
    return in_order(done.signals)


def replay(
    chain: Chain,
    settings: Settings,
    *,
    start: float,
    stop: float,
    refit_days: float = REFIT_DAYS,
    scan_days: float = SCAN_DAYS,
    window_days: float = WINDOW_DAYS,
    threshold: float | None = None,
    after: Replayed | None = None,
) -> Iterator[Replayed]:
    """The scans of a backtest, one at a time: yields where it stands after each.

    chain : the whole history. start : days since 1970-01-01 UTC, the end of the burn-in. stop : days.
    refit_days : between two fits of the common effects. scan_days : between two scans.
    window_days : how far back a fit reaches. threshold : on the log evidence, None = the stated one of what
    is known at each fit. after : what an earlier replay of the same chain with the same numbers yielded; this
    one goes on from there, and yields what the earlier one would have.
    A scan at moment t knows the visits that had arrived by t, and nothing else: a signal is the same whether
    or not later visits exist. A visit that arrives late is judged in its own place, and the later ones of its
    location again. Raises ValueError for days that are not positive, before the first scan.

    Twelve weekly visits find four of five kept, those from day 84 on one of five. The scans at 84, 91 and 98 know
    the visits up to their moment: the signal of day 91 is of the second.

    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> seen = replay(chain, Settings(), start=77.0, stop=98.0, threshold=4.0)
    >>> [(one.n_scans, [dated.raised_at for dated in one.signals]) for one in seen]
    [(1, []), (2, [91.0]), (3, [91.0])]
    """
    if min(refit_days, scan_days, window_days) <= 0:
        raise ValueError(
            "refit_days, scan_days and window_days must be positive; got "
            f"{refit_days:g}, {scan_days:g} and {window_days:g}"
        )
    done = after or Replayed()
    effects, limit, signals = done.effects, done.threshold, done.signals
    for n in range(done.n_scans + 1, n_scans(start=start, stop=stop, scan_days=scan_days) + 1):
        moment = start + scan_days * n
        earlier = moment - scan_days
        if effects is None or _is_time_to_refit(chain, effects, earlier, refit_days):
            before = chain.as_of(earlier)
            effects = fit_effects(before, at=earlier, window_days=window_days)
            limit = stated_threshold(before, settings, effects) if threshold is None else threshold
        found = _scan_news(chain, effects, settings, limit, signals, earlier, moment, window_days)
        signals = (*signals, *found)
        yield Replayed(n, effects, limit, signals)


def as_known(chain: Chain, moment: float) -> Chain:
    """The chain as of `moment` with nothing in it that nobody had observed by then: no location, region or auditor
    without a visit, no criterion without a rating.

    They are numbered anew in their order, sections in that of their criteria, so that what is drawn at random for
    each does not depend on those that come later.

    The second location, auditor and criterion come on day 9:

    >>> chain = Chain([0, 1], [1.0, 9.0], [1.0, 9.0], [1, 0], [0, 0], [0, 0], [[240, 255], [255, 0]], [0, 1], [1, 0],
    ...     [0, 0], [False] * 2, [1, 0], 2)
    >>> early = as_known(chain, 5.0)
    >>> early.n_locations, early.n_regions, early.n_auditors, early.n_criteria, early.n_sections
    (1, 1, 1, 1, 1)
    """
    known = chain.as_of(moment)
    columns = np.flatnonzero((known.ratings != NONE).any(axis=0))
    location_indexes, location = np.unique(known.location, return_inverse=True)
    auditors = np.unique(known.auditor[known.auditor >= 0])
    _, first, section = np.unique(known.section[columns], return_index=True, return_inverse=True)
    return replace(
        known,
        location=location,
        n_locations=location_indexes.size,
        region=np.unique(known.region[location_indexes], return_inverse=True)[1],
        auditor=np.where(known.auditor < 0, -1, np.searchsorted(auditors, known.auditor)),
        ratings=known.ratings[:, columns],
        section=np.argsort(np.argsort(first))[section],
        dimension=known.dimension[columns],
        critical=known.critical[columns],
    )


def n_scans(*, start: float, stop: float, scan_days: float) -> int:
    """How many scans a backtest makes.

    >>> n_scans(start=0.0, stop=28.0, scan_days=7.0), n_scans(start=5.0, stop=4.0, scan_days=7.0)
    (4, 0)
    """
    return max(0, int(np.floor((stop - start) / scan_days + 1e-9)))


def in_order(signals: Iterable[DatedSignal]) -> list[DatedSignal]:
    """By the time at which they were raised, then by location.

    >>> signal = Signal(0, 5, 9.0, "overall", "decline", 4.0, 2.0, 6.0, 500.0, 0.5, 0.8, 3)
    >>> [dated.raised_at for dated in in_order([DatedSignal(signal, 12.0), DatedSignal(signal, 9.0)])]
    [9.0, 12.0]
    """
    return sorted(signals, key=lambda dated: (dated.raised_at, dated.signal.location))


def _is_time_to_refit(chain: Chain, effects: Effects, earlier: float, refit_days: float) -> bool:
    """Whether a fit is due, or visits since the last one observed criteria that it hardly knew."""
    if earlier >= effects.fitted_at + refit_days - 1e-9:
        return True
    unfamiliar = effects.criterion_sd > FAMILIAR_SD
    if not unfamiliar.any():
        return False
    recent = chain.subset((chain.arrival <= earlier) & (chain.time >= effects.fitted_at))
    return bool((recent.observed[:, unfamiliar] > 0).any())


def _scan_news(
    chain: Chain,
    effects: Effects,
    settings: Settings,
    threshold: float,
    found: tuple[DatedSignal, ...],
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
