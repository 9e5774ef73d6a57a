"""What single interactions show beside what was expected of them, and how much they usually differ."""

from dataclasses import dataclass

import numpy as np

from reports.measure.model.chain import FULL, NONE, Chain

ROWS_AT_ONCE = 65536
LEAST_INFORMATION = 20.0  # squared, summed over a location's interactions; less tells nothing of a spread


@dataclass(frozen=True, eq=False)
class Interactions:
    """Per interaction: `gap` (R,) seen minus expected, `information` (R,) sum of p (1 - p), `typical` (R,) mean p
    weighted by p (1 - p), 0.5 where nothing was observed."""

    gap: np.ndarray
    information: np.ndarray
    typical: np.ndarray


def interactions(chain: Chain, p: np.ndarray) -> Interactions:
    """What each interaction shows beside what was expected of it.

    p : (V, C) expected conformity of each criterion at each visit, in (0, 1).

    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], [[240], [0]], [0, 0], [0], [0], [False], [0], 1)
    >>> interactions(chain, np.array([[0.5]])).gap.tolist()
    [0.5, -0.5]
    """
    p = p.astype(np.float32)
    gap, information, leaning = (np.zeros(chain.ratings.shape[0]) for _ in range(3))
    for start in range(0, chain.ratings.shape[0], ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        ratings, mean = chain.ratings[rows], p[chain.rating_visit[rows]]
        seen = ratings != NONE
        expected = mean * seen
        variance = expected * (1 - mean)
        gap[rows] = np.where(seen, ratings, 0).sum(axis=1) / FULL - expected.sum(axis=1)
        information[rows] = variance.sum(axis=1)
        leaning[rows] = (variance * mean).sum(axis=1)
    typical = np.divide(leaning, information, out=np.full_like(gap, 0.5), where=information > 0)
    return Interactions(gap, information, typical)


def usual_spread(chain: Chain, found: Interactions) -> tuple[float, float]:
    """Variances, in logits, of interactions within visits and of visits; medians over locations of moment estimates.

    All: (gap^2 - information) / information^2. Of visits: products of the gaps of two interactions of one visit, over
    those of their informations. Within: the difference.
    Returns (within, visits), from 0 to 1; (0.09, 0.1) when no location has information enough.

    Two visits of two interactions, gaps 6 and 0, information 3: 2 (36 - 3 - 3) / (4 * 9) = 1.67, products 0.

    >>> ratings, visit = [[240]] * 4, [0, 0, 1, 1]
    >>> chain = Chain([0, 0], [1, 2], [1, 2], [0, 0], [0, 0], [0, 0], ratings, visit, [0], [0], [False], [0], 1)
    >>> usual_spread(chain, Interactions(np.array([6.0, 0.0, 6.0, 0.0]), np.full(4, 3.0), np.full(4, 0.5)))
    (1.0, 0.0)
    """

    def per_visit(of_interactions):
        return np.bincount(chain.rating_visit, of_interactions, chain.n_visits)

    def per_location(of_visits):
        return np.bincount(chain.location, of_visits, chain.n_locations)

    squares, square_weight = per_visit(found.gap**2), per_visit(found.information**2)
    excess = per_location(squares - per_visit(found.information))
    products = per_location(per_visit(found.gap) ** 2 - squares)
    product_weight = per_location(per_visit(found.information) ** 2 - square_weight)
    square_weight = per_location(square_weight)
    enough = (square_weight > LEAST_INFORMATION) & (product_weight > LEAST_INFORMATION)
    if not enough.any():
        return 0.09, 0.1
    total = float(np.median(excess[enough] / square_weight[enough]))
    visits = float(np.clip(np.median(products[enough] / product_weight[enough]), 0.0, 1.0))
    return float(np.clip(total - visits, 0.0, 1.0)), visits
