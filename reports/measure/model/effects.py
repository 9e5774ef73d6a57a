"""What is common to the chain, as numbers: what each visit owes to its auditor, daypart, staffing and day."""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit

from reports.measure.model.chain import Chain

WEEK_DAYS = 7.0
CRITERION_SD = 2.0  # logits, of the prior of a criterion's ease


@dataclass(frozen=True, eq=False)
class Effects:
    """What `severity.fit_effects` found, all in logits; higher means that more conforms.

    fitted_at : the moment of the fit, days since 1970-01-01 UTC; only earlier visits were used.
    criterion, criterion_sd : (C,) ease of each criterion and its posterior standard deviation. location :
    (L,) level. region : (G,) mean level of a region's locations.
    auditor : (A,) leniency, below 0 = severe. auditor_sd : (A,) its posterior standard deviation.
    daypart, staffing : (n,) effects by code; a code that was never seen, or is unknown, has none.
    first_day, day : the effect of the whole chain on the days first_day, first_day + 1, ...
    variance : prior variances by facet: location, region, auditor, week, quarter, section; and how much
    interactions of one visit ("interaction"), visits ("visit") and quarters of a location ("wander") differ beyond
    chance.
    overdispersion : (1 + S,) variance of a visit beyond chance: overall, then each section.
    breadth : (n,) effect of how little a visit looked at, by `Chain.breadth`: a short visit goes where something is
    suspect, and finds less in order than its criteria alone let expect.
    own_scatter : (L,) by how much the visits of each location vary beyond `overdispersion`, a variance; below 0 less.
    steady : (L,) how far each location may speak for the chain after the fit, 0 to 1: `overdispersion.steadiness`.
    kept_until, kept_auditor, kept_auditor_sd : (E,), (E, A), (E, A) the severities that earlier visits keep: those
    that arrived (days) up to kept_until[0] have row 0, those after it and up to kept_until[1] row 1, and so on;
    `auditor` and `auditor_sd` hold for all that arrive later. kept_days : (E,) int, how many of the days were known
    to them; a visit of a later day owes what the last of these does. None kept: E = 0. See `forward_filter.carry_on`.

    usual_location : mean level of the locations that the fit saw; 0 where it saw none.

    A location, auditor or criterion without a visit gets the mean of its prior, with the prior's sd.
    """

    fitted_at: float
    criterion: np.ndarray
    criterion_sd: np.ndarray
    location: np.ndarray
    region: np.ndarray
    auditor: np.ndarray
    auditor_sd: np.ndarray
    daypart: np.ndarray
    staffing: np.ndarray
    first_day: float
    day: np.ndarray
    variance: dict[str, float]
    overdispersion: np.ndarray
    breadth: np.ndarray = field(default_factory=lambda: np.zeros(0))
    own_scatter: np.ndarray = field(default_factory=lambda: np.zeros(0))
    steady: np.ndarray = field(default_factory=lambda: np.zeros(0))
    kept_until: np.ndarray = field(default_factory=lambda: np.zeros(0))
    kept_auditor: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    kept_auditor_sd: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    kept_days: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    usual_location: float = 0.0

    def overdispersion_of_channels(self, chain: Chain) -> np.ndarray:
        """(V, 3 + S) how much each visit varies beyond chance: `overdispersion`, then that of the two dimensions, the
        overall one; with its location's own scatter."""
        of_channels = np.r_[self.overdispersion, self.overdispersion[[0, 0]]]
        return np.maximum(of_channels + self.of_scatter(chain)[:, None], 0.0)

    def of_scatter(self, chain: Chain) -> np.ndarray:
        """(V,) `own_scatter` of each visit's location."""
        return looked_up(self.own_scatter, chain.location)

    @property
    def is_observed(self) -> np.ndarray:
        """(C,) bool, the criteria that a visit of the fit observed. The others are no part of what is looked for: a
        backtest has the columns of versions that come later."""
        return self.criterion_sd < CRITERION_SD

    def of_day(self, time: np.ndarray, arrival: np.ndarray | None = None) -> np.ndarray:
        """(n,) effect of the chain at each `time`; before and after the known days, that of the nearest one.

        arrival : (n,) days, when each visit became known: then only the days count that were known before it.
        """
        day_index = np.floor(np.asarray(time) - self.first_day).astype(int)
        if arrival is not None and self.kept_until.size:
            n_known = np.r_[self.kept_days, self.day.size][np.searchsorted(self.kept_until, arrival)]
            day_index = np.minimum(day_index, n_known - 1)
        return self.day[np.clip(day_index, 0, self.day.size - 1)]

    def of_location(self, chain: Chain) -> np.ndarray:
        """(L,) level of each location of `chain`."""
        return self.location if self.location.size == chain.n_locations else padded(self.location, chain.n_locations)

    def common(self, chain: Chain, visit: slice | np.ndarray = slice(None)) -> np.ndarray:
        """(V,) what each visit, or each of the chosen ones, owes to its auditor, daypart, staffing, breadth and day:
        everything but criteria and location."""
        return (
            self._of_auditor(self.auditor, self.kept_auditor, chain.auditor[visit], chain.arrival[visit])
            + looked_up(self.daypart, chain.daypart[visit])
            + looked_up(self.staffing, chain.staffing[visit])
            + looked_up(self.breadth, chain.breadth[visit])
            + self.of_day(chain.time[visit], chain.arrival[visit])
        )

    def auditor_variance(self, chain: Chain) -> np.ndarray:
        """(V,) posterior variance of the severity of each visit's auditor; the prior variance for an unknown
        one."""
        prior = self.variance["auditor"] ** 0.5
        sd = self._of_auditor(self.auditor_sd, self.kept_auditor_sd, chain.auditor, chain.arrival, missing=prior)
        return sd**2

    def _of_auditor(
        self, latest: np.ndarray, kept: np.ndarray, auditor: np.ndarray, arrival: np.ndarray, missing: float = 0.0
    ) -> np.ndarray:
        """(n,) of each visit's auditor, as it was known when the visit arrived."""
        found = looked_up(latest, auditor, missing)
        if self.kept_until.size:
            row = np.searchsorted(self.kept_until, arrival)
            early = row < self.kept_until.size
            known = looked_up(kept.ravel(), np.where(auditor < 0, -1, row * kept.shape[1] + auditor), missing)
            found = np.where(early, np.where(auditor < kept.shape[1], known, missing), found)
        return found

    def severity_points(self) -> np.ndarray:
        """(A,) how many points (0..1 scale) each auditor rates above (+) or below (-) peers at the average
        location."""
        return self.as_points(self.auditor)

    def as_points(self, severity: np.ndarray) -> np.ndarray:
        """(n,) logits of severity as points (0..1 scale), over the criteria that the fit observed, at the location
        that is usual; 0 where it observed none."""
        level = self.criterion[self.is_observed] + self.usual_location
        if not level.size:
            return np.zeros(severity.shape)
        return expit(level[:, None] + severity).mean(axis=0) - expit(level).mean()


def unfamiliarity(chain: Chain, effects: Effects, members: np.ndarray | None = None) -> np.ndarray:
    """Mean posterior variance of the criteria that each visit observed: large for a form that the fit had not
    seen.

    members : (C, K) 1.0 where the criterion belongs to a channel; then the answer is (V, K), else (V,). 0
    where nothing was observed.

    The visit observed the first criterion twice and the second once: (1 + 1 + 4) / 3

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> chain = Chain([0], [1], [1], [0], [0], [0], [[240, 255], [0, 0]], [0, 0], [0, 0], [0, 0], [0, 0], [0], 1)
    >>> unfamiliarity(chain, replace(fit_effects(chain), criterion_sd=np.array([1.0, 2.0]))).tolist()
    [2.0]
    """
    groups = np.ones((chain.n_criteria, 1)) if members is None else members
    n = chain.observed @ groups
    total = chain.observed @ (groups * effects.criterion_sd[:, None] ** 2)
    mean = np.divide(total, n, out=np.zeros(n.shape), where=n > 0)
    return mean[:, 0] if members is None else mean


def looked_up(effect: np.ndarray, index: np.ndarray, missing: float = 0.0) -> np.ndarray:
    """effect[index]; `missing` where the index is -1 or has no effect yet.

    >>> looked_up(np.array([0.5, -0.5]), np.array([1, -1, 2]), missing=9.0).tolist()
    [-0.5, 9.0, 9.0]
    """
    known = (index >= 0) & (index < effect.size)
    if not effect.size:
        return np.full(index.shape, missing)
    return np.where(known, effect[np.where(known, index, 0)], missing)


def padded(level: np.ndarray, size: int) -> np.ndarray:
    """(size,) the first levels, and 0 where there are fewer.

    >>> padded(np.array([0.5, -0.5]), 3).tolist(), padded(np.array([0.5, -0.5]), 1).tolist()
    ([0.5, -0.5, 0.0], [0.5])
    """
    return np.r_[level, np.zeros(max(0, size - level.size))][:size]
