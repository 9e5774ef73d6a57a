"""How wrong the fitted severities may be, all together: auditors who share few locations err as one."""

import numpy as np
from scipy.sparse import csr_matrix, diags

from reports.measure.model.chain import Chain
from reports.measure.model.effects import CRITERION_SD, Effects, looked_up
from reports.measure.model.severity import FIRST_VARIANCE, PRIOR_LEVELS

MOST_EXACT = 128  # unknowns up to which the covariance is inverted; beyond, it is sampled
N_DRAWS = 48
MOST_ITERATIONS, NEAR_ENOUGH = 60, 1e-4  # of the conjugate gradients; relative to the right-hand side


def severity_variance(
    chain: Chain, effects: Effects, weight: np.ndarray, variance: dict[str, float], n_steps: int = 3
) -> tuple[float, float]:
    """Variance of the severities, logits squared, and its degrees of freedom.

    The fit's own EM takes the diagonal of the information for what is known of each severity: it is too sure of them,
    and where auditors and locations are few, its variance is too small. Here the same step is made with
    `severity_errors`, `n_steps` times from the fit's value. Degrees of freedom: the prior's, and one for each
    severity as far as it is known.

    Without a visit nothing is learnt of severities, and the first guess stands with the prior's freedom:

    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> effects = fit_effects(empty)
    >>> found = severity_variance(empty, effects, np.zeros(0), effects.variance)
    >>> found == (FIRST_VARIANCE["auditor"], PRIOR_LEVELS)
    True
    """
    seen = np.flatnonzero(np.bincount(chain.auditor[chain.auditor >= 0], minlength=chain.n_auditors))
    severity, first = variance["auditor"], FIRST_VARIANCE["auditor"]
    squares = looked_up(effects.auditor, seen) ** 2
    for _ in range(n_steps):
        unsure = (severity_errors(chain, weight, variance | {"auditor": severity})[seen] ** 2).sum(axis=1)
        severity = float(((squares + unsure).sum() + PRIOR_LEVELS * first) / (seen.size + PRIOR_LEVELS))
    return severity, PRIOR_LEVELS + float(np.maximum(1 - unsure / severity, 0).sum())


def severity_errors(chain: Chain, weight: np.ndarray, variance: dict[str, float]) -> np.ndarray:
    """(A, K) F, logits: the posterior covariance of the severities is F F'.

    weight : (V,) of each visit's working response, 0 or more. variance : logits squared, of
    `auditor`, `region` and `location`. The model is the fit's, linear in the working response:
    severities, levels of locations within regions, and one mean; the locations are eliminated exactly (Schur
    complement), so that an error that all auditors of a region share is in it: without visits across, it cannot be
    told from the region's own level. Up to MOST_EXACT unknowns F is exact. Beyond, its columns are N_DRAWS seeded
    draws over sqrt(N_DRAWS), each a solution of the same equations with a perturbed right-hand side, and the work
    grows with the number of pairs of auditor and location. Visits of unknown auditors are left out.
    Source: Papandreou & Yuille (2010), NIPS 23, 1858-1866: exact draws of a Gaussian by perturbing and solving;
    Hestenes & Stiefel (1952), J. Res. NBS 49, 409-436.

    One auditor without a visit has the prior's variance, 0.09:

    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], [[240]], [0], [0], [0], [False], [0], 1)
    >>> severity_errors(chain, np.zeros(1), {"auditor": 0.09, "region": 0.02, "location": 0.2}).round(2).tolist()
    [[0.3]]
    """
    equations = _Equations(chain, weight, variance)
    n_auditors, n = chain.n_auditors, equations.prior.size
    if n <= MOST_EXACT:
        covariance = np.linalg.inv(equations.matrix(np.eye(n)))[:n_auditors, :n_auditors]
        return np.linalg.cholesky((covariance + covariance.T) / 2)
    return equations.draws(np.random.default_rng(0))[:n_auditors] / np.sqrt(N_DRAWS)


class _Equations:
    """The normal equations of severities, regions and the mean, once every location is eliminated.

    Rows are pairs of location and auditor: their visits weigh as one.
    """

    def __init__(self, chain: Chain, weight: np.ndarray, variance: dict[str, float]):
        n_auditors, n_regions = chain.n_auditors, chain.n_regions
        rows = np.flatnonzero((chain.auditor >= 0) & (weight > 0))
        pair = chain.location[rows].astype(np.int64) * max(n_auditors, 1) + chain.auditor[rows]
        pairs, index = np.unique(pair, return_inverse=True)
        self.weight = np.bincount(index, weight[rows], pairs.size).astype(float)
        location, auditor = np.divmod(pairs, max(n_auditors, 1))
        n, row = n_auditors + n_regions + 1, np.arange(pairs.size)
        column = np.concatenate([auditor, n_auditors + chain.region[location], np.full(pairs.size, n - 1)])
        self.design = csr_matrix((np.ones(column.size), (np.tile(row, 3), column)), shape=(pairs.size, n))
        self.member = csr_matrix((np.ones(pairs.size), (location, row)), shape=(chain.n_locations, pairs.size))
        self.prior = np.r_[
            np.full(n_auditors, 1 / variance["auditor"]), np.full(n_regions, 1 / variance["region"]), CRITERION_SD**-2
        ]
        self.within = 1 / variance["location"]
        self.known = self.member @ self.weight + self.within
        self.by_location = self.member @ diags(self.weight) @ self.design
        self.own = self.design.T @ diags(self.weight) @ self.design

    def matrix(self, x: np.ndarray) -> np.ndarray:
        eliminated = self.by_location.T @ ((self.by_location @ x) / self.known[:, None])
        return self.own @ x + self.prior[:, None] * x - eliminated

    def draws(self, rng: np.random.Generator, at_once: int = 8) -> np.ndarray:
        """(n, N_DRAWS) of the posterior about its mean."""
        found = []
        for _ in range(0, N_DRAWS, at_once):
            of_pairs = np.sqrt(self.weight)[:, None] * rng.standard_normal((self.weight.size, at_once))
            of_locations = self.member @ of_pairs
            of_locations += np.sqrt(self.within) * rng.standard_normal(of_locations.shape)
            wanted = self.design.T @ of_pairs - self.by_location.T @ (of_locations / self.known[:, None])
            wanted += np.sqrt(self.prior)[:, None] * rng.standard_normal(wanted.shape)
            found.append(self._solved(wanted))
        return np.concatenate(found, axis=1)

    def _solved(self, wanted: np.ndarray) -> np.ndarray:
        """Conjugate gradients, each column on its own, preconditioned by the diagonal."""
        squares = self.by_location.multiply(self.by_location).T @ (1 / self.known)
        scale = 1 / (self.own.diagonal() + self.prior - squares)[:, None]
        x, left = np.zeros(wanted.shape), wanted.copy()
        step = scale * left
        size = (left * step).sum(axis=0)
        enough = NEAR_ENOUGH**2 * size
        for _ in range(MOST_ITERATIONS):
            if (size <= enough).all():
                break
            image = self.matrix(step)
            length = size / np.maximum((step * image).sum(axis=0), 1e-300)
            x += length * step
            left -= length * image
            ahead = scale * left
            before, size = size, (left * ahead).sum(axis=0)
            step = ahead + size / np.maximum(before, 1e-300) * step
        return x
