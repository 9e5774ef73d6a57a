"""What is common to the chain: how hard each criterion is, how severe each auditor, what daypart, staffing
and week do.

logit P(conform) = criterion + location + auditor + daypart + staffing + day [+ location by quarter]
A many-facet Rasch model (Linacre 1989) with normal priors on the facets, fitted by penalised quasi-likelihood
(Breslow & Clayton 1993): each step replaces a visit by one working response and its weight. Docs:
docs/method.md.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.special import expit

from reports.measure.chain import Chain
from reports.measure.interactions import interactions, usual_spread

WINDOW_DAYS = 546.0  # 78 weeks
QUARTER_DAYS = 91.0
WEEK_DAYS = 7.0

FIRST_VARIANCE = {"location": 0.2, "region": 0.02, "auditor": 0.1, "week": 0.02, "quarter": 0.05, "section": 0.06}
FIXED_VARIANCE = {"criterion": 4.0, "daypart": 0.25, "staffing": 0.25}
PRIOR_LEVELS = 4.0  # how many levels the first variance counts for; it matters where a facet has one or two levels
CRITERION_MEAN = 1.5  # logit; about 82 % conform


@dataclass(frozen=True, eq=False)
class Effects:
    """What `fit_effects` found, all in logits; higher means that more conforms.

    fitted_at : the moment of the fit, days since 1970-01-01 UTC; only earlier visits were used.
    criterion, criterion_sd : (C,) ease of each criterion and its posterior standard deviation. location :
    (L,) level. region : (G,) mean level of a region's locations.
    auditor : (A,) leniency, below 0 = severe. auditor_sd : (A,) its posterior standard deviation.
    daypart, staffing : (n,) effects by code; a code that was never seen, or is unknown, has none.
    first_day, day : the effect of the whole chain on the days first_day, first_day + 1, ...
    variance : prior variances by facet: location, region, auditor, week, quarter, section; and how much
    interactions of one visit ("interaction") and visits ("visit") differ beyond chance.
    overdispersion : (1 + S,) variance of a visit beyond chance: overall, then each section.

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

    def of_day(self, time: np.ndarray) -> np.ndarray:
        """(n,) effect of the chain at each `time`; before and after the known days, that of the nearest
        one."""
        place = np.clip(np.floor(np.asarray(time) - self.first_day).astype(int), 0, self.day.size - 1)
        return self.day[place]

    def of_location(self, chain: Chain) -> np.ndarray:
        """(L,) level of each location of `chain`."""
        return self.location if self.location.size == chain.n_locations else _padded(self.location, chain.n_locations)

    def common(self, chain: Chain) -> np.ndarray:
        """(V,) what each visit owes to its auditor, daypart, staffing and day: everything but criteria and
        location."""
        return (
            _looked_up(self.auditor, chain.auditor)
            + _looked_up(self.daypart, chain.daypart)
            + _looked_up(self.staffing, chain.staffing)
            + self.of_day(chain.time)
        )

    def auditor_variance(self, chain: Chain) -> np.ndarray:
        """(V,) posterior variance of the severity of each visit's auditor; the prior variance for an unknown
        one."""
        prior = self.variance["auditor"]
        return _looked_up(self.auditor_sd**2, chain.auditor, missing=prior)

    def severity_points(self) -> np.ndarray:
        """(A,) how many points (0..1 scale) each auditor rates above (+) or below (-) peers at the average
        location."""
        if not self.criterion.size:
            return np.zeros(self.auditor.size)
        level = self.criterion + (self.location.mean() if self.location.size else 0.0)
        return expit(level[None, :] + self.auditor[:, None]).mean(axis=1) - expit(level).mean()


def fit_effects(
    chain: Chain, *, at: float | None = None, window_days: float = WINDOW_DAYS, n_steps: int = 6
) -> Effects:
    """Estimate what is common to the chain from the visits in the `window_days` before `at`.

    chain : any Chain, also an empty one, one with one auditor or location, or one whose auditors share no
    location.
    at : days since 1970-01-01 UTC; None means the end of the last visit's day.
    n_steps : steps of the working response; 6 reach the third decimal.
    Returns Effects. Facets are told apart by their priors where the visits cannot (see `linkage`).
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
    for _ in range(n_steps):
        fit.step()
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
            "quarter": location * n_quarters + quarter,
        }
        levels = {
            "location": chain.n_locations,
            "auditor": chain.n_auditors,
            "week": n_weeks,
            "daypart": _n_codes(chain.daypart),
            "staffing": _n_codes(chain.staffing),
            "quarter": chain.n_locations * n_quarters,
        }
        # the last slot of each facet is for what is unknown; it stays 0
        self.effect = {name: np.zeros(size + 1) for name, size in levels.items()}
        self.weight = {name: np.zeros(size + 1) for name, size in levels.items()}
        self.region_mean = np.zeros(chain.n_regions)
        self.variance = dict(FIRST_VARIANCE)
        self.overdispersion = 0.1
        share = (self.y.sum(axis=0) + 2 * expit(CRITERION_MEAN)) / (self.n.sum(axis=0) + 2)
        self.criterion = np.log(share / (1 - share))
        self.known = np.full(chain.n_criteria, 1 / FIXED_VARIANCE["criterion"])  # inverse posterior variance

    def _prior_variance(self, name: str) -> float:
        return self.variance[name] if name in self.variance else FIXED_VARIANCE[name]

    def _offset(self) -> np.ndarray:
        return np.sum([self.effect[name][self.index[name]] for name in self.index], axis=0)

    def step(self):
        if not self.rows.size:
            return
        offset = self._offset()
        p = expit(self.criterion + offset[:, None])
        information = self.n * p * (1 - p)
        gap = self.y - self.n * p
        prior = FIXED_VARIANCE["criterion"]
        gain = gap.sum(axis=0) - (self.criterion - CRITERION_MEAN) / prior
        self.known = information.sum(axis=0) + 1 / prior
        moved = np.clip(gain / self.known, -1, 1)
        self.criterion = self.criterion + moved
        total = information.sum(axis=1)
        residual = np.divide(gap.sum(axis=1) - information @ moved, total, out=np.zeros_like(total), where=total > 0)
        self._solve(offset + residual, total)

    def _solve(self, response: np.ndarray, information: np.ndarray, n_sweeps: int = 12):
        """Ridge regression of the working response on all facets by cyclic sweeps, with EM steps for the
        variances."""
        left = response - self._offset()
        self.overdispersion = successive_overdispersion(
            left + self.effect["quarter"][self.index["quarter"]], information, self.index["location"]
        )
        w = weights(information, self.overdispersion)
        for name, index in self.index.items():
            self.weight[name] = np.bincount(index % self.effect[name].size, w, self.effect[name].size).astype(float)
        for _ in range(n_sweeps):
            for name, index in self.index.items():
                effect, ridge = self.effect[name], 1 / self._prior_variance(name)
                left += effect[index]
                pull = np.bincount(index % effect.size, w * left, effect.size)
                if name == "location":
                    pull[:-1] += self.region_mean[self.chain.region] * ridge
                effect[:] = pull / (self.weight[name] + ridge)
                effect[-1] = 0.0
                left -= effect[index]
            self._update_regions()
            self._update_variances()

    def _update_regions(self):
        seen = self.weight["location"][:-1] > 0
        ridge, top = 1 / self.variance["location"], 1 / self.variance["region"]
        region = self.chain.region[seen]
        n = np.bincount(region, minlength=self.region_mean.size)
        total = np.bincount(region, self.effect["location"][:-1][seen], self.region_mean.size)
        self.region_mean = total * ridge / (n * ridge + top)

    def _update_variances(self):
        centre = {"location": self.region_mean[self.chain.region]}
        for name in ("location", "auditor", "week", "quarter"):
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
            auditor_sd=1 / np.sqrt(self.weight["auditor"][:-1] + 1 / self.variance["auditor"]),
            daypart=self.effect["daypart"][:-1],
            staffing=self.effect["staffing"][:-1],
            first_day=self.at - daily.size,
            day=daily,
            variance=dict(self.variance),
            overdispersion=np.full(1 + self.chain.n_sections, self.overdispersion),
        )
        return self._with_sections(effects)

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
        found = {"section": variance, "interaction": within, "visit": visit}
        return replace(effects, overdispersion=extra, variance=effects.variance | found)


def weights(information, overdispersion):
    """Weight of a working response: 1 / (1 / information + overdispersion); 0 where there is no information.

    >>> weights(np.array([4.0, 0.0]), 0.25).tolist()
    [2.0, 0.0]
    """
    return information / (1 + information * overdispersion)


def successive_overdispersion(residual, information, location) -> float:
    """Variance of visits beyond chance from successive differences within locations, median over locations.

    A pooled variance would be inflated by the few locations that drift, and would mute their alarms; a
    difference of neighbours hardly sees a drift.
    residual : (V,) float logits, sorted by (location, time). information : (V,) float, 0 or more. location :
    (V,) int. Returns a variance from 0 to 1, and 0.1 when no location has two visits with information.
    Source: Rice (1984), Annals of Statistics 12, 1215-1230.

    >>> round(successive_overdispersion(np.array([0.0, 1.0, 0.0]), np.array([1e9] * 3), np.array([0, 0, 0])), 3)
    0.5
    """
    kept = np.flatnonzero(information > 0)
    left, right = kept[:-1], kept[1:]
    pair = location[left] == location[right]
    left, right = left[pair], right[pair]
    if not left.size:
        return 0.1
    chance = 1 / information[left] + 1 / information[right]
    excess = ((residual[right] - residual[left]) ** 2 - chance) / 2
    trust = 1 / (chance + 0.4) ** 2
    place = np.unique(location[left], return_inverse=True)[1]
    by_location = np.bincount(place, trust * excess) / np.bincount(place, trust)
    return float(np.clip(np.median(by_location), 0.0, 1.0))


def with_current_days(effects: Effects, chain: Chain, *, until: float | None = None) -> Effects:
    """The effects with the chain-wide movement carried on to the days after the fit, all else kept.

    The effect of a day is that of the seven days before it, over all locations, shrunk as in the fit: nothing
    that happens later changes it.
    chain : what is known now. until : days since 1970-01-01 UTC, None = the end of the last visit's day.
    Returns Effects whose `day` reaches to `until`; the same Effects when that is not after the fit.

    A chain without visits after the fit returns to 0, the prior's mean.

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

    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> with_current_auditors(fit_effects(empty), empty).auditor.tolist()
    []
    """
    visits = chain.subset((chain.time >= effects.fitted_at) & (chain.auditor >= 0))
    size = max(chain.n_auditors, effects.auditor.size)
    severity = _padded(effects.auditor, size)
    variance = np.full(size, effects.variance["auditor"])
    variance[: effects.auditor_sd.size] = effects.auditor_sd**2
    residual, information = _visit_residuals(visits, effects)
    unsure = effects.overdispersion[0] + effects.variance["quarter"] + unfamiliarity(visits, effects)
    w = weights(information, unsure)
    gained = np.bincount(visits.auditor, w, size)
    pull = np.bincount(visits.auditor, w * residual, size)
    after = 1 / (1 / variance + gained)
    return replace(effects, auditor=severity + after * pull, auditor_sd=np.sqrt(after))


def unfamiliarity(chain: Chain, effects: Effects, members: np.ndarray | None = None) -> np.ndarray:
    """Mean posterior variance of the criteria that each visit observed: large for a form that the fit had not
    seen.

    members : (C, K) 1.0 where the criterion belongs to a channel; then the answer is (V, K), else (V,). 0
    where nothing was observed.
    """
    groups = np.ones((chain.n_criteria, 1)) if members is None else members
    n = chain.observed @ groups
    total = chain.observed @ (groups * effects.criterion_sd[:, None] ** 2)
    mean = np.divide(total, n, out=np.zeros(n.shape), where=n > 0)
    return mean[:, 0] if members is None else mean


def _visit_residuals(chain: Chain, effects: Effects) -> tuple[np.ndarray, np.ndarray]:
    """(V,) one-step residual of each visit in logits, 0 where nothing was observed, and (V,) its
    information."""
    offset = effects.of_location(chain)[chain.location] + effects.common(chain)
    p = expit(effects.criterion + offset[:, None])
    information = (chain.observed * p * (1 - p)).sum(axis=1)
    gap = (chain.conforming - chain.observed * p).sum(axis=1)
    return np.divide(gap, information, out=np.zeros_like(gap), where=information > 0), information


def linkage(chain: Chain):
    """Which auditors and locations are joined by visits, so that severity and level can be told apart.

    Returns (n, location, auditor): how many separate groups hold at least one visit, and the group of each
    location (L,) and auditor (A,), -1 without a visit. With more than one group, a comparison between groups
    rests on the priors.

    >>> none = np.zeros((0, 1))
    >>> chain = Chain([0, 1], [1, 1], [1, 1], [0, 1], [0, 0], [0, 0], none, [], [0], [0], [False], [0, 0], 2)
    >>> n, location, auditor = linkage(chain)
    >>> n, location.tolist(), auditor.tolist()
    (2, [0, 1], [0, 1])
    """
    known = chain.auditor >= 0
    size = chain.n_locations + chain.n_auditors
    rows, columns = chain.location[known], chain.auditor[known] + chain.n_locations
    graph = coo_matrix((np.ones(rows.size), (rows, columns)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    group = np.full(size, -1)
    used = np.unique(np.r_[rows, columns])
    names, group[used] = np.unique(label[used], return_inverse=True)
    return names.size, group[: chain.n_locations], group[chain.n_locations :]


def reliability(effects: Effects, *, information: float, n_visits: int = 1) -> float:
    """Share of the variance of a location's mean that is the location's own, with visits by different
    auditors.

    information : sum of p (1 - p) over the ratings of one visit. n_visits : by as many auditors, 1 or more.
    Returns 0..1, for the unadjusted mean; `auditor` variance taken as 0 gives the adjusted one.
    Source: Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428, one-way case.

    location .2, auditor .1, overdispersion .05, chance 1 / 20: 0.2 / 0.4

    >>> zero, one = np.zeros(1), np.ones(1)
    >>> effects = Effects(0, zero, one, zero, zero, zero, one, zero, zero,
    ...     0, np.zeros(1), {"location": 0.2, "auditor": 0.1}, np.array([0.05]))
    >>> round(reliability(effects, information=20.0), 3)
    0.5
    """
    if information <= 0 or n_visits < 1:
        raise ValueError(f"information must be positive and n_visits 1 or more; got {information} and {n_visits}")
    own = effects.variance["location"]
    noise = effects.variance["auditor"] + float(effects.overdispersion[0]) + 1 / information
    return own / (own + noise / n_visits)


def _posterior_variance(squares: np.ndarray, first: float) -> float:
    """Mean of `squares`, with the first guess counting for PRIOR_LEVELS of them."""
    return float((squares.sum() + PRIOR_LEVELS * first) / (squares.size + PRIOR_LEVELS))


def _n_codes(codes: np.ndarray) -> int:
    return int(codes.max()) + 1 if codes.size else 0


def _looked_up(effect: np.ndarray, index: np.ndarray, missing: float = 0.0) -> np.ndarray:
    """effect[index]; `missing` where the index is -1 or has no effect yet."""
    known = (index >= 0) & (index < effect.size)
    if not effect.size:
        return np.full(index.shape, missing)
    return np.where(known, effect[np.where(known, index, 0)], missing)


def _padded(level: np.ndarray, size: int) -> np.ndarray:
    return np.r_[level, np.zeros(max(0, size - level.size))][:size]
