"""How far levels and severities can be told apart: whether visits join them, and how much one visit says."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects


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
    return groups(
        chain.location[known],
        chain.auditor[known],
        n_locations=chain.n_locations,
        n_auditors=chain.n_auditors,
    )


def groups(location, auditor, *, n_locations: int, n_auditors: int) -> tuple[int, np.ndarray, np.ndarray]:
    """The same from (E,) codes of who has been where.

    >>> n, location, auditor = groups([0, 1], [0, 0], n_locations=3, n_auditors=1)
    >>> n, location.tolist(), auditor.tolist()
    (1, [0, 0, -1], [0])
    """
    rows, columns = np.asarray(location, int), np.asarray(auditor, int) + n_locations
    size = n_locations + n_auditors
    graph = coo_matrix((np.ones(rows.size), (rows, columns)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    group = np.full(size, -1)
    used = np.unique(np.r_[rows, columns])
    names, group[used] = np.unique(label[used], return_inverse=True)
    return names.size, group[:n_locations], group[n_locations:]


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
