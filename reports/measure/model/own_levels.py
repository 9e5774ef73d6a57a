"""What the own visits of each location show of its level, before anything is taken from the rest of the chain."""

from dataclasses import dataclass, fields

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit

from reports.measure.model.chain import Chain
from reports.measure.model.effects import WEEK_DAYS, Effects, looked_up
from reports.measure.model.residuals import residuals
from reports.measure.model.severity import FIXED_VARIANCE

USUAL_OVERDISPERSION = 0.1  # logits squared, of visits: what the fit takes where none can be estimated
LEAST_LEFT = 0.25  # of the degrees of freedom, whatever was fitted


@dataclass(frozen=True, eq=False)
class OwnLevels:
    """Of L locations, on the 0..1 scale.

    mean : (L,) share kept, weighted by observations. per_visit : (L,) its jackknife variance times visits. by_chance,
    by_fit : (L,) mean variance of a visit's share with the usual overdispersion, and with the fitted one. n_visits :
    (L,) that count. auditors : (L, A + 1) sparse, share of each auditor in the mean, last of those nobody knows.
    slope : (L,) what one logit is worth. weight : (V,) of every visit's working response.
    """

    mean: np.ndarray
    per_visit: np.ndarray
    by_chance: np.ndarray
    by_fit: np.ndarray
    n_visits: np.ndarray
    auditors: csr_matrix
    slope: np.ndarray
    weight: np.ndarray

    def only(self, rows: np.ndarray) -> "OwnLevels":
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "weight"}
        return OwnLevels(**{name: value[rows] for name, value in values.items()}, weight=self.weight)

    def severity_errors(self, errors: np.ndarray, unknown_variance: float) -> tuple[np.ndarray, np.ndarray]:
        """How wrong the severities make the mean: (L, K) by the columns of `errors` (A, K), and (L,) the variance
        from auditors who are not among its rows."""
        n_known = errors.shape[0]
        unknown = self.auditors[:, n_known:]
        squares = np.asarray(unknown.multiply(unknown).sum(axis=1)).ravel()
        return (self.auditors[:, :n_known] @ errors) * self.slope[:, None], squares * self.slope**2 * unknown_variance


def own_levels(
    chain: Chain, effects: Effects, since, *, mix: np.ndarray, usual_visit: float, n_auditors: int = 0
) -> OwnLevels:
    """What each location's visits from `since` on show, (L,) or one float in days.

    mix : (C,) of criteria. usual_visit : logits (`usual_circumstances`). n_auditors : least number of columns for
    known auditors, where the chain is a part of a larger one.

    Two visits, expected at even odds, see all and half: .75, and by the jackknife .25^2 a mean of two.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> two, ratings = [0, 0], [[240, 240], [240, 0]]
    >>> chain = Chain(two, [1, 2], [1, 2], two, two, two, ratings, [0, 1], two, two, [False] * 2, [0], 1)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(2), location=np.zeros(1), day=np.zeros(1))
    >>> own = own_levels(chain, even, 0.0, mix=np.array([0.5, 0.5]), usual_visit=0.0)
    >>> own.mean.tolist(), own.per_visit.tolist(), own.slope.tolist()
    ([0.75], [0.125], [0.25])
    """
    found = residuals(chain, effects)
    limit = np.broadcast_to(np.asarray(since, float), (chain.n_locations,))
    counted = (chain.time >= limit[chain.location]) & (found.n[:, 0] > 0)
    location, size, information = chain.location[counted], found.n[counted, 0], found.information[counted, 0]
    gap = found.seen[counted, 0] - found.expected[counted, 0]

    def total(values):
        return np.bincount(location, values, chain.n_locations)

    n_visits = np.bincount(location, minlength=chain.n_locations)
    some, observed = np.maximum(n_visits, 1), np.maximum(total(size), 1.0)
    rest = np.maximum(observed[location] - size, 1.0)
    without = (total(gap)[location] - gap) / rest  # the mean with one visit left out
    centre = total(without) / some
    share, slope, here = np.zeros(chain.n_locations), np.zeros(chain.n_locations), np.unique(chain.location)
    share[here] = expected_shares(effects, here, mix, usual_visit)
    slope[here] = _slopes(effects, here, mix, usual_visit)
    n_columns = max(chain.n_auditors, n_auditors) + 1
    auditor = np.where(chain.auditor[counted] < 0, n_columns - 1, chain.auditor[counted])
    part = size / observed[location]
    chance = information / size**2
    return OwnLevels(
        mean=share + total(gap) / observed,
        per_visit=total((without - centre[location]) ** 2) * np.maximum(n_visits - 1, 0),
        by_chance=total(chance * (1 + information * USUAL_OVERDISPERSION)) / some,
        by_fit=total(chance * (1 + information * effects.overdispersion[0])) / some,
        n_visits=n_visits,
        auditors=csr_matrix((part, (location, auditor)), shape=(chain.n_locations, n_columns)),
        slope=slope,
        weight=found.weight[:, 0],
    )


def usual_circumstances(chain: Chain, effects: Effects) -> float:
    """Logits that auditor, daypart and staffing add to a usual visit of the chain.

    Dayparts and staffings as often as they are seen; of the auditors each counts once, as the next one may be any.
    The fit leaves these means open: where visits are few, they take part of what belongs to the criteria.

    Two auditors of 0.1 and 0.3, one of whom made three of four visits, in the evening at -0.5:

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> four, ratings = [0] * 4, np.full((4, 1), 240)
    >>> chain = Chain(four, four, four, [0, 0, 0, 1], four, four, ratings, range(4), [0], [0], [False], [0], 1)
    >>> effects = replace(
    ...     fit_effects(chain), auditor=np.array([0.1, 0.3]), daypart=np.array([-0.5]), staffing=np.zeros(1))
    >>> round(usual_circumstances(chain, effects), 3)
    -0.3
    """
    if not chain.n_visits:
        return 0.0
    auditors = np.unique(chain.auditor[chain.auditor >= 0])
    severity = looked_up(effects.auditor, auditors).mean() if auditors.size else 0.0
    others = looked_up(effects.daypart, chain.daypart) + looked_up(effects.staffing, chain.staffing)
    return float(severity + others.mean())


def left_by_fit(chain: Chain, effects: Effects, weight: np.ndarray) -> float:
    """The share of the degrees of freedom between visits of one location that the common effects have left over.

    weight : (V,) of the working response. Each facet takes what its levels know from contrasts within locations,
    w / (w + 1 / prior variance), w after the locations are eliminated. A chain of ten visits with six auditors looks
    far steadier around its fit than it is.
    Source: effective degrees of freedom of ridge regression; Hastie, Tibshirani & Friedman (2009), The Elements of
    Statistical Learning, 2nd ed., 3.4.1.

    Without a prior worth the name, two dayparts at one location take one of three degrees:

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> four, ratings = [0] * 4, np.full((4, 1), 240)
    >>> chain = Chain(four, [6] * 4, four, [-1] * 4, [0, 0, 1, 1], [-1] * 4, ratings, range(4), [0], [0], [0], [0], 1)
    >>> round(left_by_fit(chain, fit_effects(chain, at=7.0), np.full(4, 1e9)), 2)
    0.33
    """
    n_visits = np.bincount(chain.location[weight > 0], minlength=chain.n_locations)
    free, used = float(np.maximum(n_visits - 1, 0).sum()), 0.0
    known = np.maximum(np.bincount(chain.location, weight, chain.n_locations), 1e-12)
    week = ((effects.fitted_at - chain.time) // WEEK_DAYS).astype(int)
    variance = FIXED_VARIANCE | effects.variance
    for name in ("auditor", "daypart", "staffing", "breadth", "week"):
        level = week if name == "week" else getattr(chain, name)
        rows = np.flatnonzero(level >= 0)
        if rows.size:
            shape = chain.n_locations, int(level[rows].max()) + 1
            cells = csr_matrix((weight[rows], (chain.location[rows], level[rows])), shape=shape)
            shared = cells.multiply(cells).T @ (1 / known)
            apart = np.maximum(cells.T @ np.ones(chain.n_locations) - shared, 0.0)
            used += float((apart / (apart + 1 / variance[name])).sum())
    return max(1 - used / max(free, 1.0), LEAST_LEFT)


def expected_shares(effects: Effects, location: np.ndarray, mix: np.ndarray, usual_visit: float = 0.0) -> np.ndarray:
    """(n,) the share, 0..1, that the effects of locations (n,) lead one to expect on a mix of criteria (C,), where
    the circumstances add `usual_visit` logits.

    Even odds, but half of the mix 1.1 logits easier: (expit(0) + expit(1.1)) / 2.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> chain = Chain([], [], [], [], [], [], np.zeros((0, 2)), [], [0, 0], [0, 0], [False] * 2, [0], 1)
    >>> effects = replace(fit_effects(chain), criterion=np.array([0.0, 1.1]), location=np.zeros(1))
    >>> expected_shares(effects, np.array([0]), np.array([0.5, 0.5])).round(3).tolist()
    [0.625]
    """
    return expit(effects.criterion + usual_visit + looked_up(effects.location, location)[:, None]) @ mix


def _slopes(effects: Effects, location: np.ndarray, mix: np.ndarray, usual_visit: float) -> np.ndarray:
    """(n,) how much of the 0..1 scale one logit is worth at each location."""
    p = expit(effects.criterion + usual_visit + looked_up(effects.location, location)[:, None])
    return (p * (1 - p)) @ mix
