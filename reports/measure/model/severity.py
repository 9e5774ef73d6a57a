"""The fit of what is common to the chain: how hard each criterion is, how severe each auditor, what daypart,
staffing and week do.

logit P(conform) = criterion + location + auditor + daypart + staffing + breadth + day [+ location by quarter]
A many-facet Rasch model (Linacre 1989) with normal priors on the facets, fitted by penalised quasi-likelihood
(Breslow & Clayton 1993): each step replaces a visit by one working response and its weight. Docs:
docs/method.md.
"""

from dataclasses import replace

import numpy as np
from scipy.special import expit

from reports.measure.model.chain import Chain
from reports.measure.model.effects import CRITERION_SD, WEEK_DAYS, Effects
from reports.measure.model.interactions import interactions, usual_spread
from reports.measure.model.overdispersion import own_scatter, steadiness, successive_overdispersion, wander, weights
from reports.measure.model.severity_errors import (
    FIRST_SEVERITY_VARIANCE,
    PRIOR_LEVELS,
    known_severities,
)

WINDOW_DAYS = 546.0  # 78 weeks
QUARTER_DAYS = 91.0

FIRST_VARIANCE = {
    "location": 0.2,
    "region": 0.02,
    "auditor": FIRST_SEVERITY_VARIANCE,
    "week": 0.02,
    "quarter": 0.05,
    "section": 0.06,
    "breadth": 0.05,
}
FIXED_VARIANCE = {"criterion": CRITERION_SD**2, "daypart": 0.25, "staffing": 0.25}
CENTRED = ("breadth", "week")  # beside the usual visit, so that a level is what a usual visit of a usual week finds
LARGEST_STEP = 1.0  # logits; where next to all conform, a step to those that do not would go far beyond them
CRITERION_MEAN = 1.5  # logit; about 82 % conform


def fit_effects(
    chain: Chain, *, at: float | None = None, window_days: float = WINDOW_DAYS, n_steps: int = 6
) -> Effects:
    """Estimate what is common to the chain from the visits in the `window_days` before `at`.

    chain : any Chain, also an empty one, one with one auditor or location, or one whose auditors share no
    location.
    at : days since 1970-01-01 UTC; None means the end of the last visit's day.
    n_steps : steps of the working response; 6 reach the third decimal.
    Returns Effects. Facets are told apart by their priors where the visits cannot (see `linkage.linkage`).
    Raises ValueError for window_days or n_steps that are not positive.
    Source: Breslow & Clayton (1993), JASA 88, 9-25; variances by EM, Dempster, Laird & Rubin (1977), JRSS B
    39, 1-38; overdispersion from successive differences, Rice (1984), Annals of Statistics 12, 1215-1230.

    One auditor finds half of everything conform at one location: the criterion is between its prior mean and
    0.

    >>> chain = Chain(location=[0] * 20, time=range(20), arrival=range(20), auditor=[0] * 20, daypart=[0] * 20,
    ...     staffing=[0] * 20, ratings=[[240], [0]] * 10, rating_visit=range(20), section=[0], dimension=[0],
    ...     critical=[False], region=[0], n_locations=1)
    >>> effects = fit_effects(chain)
    >>> bool(abs(effects.criterion[0] + effects.location[0] + effects.common(chain).mean()) < 0.15)
    True
    """
    if window_days <= 0 or n_steps < 1:
        raise ValueError(f"window_days and n_steps must be positive; got {window_days} and {n_steps}")
    if at is None:
        at = float(np.floor(chain.time.max()) + 1) if chain.n_visits else 0.0
    rows = np.flatnonzero((chain.time >= at - window_days) & (chain.time < at))
    fit = _Fit(chain, rows, at, window_days)
    for n in range(n_steps):
        fit.step(is_last=n == n_steps - 1)
    return fit.effects()


class _Fit:
    """The state of one fit: `step` moves all facets once towards the mode of the posterior."""

    def __init__(self, chain: Chain, rows: np.ndarray, at: float, window_days: float):
        self.chain, self.rows, self.at, self.window_days = chain, rows, at, window_days
        self.n = chain.observed[rows].astype(float)
        self.y = chain.conforming[rows].astype(float)
        age = at - chain.time[rows]
        n_weeks = int(np.ceil(window_days / WEEK_DAYS))
        n_quarters = int(np.ceil(window_days / QUARTER_DAYS))
        quarter = np.minimum((age / QUARTER_DAYS).astype(int), n_quarters - 1)
        week = np.minimum(((age - 1e-9) / WEEK_DAYS).astype(int), n_weeks - 1)  # 0 = the trailing seven days
        location = chain.location[rows]
        self.index = {
            "location": location,
            "auditor": chain.auditor[rows],
            "week": week,
            "daypart": chain.daypart[rows],
            "staffing": chain.staffing[rows],
            "breadth": chain.breadth[rows],
            "quarter": location * n_quarters + quarter,
        }
        levels = {
            "location": chain.n_locations,
            "auditor": chain.n_auditors,
            "week": n_weeks,
            "daypart": _n_codes(chain.daypart),
            "staffing": _n_codes(chain.staffing),
            "breadth": _n_codes(chain.breadth),
            "quarter": chain.n_locations * n_quarters,
        }
        # the last slot of each facet is for what is unknown; its effect stays 0
        self.index = {name: np.where(index < 0, levels[name], index) for name, index in self.index.items()}
        self.effect = {name: np.zeros(size + 1) for name, size in levels.items()}
        self.weight = {name: np.zeros(size + 1) for name, size in levels.items()}
        self.region_mean = np.zeros(chain.n_regions)
        self.variance = dict(FIRST_VARIANCE)
        self.overdispersion = 0.1
        self.n_quarters = n_quarters
        self.w = np.zeros(rows.size)
        self.own_scatter = np.zeros(chain.n_locations)
        self.severity_variance = FIRST_SEVERITY_VARIANCE
        self.auditor_sd = np.full(chain.n_auditors, FIRST_SEVERITY_VARIANCE**0.5)
        self.steady = np.ones((chain.n_locations, n_quarters))
        share = (self.y.sum(axis=0) + 2 * expit(CRITERION_MEAN)) / (self.n.sum(axis=0) + 2)
        self.criterion = np.log(share / (1 - share))
        self.known = np.full(chain.n_criteria, 1 / FIXED_VARIANCE["criterion"])  # inverse posterior variance

    def _prior_variance(self, name: str) -> float:
        return self.variance[name] if name in self.variance else FIXED_VARIANCE[name]

    def _offset(self) -> np.ndarray:
        return np.sum([self.effect[name][self.index[name]] for name in self.index], axis=0)

    def step(self, *, is_last: bool):
        if not self.rows.size:
            return
        offset = self._offset()
        p = expit(self.criterion + offset[:, None])
        information = self.n * p * (1 - p)
        gap = self.y - self.n * p
        prior = FIXED_VARIANCE["criterion"]
        gain = gap.sum(axis=0) - (self.criterion - CRITERION_MEAN) / prior
        self.known = information.sum(axis=0) + 1 / prior
        moved = _no_further(gain / self.known, 0.0)
        self.criterion = self.criterion + moved
        total = information.sum(axis=1)
        residual = np.divide(gap.sum(axis=1) - information @ moved, total, out=np.zeros_like(total), where=total > 0)
        self._solve(offset + residual, total, is_last=is_last)

    def _solve(self, response: np.ndarray, information: np.ndarray, *, is_last: bool, n_sweeps: int = 12):
        """Ridge regression of the working response on all facets by cyclic sweeps, with EM steps for the
        variances."""
        left = response - self._offset()
        of_visits = left + self.effect["quarter"][self.index["quarter"]], information, self.index["location"]
        self.overdispersion = successive_overdispersion(*of_visits)
        if is_last:
            self.own_scatter = own_scatter(*of_visits, self.chain.n_locations, self.overdispersion)
        w = self.w = weights(information, self.overdispersion)
        self._find_steady(w)
        trusted = w * self.steady.ravel()[self.index["quarter"]]
        counts = {name: trusted if name == "week" else w for name in self.index}
        for name, index in self.index.items():
            self.weight[name] = np.bincount(index, counts[name], self.effect[name].size).astype(float)
        if is_last:
            self._know_severities(left)
        begun = {name: effect.copy() for name, effect in self.effect.items()}
        for _ in range(n_sweeps):
            for name, index in self.index.items():
                effect, ridge = self.effect[name], 1 / self._prior_variance(name)
                before = effect.copy()
                pull = np.bincount(index, counts[name] * left, effect.size) + self.weight[name] * before
                if name == "location":
                    pull[:-1] += self.region_mean[self.chain.region] * ridge
                effect[:] = _no_further(pull / (self.weight[name] + ridge), begun[name])
                if name in CENTRED:
                    usual = (effect * self.weight[name]).sum() / max(self.weight[name].sum(), 1e-9)
                    effect -= np.where(self.weight[name] > 0, usual, 0.0)
                effect[-1] = 0.0
                left -= np.take(effect - before, index)
            self._update_regions()
            self._update_variances()

    def _find_steady(self, w: np.ndarray):
        """What the chain's weeks may learn from: a location that has left its level would pull them with it."""
        shape = self.steady.shape
        seen = np.bincount(self.index["quarter"], w, self.steady.size).reshape(shape) > 0
        self.steady = steadiness(self.effect["quarter"][:-1].reshape(shape), seen, self.variance["quarter"])

    def _update_regions(self):
        seen = self.weight["location"][:-1] > 0
        ridge, top = 1 / self.variance["location"], 1 / self.variance["region"]
        region = self.chain.region[seen]
        n = np.bincount(region, minlength=self.region_mean.size)
        total = np.bincount(region, self.effect["location"][:-1][seen], self.region_mean.size)
        self.region_mean = total * ridge / (n * ridge + top)

    def _update_variances(self):
        centre = {"location": self.region_mean[self.chain.region]}
        for name in ("location", "auditor", "week", "quarter", "breadth"):
            seen = self.weight[name][:-1] > 0
            deviation = (self.effect[name][:-1] - centre.get(name, 0.0))[seen]
            spread = 1 / (self.weight[name][:-1][seen] + 1 / self.variance[name])
            self.variance[name] = _posterior_variance(deviation**2 + spread, FIRST_VARIANCE[name])

    def effects(self) -> Effects:
        level = self.effect["location"][:-1].copy()
        unseen = self.weight["location"][:-1] == 0
        level[unseen] = self.region_mean[self.chain.region[unseen]]
        daily = np.repeat(self.effect["week"][-2::-1], int(WEEK_DAYS))
        effects = Effects(
            fitted_at=self.at,
            criterion=self.criterion,
            criterion_sd=1 / np.sqrt(self.known),
            location=level,
            region=self.region_mean,
            auditor=self.effect["auditor"][:-1],
            auditor_sd=self.auditor_sd,
            daypart=self.effect["daypart"][:-1],
            staffing=self.effect["staffing"][:-1],
            first_day=self.at - daily.size,
            day=daily,
            variance=self.variance | {"auditor": self.severity_variance},
            breadth=self.effect["breadth"][:-1],
            own_scatter=self.own_scatter,
            steady=self.steady[:, 0].copy(),
            usual_location=0.0 if unseen.all() else float(level[~unseen].mean()),
            overdispersion=np.full(1 + self.chain.n_sections, self.overdispersion),
        )
        return self._with_sections(effects)

    def _know_severities(self, left: np.ndarray) -> None:
        """All severities at once, with what they do not know; left : (rows,) what the sweeps have not explained."""
        of_visits = np.zeros((3, self.chain.n_visits))
        explained = [self.effect[name][self.index[name]] for name in ("auditor", "location", "quarter")]
        quarter = self.index["quarter"] % self.n_quarters
        of_visits[:, self.rows] = left + np.sum(explained, axis=0), self.w, quarter
        severities = self.effect["auditor"][:-1]
        response, weight, quarters = of_visits
        known = known_severities(self.chain, severities, response, weight, self.variance, quarters.astype(int))
        self.severity_variance, self.auditor_sd = known.variance, known.sd
        self.criterion = self.criterion + known.usual
        moved = np.r_[known.mean, 0.0] - self.effect["auditor"]
        self.effect["auditor"] = self.effect["auditor"] + moved
        left -= known.usual + moved[self.index["auditor"]]

    def _with_sections(self, effects: Effects) -> Effects:
        """Overdispersion of each section, and the variance between locations of a section's own level."""
        section = np.eye(self.chain.n_sections)[self.chain.section]
        p = expit(self.criterion + self._offset()[:, None])
        information = (self.n * p * (1 - p)) @ section
        gap = (self.y - self.n * p) @ section
        residual = np.divide(gap, information, out=np.zeros_like(gap), where=information > 0)
        location = self.index["location"]
        extra = np.array(
            [self.overdispersion]
            + [
                successive_overdispersion(residual[:, s], information[:, s], location)
                for s in range(section.shape[1])
            ]
        )
        w = weights(information, extra[1:])
        cell = location[:, None] * section.shape[1] + np.arange(section.shape[1])
        size = self.chain.n_locations * section.shape[1]
        total = np.bincount(cell.ravel(), w.ravel(), size)
        pull = np.bincount(cell.ravel(), (w * residual).ravel(), size)
        variance, seen = FIRST_VARIANCE["section"], total > 0
        for _ in range(20):
            spread = 1 / (total[seen] + 1 / variance)
            variance = _posterior_variance((spread * pull[seen]) ** 2 + spread, FIRST_VARIANCE["section"])
        seen_before = np.zeros(self.chain.n_visits, bool)
        seen_before[self.rows] = True
        window = self.chain.subset(seen_before)
        within, visit = usual_spread(window, interactions(window, p))
        found = {"section": variance, "interaction": within, "visit": visit, "wander": self._wander()}
        return replace(effects, overdispersion=extra, variance=effects.variance | found)

    def _wander(self) -> float:
        quarter = self.index["quarter"]
        n_quarters = (self.effect["quarter"].size - 1) // max(self.chain.n_locations, 1)
        p = expit(self.criterion + (self._offset() - self.effect["quarter"][quarter])[:, None])
        information = (self.n * p * (1 - p)).sum(axis=1)
        gap = (self.y - self.n * p).sum(axis=1)
        residual = np.divide(gap, information, out=np.zeros_like(gap), where=information > 0)
        w = weights(information, self.overdispersion)
        return wander(residual, w, self.index["location"], quarter % max(n_quarters, 1), n_quarters)


def _no_further(values, begun):
    """The values, no further than LARGEST_STEP from those that a step began with."""
    return np.clip(values, begun - LARGEST_STEP, begun + LARGEST_STEP)


def _posterior_variance(squares: np.ndarray, first: float) -> float:
    """Mean of `squares`, with the first guess counting for PRIOR_LEVELS of them."""
    return float((squares.sum() + PRIOR_LEVELS * first) / (squares.size + PRIOR_LEVELS))


def _n_codes(codes: np.ndarray) -> int:
    return int(codes.max()) + 1 if codes.size else 0
