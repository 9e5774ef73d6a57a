"""The signals that a chain would have had, run by run: each visit judged as it arrived, by what was in force then.

The product is the same filter: its runs are the moments, and what was in force when a visit arrived judges it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from reports.measure.defaults import REFIT_DAYS, SCAN_DAYS
from reports.measure.drift.arrivals import judge_arrivals
from reports.measure.drift.detector import Settings, Signal, stated_threshold
from reports.measure.model.chain import NONE, Chain
from reports.measure.model.effects import WEEK_DAYS, Effects, unfamiliarity
from reports.measure.model.forward_filter import carry_on
from reports.measure.model.levels import fit_window
from reports.measure.model.severity import fit_effects

FAMILIAR_SD = 0.3  # logits, of a criterion's ease; until then each run estimates anew
MOST_CHANGED = 0.25  # of the visits that an estimate rests on; more that came or left ask for a new one
PUNCTUAL = 0.5  # days by which a run may come early: a nightly one is never late to the second
OUTGROWN = 2.0  # so many times the visits, or so many times fewer, ask for another threshold

SetThreshold = Callable[[Chain, Effects], float]
"""A threshold on the log evidence, from what is known at an estimate."""


@dataclass(frozen=True)
class DatedSignal:
    """A signal of a backtest. `raised_at`: days, when the last visit that it rests on became known."""

    signal: Signal
    raised_at: float


@dataclass(frozen=True, eq=False)
class Replayed:
    """Where a replay stands after some runs: all that the next one needs besides the chain.

    n_scans : how many were made. effects, threshold : in force when the visits of the last one arrived. n_simulated :
    visits that the threshold rests on. signals : found so far, by run.
    """

    n_scans: int = 0
    effects: Effects | None = None
    threshold: float = np.inf
    n_simulated: int = 0
    signals: tuple[DatedSignal, ...] = ()


def backtest(
    chain: Chain,
    settings: Settings,
    *,
    start: float,
    stop: float | None = None,
    refit_days: float = REFIT_DAYS,
    scan_days: float = SCAN_DAYS,
    window_days: float | None = None,
    threshold: float | SetThreshold | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[DatedSignal]:
    """Replay the product: its runs, and what the visits that arrive between them say.

    stop : days, None = the last arrival. progress : called with the moment of each run. The others as in
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
    window_days: float | None = None,
    threshold: float | SetThreshold | None = None,
    after: Replayed | None = None,
) -> Iterator[Replayed]:
    """The runs of a backtest, one at a time: yields where it stands after each.

    chain : the whole history. start : days since 1970-01-01 UTC, the end of the burn-in and the moment of the first
    estimate. stop : days. scan_days : between two runs. refit_days : between two estimates of the common effects, or
    less (see `why_estimate`). window_days : how far back an estimate reaches, None = as far as the product's
    (`levels.fit_window`). threshold : on the log evidence; a function gives it at the first estimate and whenever the
    visits have outgrown the last one, None = the stated one at each estimate. after : what an earlier replay of the
    same chain with the same numbers yielded; this one goes on from there, and yields what the earlier one would.
    A visit is judged once, when it arrives, by what the last run before has left: an estimate changes what is
    expected of visits to come. Where that run did not know its location or one of its criteria it is not judged, and
    is what later ones are held against. So a signal is the same whether or not later visits exist.
    Raises ValueError for days that are not positive, before the first run.

    Twelve weekly visits find four of five kept, those from day 84 on one of five. The runs at 84, 91 and 98 know
    the visits up to their moment: the signal of day 91 is of the second.

    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> seen = replay(chain, Settings(), start=77.0, stop=98.0, threshold=4.0, scan_days=7.0)
    >>> [(one.n_scans, [dated.raised_at for dated in one.signals]) for one in seen]
    [(1, []), (2, [91.0]), (3, [91.0])]
    """
    if min(refit_days, scan_days) <= 0 or (window_days is not None and window_days <= 0):
        raise ValueError(
            "refit_days, scan_days and window_days must be positive; got "
            f"{refit_days:g}, {scan_days:g} and {window_days}"
        )
    done = after or Replayed()
    for n in range(done.n_scans + 1, n_scans(start=start, stop=stop, scan_days=scan_days) + 1):
        earlier, moment = start + scan_days * (n - 1), start + scan_days * n
        done = _in_force(chain, settings, done, earlier, scan_days, refit_days, window_days, threshold)
        done = replace(done, n_scans=n, signals=(*done.signals, *_news(chain, settings, done, earlier, moment)))
        yield done


def in_force(
    chain: Chain,
    settings: Settings,
    *,
    start: float,
    stop: float,
    refit_days: float = REFIT_DAYS,
    scan_days: float = SCAN_DAYS,
    window_days: float | None = None,
    threshold: float | SetThreshold | None = None,
) -> Iterator[tuple[Effects, float]]:
    """What the runs of a backtest leave, one after the other, without judging any visit: effects and threshold.

    Arguments as in `replay`.

    >>> none, day, seen = [0] * 60, range(60), [[240], [0]] * 600
    >>> chain = Chain(none, day, day, none, none, none, seen, np.repeat(day, 20), [0], [0], [False], [0], 1)
    >>> nights = in_force(chain, Settings(), start=30.0, stop=60.0, threshold=4.0)
    >>> sorted({effects.fitted_at for effects, _ in nights})
    [30.0, 38.0, 48.0]
    """
    done = Replayed()
    for n in range(n_scans(start=start, stop=stop, scan_days=scan_days)):
        moment = start + scan_days * n
        done = _in_force(chain, settings, done, moment, scan_days, refit_days, window_days, threshold)
        if done.effects is not None:
            yield done.effects, done.threshold


def _in_force(
    chain: Chain,
    settings: Settings,
    done: Replayed,
    moment: float,
    scan_days: float,
    refit_days: float,
    window_days: float | None,
    threshold: float | SetThreshold | None,
) -> Replayed:
    """What the run of a moment leaves: an estimate, or what the run before left, carried on."""
    effects = done.effects
    if effects is not None and not why_estimate(chain, effects, at=moment, refit_days=refit_days):
        last = moment - scan_days
        recent = (chain.arrival <= moment) & ((chain.time >= last - 2 * WEEK_DAYS) | (chain.arrival > last))
        return replace(done, effects=carry_on(effects, chain.subset(recent), known_until=last, until=moment))
    before = chain.as_of(moment)
    window = fit_window(before, look_back=settings.look_back, at=moment) if window_days is None else window_days
    effects = fit_effects(before, at=moment, window_days=window)
    if threshold is None:
        return replace(done, effects=effects, threshold=stated_threshold(before, settings, effects))
    if not callable(threshold):
        return replace(done, effects=effects, threshold=threshold)
    n = int((before.time >= effects.first_day).sum())
    if not is_outgrown(done.n_simulated, n):
        return replace(done, effects=effects)
    return replace(done, effects=effects, threshold=threshold(before, effects), n_simulated=n)


def why_estimate(chain: Chain, effects: Effects, *, at: float, refit_days: float) -> str:
    """Why what is common is to be estimated anew at a moment, empty where it can be carried on.

    chain : what is known at `at` (days), or later too. effects : the last estimate, carried on or not.

    >>> from reports.measure.model.severity import fit_effects
    >>> four = [0] * 4
    >>> chain = Chain(four, range(4), range(4), four, four, four, [[240]] * 4, range(4), [0], [0], [False], [0], 1)
    >>> effects = fit_effects(chain, at=4.0)
    >>> why_estimate(chain, effects, at=10.0, refit_days=28.0), why_estimate(chain, effects, at=32.0, refit_days=28.0)
    ('', 'The last estimate is 28 days old or more.')
    """
    if is_due(effects.fitted_at, at, refit_days):
        return f"The last estimate is {refit_days:g} days old or more."
    news = (chain.arrival > effects.fitted_at) & (chain.arrival <= at)
    if not news.any():
        return ""
    if not knows_location(chain, effects)[chain.location[news]].all():
        return "There are visits at locations that the last estimate did not know."
    n_then = int(((chain.arrival <= effects.fitted_at) & (chain.time >= effects.first_day)).sum())
    if (n_changed := int(news.sum())) > MOST_CHANGED * n_then:
        return f"Of the {n_then:,} visits of the last estimate, {n_changed:,} came or left since."
    return why_unfamiliar(chain.subset(news), effects)


def is_due(fitted_at: float, at: float, refit_days: float) -> bool:
    """Whether an estimate is so old (days) that a run at `at` makes another.

    >>> is_due(0.0, 27.999, 28.0), is_due(0.0, 27.0, 28.0)
    (True, False)
    """
    return at - fitted_at >= refit_days - PUNCTUAL * (refit_days > PUNCTUAL)


def is_outgrown(n_then: int, n_now: int) -> bool:
    """Whether a threshold that rests on so many visits is to be found anew.

    >>> is_outgrown(0, 10), is_outgrown(10, 19), is_outgrown(10, 20), is_outgrown(20, 10)
    (True, False, True, True)
    """
    return n_then == 0 or n_now >= OUTGROWN * n_then or n_then >= OUTGROWN * n_now


def knows_location(chain: Chain, effects: Effects) -> np.ndarray:
    """(L,) bool: which locations had a visit by the time of the estimate.

    >>> from reports.measure.model.severity import fit_effects
    >>> none = [0, 0]
    >>> chain = Chain([0, 1], [1.0, 9.0], [1.0, 9.0], none, none, none, [[240], [240]], [0, 1], [0], [0], [False],
    ...     none, 2)
    >>> knows_location(chain, fit_effects(chain, at=5.0)).tolist()
    [True, False]
    """
    answer = np.zeros(chain.n_locations, bool)
    answer[chain.location[chain.arrival <= effects.fitted_at]] = True
    return answer


def knows_criteria(chain: Chain, effects: Effects) -> np.ndarray:
    """(V,) bool: the visits that observed no criterion but those of the estimate.

    The second criterion is new on day 9:

    >>> from reports.measure.model.severity import fit_effects
    >>> chain = Chain([0, 0], [1.0, 9.0], [1.0, 9.0], [0, 0], [0, 0], [0, 0], [[240, 255], [240, 0]], [0, 1], [0, 0],
    ...     [0, 0], [False] * 2, [0], 1)
    >>> knows_criteria(chain, fit_effects(chain, at=5.0)).tolist()
    [True, False]
    """
    return (chain.observed[:, ~effects.is_observed] == 0).all(axis=1)


def why_unfamiliar(news: Chain, effects: Effects) -> str:
    """Whether visits since the estimate are on a form that it did not know, or hardly: why, empty where it knew it.

    >>> from reports.measure.model.severity import fit_effects
    >>> day = range(9)
    >>> chain = Chain([0] * 9, day, day, [0] * 9, [0] * 9, [0] * 9, [[240]] * 9, day, [0], [0], [False], [0], 1)
    >>> why_unfamiliar(chain.subset(chain.time > 7), fit_effects(chain, at=8.0))
    'There are visits on a form that the last estimate hardly knew.'
    """
    if not knows_criteria(news, effects).all():
        return "There are visits with criteria that the last estimate did not know."
    if (unfamiliarity(news, effects) > FAMILIAR_SD**2).any():
        return "There are visits on a form that the last estimate hardly knew."
    return ""


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


def _news(chain: Chain, settings: Settings, done: Replayed, earlier: float, moment: float) -> list[DatedSignal]:
    """The signals of the visits that arrived in (earlier, moment], by what is in force."""
    effects = done.effects
    if effects is None:
        raise ValueError("no estimate is in force: a replay begins with one")
    known = (chain.arrival <= moment) & (chain.time >= effects.first_day)
    news = known & (chain.arrival > earlier) & knows_location(chain, effects)[chain.location]
    index = np.flatnonzero(news)
    news[index] = knows_criteria(chain.subset(news), effects)
    if not news.any():
        return []
    active = np.zeros(chain.n_locations, bool)
    active[chain.location[news]] = True
    index = np.flatnonzero(known & active[chain.location])
    keep = np.zeros(chain.n_visits, bool)
    keep[index] = True
    past = [dated.signal for dated in done.signals if active[dated.signal.location]]
    part = chain.subset(keep)
    found = judge_arrivals(part, effects, settings, done.threshold, past=past, is_new=news[index])
    return [
        DatedSignal(replace(signal, visit=int(index[signal.visit])), found.raised_at[signal.location, signal.at])
        for signal in found.signals
        if (signal.location, signal.at) in found.raised_at
    ]
