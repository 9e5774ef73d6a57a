"""What can be said of auditors: severity in points, its own movement, paired visits, links that are missing."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.overdispersion import weights
from reports.measure.model.residuals import residuals
from reports.measure.model.severity import QUARTER_DAYS

Z_90 = 1.645
LEAST_VISITS = 6  # of one auditor in one quarter
LEAST_LOCATIONS = 3  # with fewer, a store's own movement would look like the auditor's
FIRST_VARIANCE = 0.02  # of an auditor's quarters about the auditor, logits squared
LEAST_VARIANCE = 0.002
PRIOR_CELLS = 10.0  # how many quarters the first variance counts for


@dataclass(frozen=True, eq=False)
class Points:
    """Points (0..1 scale) by which auditors rate above (+, lenient) or below (-, severe) peers at the average
    location, with a 90 % interval; NaN where there is no estimate. n : visits behind each."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray


@dataclass(frozen=True)
class Swap:
    """Two visits that join a group of auditors and locations to the largest one: each auditor goes to the other's."""

    auditor: int
    to_location: int
    other_auditor: int
    from_location: int


def severities(effects: Effects, n=None) -> Points:
    """(A,) severity of each auditor as the fit has it. n : (A,) visits, None for unknown (0).

    At even odds, one auditor at -0.4 with sd 0.1: expit(-0.4) - 0.5, and the same at -0.4 -+ 0.1645.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> chain = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [True], [0], 1)
    >>> effects = replace(fit_effects(chain), criterion=np.zeros(1), criterion_sd=np.full(1, 0.1),
    ...     auditor=np.array([-0.4]), auditor_sd=np.array([0.1]))
    >>> found = severities(effects)
    >>> found.value.round(3).tolist(), found.low.round(3).tolist(), found.high.round(3).tolist()
    ([-0.099], [-0.137], [-0.059])
    """
    half = Z_90 * effects.auditor_sd
    value, low, high = (effects.as_points(effects.auditor + by) for by in (0.0, -half, half))
    return Points(value, low, high, np.zeros(effects.auditor.size, int) if n is None else np.asarray(n, int))


def by_quarter(chain: Chain, effects: Effects, *, n_quarters: int = 4) -> Points:
    """(A, Q) severity in each of the last quarters (91 days) before the fit, the oldest first.

    The auditor's severity plus the mean residual of the quarter, shrunk towards none (Efron & Morris 1973, JASA 68,
    117-130). NaN with fewer than LEAST_VISITS visits or LEAST_LOCATIONS locations. The interval is of the movement
    about the auditor's severity, which all quarters share: it is right for comparing the auditor's quarters.
    Raises ValueError when n_quarters is below 1.

    Two visits to each of three stores in the last quarter find nothing kept, where nearly all is usual; of the
    quarter before nothing is known:

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> none, day = [0] * 6, [10.0, 20.0] * 3
    >>> chain = Chain([0, 0, 1, 1, 2, 2], day, day, none, none, none, [[0]] * 6, range(6), [0], [0], [0], [0] * 3, 3)
    >>> effects = replace(fit_effects(chain, at=0.0), fitted_at=30.0, criterion_sd=np.full(1, 0.1))
    >>> found = by_quarter(chain, effects, n_quarters=2)
    >>> found.n.tolist(), np.sign(found.value).tolist()
    ([[0, 6]], [[nan, -1.0]])
    """
    if n_quarters < 1:
        raise ValueError(f"n_quarters must be 1 or more; got {n_quarters}")
    found = residuals(chain, effects)
    age = effects.fitted_at - chain.time
    quarter = n_quarters - 1 - np.floor(age / QUARTER_DAYS).astype(int)
    known = (chain.auditor >= 0) & (chain.auditor < effects.auditor.size) & (found.information[:, 0] > 0)
    known &= (age >= 0) & (quarter >= 0)
    size = effects.auditor.size * n_quarters
    cell = chain.auditor[known] * n_quarters + quarter[known]
    residual = found.level[known, 0] - effects.of_location(chain)[chain.location[known]]
    w = weights(found.information[known, 0], effects.overdispersion[0] + effects.variance["quarter"])
    total = np.bincount(cell, w, size).astype(float)
    pull = np.bincount(cell, w * residual, size).astype(float)
    n = np.bincount(cell, minlength=size)
    n_locations = np.bincount(
        np.unique(cell.astype(np.int64) * chain.n_locations + chain.location[known]) // max(chain.n_locations, 1),
        minlength=size,
    )
    told = (n >= LEAST_VISITS) & (n_locations >= LEAST_LOCATIONS)
    mean = np.divide(pull, total, out=np.zeros(size), where=total > 0)
    spread = np.divide(1.0, total, out=np.full(size, np.inf), where=total > 0)
    excess = (mean[told] ** 2 - spread[told]).sum() + PRIOR_CELLS * FIRST_VARIANCE
    variance = max(float(excess / (told.sum() + PRIOR_CELLS)), LEAST_VARIANCE)
    trust = variance / (variance + spread)
    fitted = effects.kept_auditor[0] if effects.kept_until.size else effects.auditor  # what the residuals are about
    level = np.repeat(fitted, n_quarters) + trust * mean
    half = Z_90 * np.sqrt(variance * (1 - trust))
    shape = (effects.auditor.size, n_quarters)
    value, low, high = (
        np.where(told, effects.as_points(level + by), np.nan).reshape(shape) for by in (0.0, -half, half)
    )
    return Points(value, low, high, n.reshape(shape))


def paired_visits(chain: Chain, *, within_days: float) -> np.ndarray:
    """(P, 2) visits to one location by two known auditors at most `within_days` apart; no visit is in two pairs.

    Neighbours in time are paired from the first visit on.

    >>> none = np.zeros((0, 1))
    >>> who, other = [0, 1, 0, 1], [0] * 4
    >>> chain = Chain(other, [0, 1, 2, 9], other, who, other, other, none, [], [0], [0], [False], [0], 1)
    >>> paired_visits(chain, within_days=3).tolist()
    [[0, 1]]
    """
    if within_days < 0:
        raise ValueError(f"within_days must be 0 or more; got {within_days}")
    known = np.flatnonzero(chain.auditor >= 0)
    pairs, last = [], -1
    for left, right in zip(known[:-1].tolist(), known[1:].tolist(), strict=True):
        near = chain.location[left] == chain.location[right] and chain.time[right] - chain.time[left] <= within_days
        if left != last and near and chain.auditor[left] != chain.auditor[right]:
            pairs.append((left, right))
            last = right
    return np.array(pairs, dtype=int).reshape(-1, 2)


def joining_swaps(auditor, location, n_visits) -> tuple[int, list[Swap]]:
    """How many separate groups the auditors and locations form, and for each but the largest a swap that joins it.

    auditor, location : (E,) int codes of who has been where. n_visits : (E,) how often, 1 or more.
    The swap takes those with the most visits in their groups; of the largest group each swap takes the next ones.
    Without a swap, a comparison across groups rests on the priors alone.

    Auditor 0 knows location 0 only, auditor 1 location 1 only:

    >>> joining_swaps([0, 1], [0, 1], [5, 2])
    (2, [Swap(auditor=1, to_location=0, other_auditor=0, from_location=1)])
    """
    auditor, location, n = (np.asarray(values, int) for values in (auditor, location, n_visits))
    if not auditor.size:
        return 0, []
    n_auditors, n_locations = int(auditor.max()) + 1, int(location.max()) + 1
    size = n_auditors + n_locations
    graph = coo_matrix((n, (auditor, location + n_auditors)), shape=(size, size))
    label = connected_components(graph, directed=False)[1][auditor]
    groups = np.unique(label)
    main = int(groups[np.argmax([n[label == group].sum() for group in groups])])

    def busiest(codes: np.ndarray, group: int, rank: int = 0) -> int:
        here, visits = codes[label == group], n[label == group]
        order = np.argsort(-np.bincount(here, visits), kind="stable")[: np.unique(here).size]
        return int(order[rank % order.size])

    others = [group for group in groups.tolist() if group != main]
    return groups.size, [
        Swap(
            busiest(auditor, group),
            busiest(location, main, rank),
            busiest(auditor, main, rank),
            busiest(location, group),
        )
        for rank, group in enumerate(others)
    ]
