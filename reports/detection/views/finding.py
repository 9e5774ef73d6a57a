"""How soon a flag tells of a drop where the stores of a run are visited as often as they are."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from reports.detection.data.day_numbers import to_days
from reports.detection.data.fitted_run import FittedRun
from reports.measure.model.effects import WEEK_DAYS
from reports.measure.planning.time_to_find import (
    HALF,
    HALF_YEAR_WEEKS,
    LARGE_DROP,
    found_within,
    noise_of_visit,
    visits_to_find,
)
from reports.measure.planning.visit_value import Assumptions

SELDOM = 1 / 3  # of drops found within half a year; fewer are few
RARE_WEEKS = 4.0  # between two visits, from when on it is their rareness that hides drops


@dataclass(frozen=True)
class SeldomFound:
    """Stores at which drops are seldom found within half a year, as visits there are rare.

    n_stores : of n_able with visits enough for a flag. usual_weeks : between two visits, on average. share : of drops
    that a flag finds within half a year. drop : the drop that is meant, 0..1.
    """

    n_stores: int
    n_able: int
    usual_weeks: float
    share: float
    drop: float


@dataclass(frozen=True, eq=False)
class Finding:
    """weeks : that the visits of the run reach back from the moment it is asked."""

    fitted: FittedRun
    weeks: float
    noise: float
    spread: float
    mean: float

    @classmethod
    def of(cls, fitted: FittedRun | None, *, as_of: datetime) -> "Finding | None":
        """None where no level is known yet, or the run is of an older release."""
        usual = fitted.usual if fitted else None
        if fitted is None or usual is None or not 0 < usual.mean < 1:
            return None
        weeks = max((to_days(as_of) - fitted.effects.first_day) / WEEK_DAYS, 1.0)
        noise = noise_of_visit(usual, fitted.effects)
        if not (math.isfinite(noise) and noise > 0):
            return None
        return cls(fitted, weeks, noise, fitted.effects.variance["location"], usual.mean)

    @cached_property
    def _typical(self) -> Assumptions:
        return Assumptions(self.fitted.threshold, line=0.0)

    @cached_property
    def _large(self) -> Assumptions:
        return Assumptions(self.fitted.threshold, line=0.0, drop=LARGE_DROP)

    @property
    def large_drop(self) -> float:
        return self._as_share(LARGE_DROP)

    def within_half_year(self, n_visits) -> np.ndarray:
        """Of typical drops at a store with so many visits, 1 or more, that go on as often as they came."""
        n = np.asarray(n_visits, float)
        return found_within(
            HALF_YEAR_WEEKS, self.weeks / n, self.noise, self._typical, n_before=n, spread=self.spread
        )

    @cached_property
    def most_visits_of_seldom(self) -> int:
        """With so many visits and enough for a flag, drops are seldom found within half a year; 0 where with none."""
        n = np.arange(self.fitted.run.least_visits, int(self.weeks / RARE_WEEKS) + 1)
        few = n[self.within_half_year(n) < SELDOM] if n.size else n
        return int(few[-1]) if few.size else 0

    def seldom_found(self, *, n_stores: int, n_able: int, n_visits: int) -> SeldomFound | None:
        """n_visits : of the n_stores where it is seldom together; None where there are none of them."""
        if not n_stores:
            return None
        each = n_visits / n_stores
        share = float(self.within_half_year(each))
        return SeldomFound(n_stores, n_able, self.weeks / each, share, self._as_share(self._typical.drop))

    def seldom_among(self, n_visits: Iterable[int]) -> SeldomFound | None:
        """Of stores with so many visits each."""
        every = np.fromiter(n_visits, int)
        able = every[every >= self.fitted.run.least_visits]
        seldom = able[able <= self.most_visits_of_seldom]
        return self.seldom_found(n_stores=seldom.size, n_able=able.size, n_visits=int(seldom.sum()))

    def more_visits(self, n_visits: int) -> int | None:
        """How many more visits until a large drop that begins now is as likely flagged as not; None for many."""
        least = self.fitted.settings.least_baseline
        given = {"n_before": max(n_visits, least), "spread": self.spread}
        since = visits_to_find(HALF, self.noise, self._large, **given)
        return None if since is None else since + max(least - n_visits, 0)

    def _as_share(self, drop: float) -> float:
        """Of what is kept at the mean level."""
        odds = self.mean / (1 - self.mean) * math.exp(-drop)
        return self.mean - odds / (1 + odds)
