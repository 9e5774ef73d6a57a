"""A made chain of which only the visits that a plan chooses are made and known, week by week."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bench.chains import Made
from bench.detector.judge import Flags
from reports.measure.drift.backtest import DatedSignal
from reports.measure.drift.detector import DECLINE, Restarts, Settings, scan, stated_threshold
from reports.measure.model.chain import Chain
from reports.measure.model.effects import WEEK_DAYS, Effects
from reports.measure.model.forward_filter import with_current_auditors, with_current_days
from reports.measure.model.severity import fit_effects
from reports.measure.planning.location_forecast import forecast, weakest_quarter
from reports.measure.planning.visit_value import Assumptions, value

REFIT_WEEKS = 4
POSSIBLE_A_MONTH = 20.0  # visits of which the first of each week is the one that could be made


@dataclass(frozen=True, eq=False)
class Known:
    """What a plan may look at when it chooses the visits of a week.

    chain : the visits so far. log_evidence, is_flagged : (L,) of a decline, as of the last visit. at : days. every :
    weeks between two visits to a location, on average.
    """

    chain: Chain
    effects: Effects
    settings: Settings
    threshold: float
    log_evidence: np.ndarray
    is_flagged: np.ndarray
    at: float
    every: float


Plan = Callable[[Known], np.ndarray]
"""(L,) how much each location is wanted; those with the most are visited."""


def equally(known: Known) -> np.ndarray:
    """To each in turn: the longest without a visit first."""
    last = np.full(known.chain.n_locations, -np.inf)
    np.maximum.at(last, known.chain.location, known.chain.time)
    return -last


def by_value(known: Known) -> np.ndarray:
    """Where a visit is worth most, as the product says it; where a decline is flagged, in turn as before, for the
    visits that verify what was done about it have to be made."""
    found = forecast(
        known.chain,
        known.effects,
        known.settings,
        log_evidence=known.log_evidence,
        is_flagged=known.is_flagged,
        at=known.at,
    )
    worth = value(found, Assumptions(known.threshold, weakest_quarter(known.effects))).total
    return np.where(known.is_flagged & (found.weeks >= known.every), np.inf, worth)


@dataclass(frozen=True, eq=False)
class Followed:
    flags: Flags
    n_visits: int
    visits: np.ndarray  # (L,) during the watching


def possible_visits(made: Made) -> tuple[Chain, np.ndarray]:
    """The chain with at most one visit a week and location, and (L, weeks) its index, -1 for none."""
    chain = made.chain
    week = np.floor((chain.time - made.truth.first_day) / WEEK_DAYS).astype(int)
    cell = chain.location.astype(np.int64) * (week.max() + 1) + week
    keep = np.zeros(chain.n_visits, bool)
    keep[np.unique(cell, return_index=True)[1]] = True
    thinned = chain.subset(keep)
    index = np.full((chain.n_locations, int(week.max()) + 1), -1)
    index[thinned.location, week[keep]] = np.arange(thinned.n_visits)
    return thinned, index


def followed(made: Made, plan: Plan, *, every: float, share: float = 1.0, settings: Settings) -> Followed:
    """Watch a made chain with the visits that `plan` chooses.

    every : weeks between two visits to a location, on average; until the watching begins, each has its turn.
    share : of so many visits that the plan may make.
    """
    chain, index = possible_visits(made)
    return _Watch(made, chain, index, settings).run(plan, every, share)


class _Watch:
    def __init__(self, made: Made, chain: Chain, index: np.ndarray, settings: Settings):
        self.made, self.chain, self.index, self.settings = made, chain, index, settings
        self.is_made = np.zeros(chain.n_visits, bool)
        self.signals: list[DatedSignal] = []
        self.log_evidence = np.full(chain.n_locations, -np.inf)
        self.fitted: tuple[Effects, float] | None = None

    def run(self, plan: Plan, every: float, share: float) -> Followed:
        n = self.chain.n_locations
        first_week = round((self.made.truth.start - self.made.truth.first_day) / WEEK_DAYS)
        turn = np.arange(n) * every / n
        for week in range(first_week):
            due = np.floor((week + 1 - turn) / every) > np.floor((week - turn) / every)
            self._make(np.flatnonzero(due), week)
        at_start, owed = self.is_made.copy(), 0.0
        for week in range(first_week, self.index.shape[1]):
            moment = self.made.truth.first_day + week * WEEK_DAYS
            if (week - first_week) % REFIT_WEEKS == 0:
                self._fit(moment)
            owed += share * n / every
            wanted = plan(self._known(moment, every))
            free = np.flatnonzero(self.index[:, week] >= 0)
            chosen = free[np.argsort(-wanted[free], kind="stable")][: int(owed)]
            owed -= chosen.size
            self._make(chosen, week)
            self._look(chosen, moment)
        later = self.is_made & ~at_start
        visits = np.bincount(self.chain.location[later], minlength=n)
        return Followed(Flags.of_signals(self.signals), int(later.sum()), visits)

    def _make(self, chosen: np.ndarray, week: int) -> None:
        found = self.index[chosen, week]
        self.is_made[found[found >= 0]] = True

    def _fit(self, moment: float) -> None:
        before = self.chain.subset(self.is_made)
        effects = fit_effects(before, at=moment)
        self.fitted = effects, stated_threshold(before, self.settings, effects)
        self._look(np.arange(self.chain.n_locations), moment, is_news=False)

    def _known(self, moment: float, every: float) -> Known:
        flagged = np.zeros(self.chain.n_locations, bool)
        standing = {dated.signal.location: dated.signal.direction for dated in self.signals}  # the last one counts
        flagged[[location for location, direction in standing.items() if direction == DECLINE]] = True
        made = self.chain.subset(self.is_made)
        effects, threshold = self._last_fit()
        return Known(made, effects, self.settings, threshold, self.log_evidence, flagged, moment, every)

    def _last_fit(self) -> tuple[Effects, float]:
        if self.fitted is None:
            raise ValueError("nothing was fitted yet: the watching begins with a fit")
        return self.fitted

    def _look(self, chosen: np.ndarray, moment: float, *, is_news: bool = True) -> None:
        """The evidence of the chosen locations after their last visits; of news, also the signals."""
        known = self.chain.subset(self.is_made)
        end = moment + WEEK_DAYS * is_news
        effects, threshold = self._last_fit()
        current = with_current_days(effects, known, until=end)
        severities = with_current_auditors(current, known.subset(known.time < moment))
        current = replace(current, auditor=severities.auditor, auditor_sd=severities.auditor_sd)
        part = known.subset(np.isin(known.location, chosen))
        last = np.zeros(part.n_visits, bool)
        some = np.diff(part.first_visit) > 0
        last[part.first_visit[1:][some] - 1] = True
        restarts = Restarts.after([dated.signal for dated in self.signals], self.chain.n_locations)
        limit = threshold if is_news else np.inf
        found = scan(part, current, self.settings, limit, restarts=restarts, watched=last)
        here = np.flatnonzero(some)
        self.log_evidence[here] = found.ranking[here]
        for signal in found.signals:
            self.signals.append(DatedSignal(signal, signal.at))
            self.log_evidence[signal.location] = -np.inf  # the sum begins again
