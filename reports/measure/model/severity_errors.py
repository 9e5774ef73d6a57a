"""How wrong the fitted severities may be, all together: auditors who share few locations err as one."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, diags

from reports.measure.model.chain import Chain
from reports.measure.model.effects import CRITERION_SD, looked_up
from reports.measure.model.level_posterior import widened

MOST_EXACT = 128  # unknowns up to which the covariance is inverted; beyond, it is sampled
N_DRAWS = 48
DRAWS_AT_ONCE = 8
MOST_ITERATIONS, NEAR_ENOUGH = 60, 1e-4  # of the conjugate gradients; relative to the right-hand side
FIRST_SEVERITY_VARIANCE = 0.1  # of severities, logits squared, before any was seen
PRIOR_LEVELS = 4.0  # how many levels the first variance counts for; it matters where a facet has one or two levels


def severity_variance(
    chain: Chain,
    severities: np.ndarray,
    weight: np.ndarray,
    variance: dict[str, float],
    quarter=None,
    n_steps: int = 3,
) -> tuple[float, float]:
    """Variance of the severities, logits squared, and its degrees of freedom.

    An EM that takes the diagonal of the information for what is known of each severity is too sure of them, and where
    auditors and locations are few, its variance is too small. Here the same step is made with the whole information,
    `n_steps` times from `variance`. severities : (A,) logits. The others as in `severity_errors`. Degrees of freedom:
    the prior's, and one for each severity as far as it is known.

    Without a visit nothing is learnt of severities, and the first guess stands with the prior's freedom:

    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> found = severity_variance(empty, np.zeros(0), np.zeros(0), fit_effects(empty).variance)
    >>> found == (FIRST_SEVERITY_VARIANCE, PRIOR_LEVELS)
    True
    """
    there = (chain.auditor >= 0) & (weight > 0)
    seen = np.flatnonzero(np.bincount(chain.auditor[there], minlength=chain.n_auditors))
    severity = variance["auditor"]
    squares, unsure = looked_up(severities, seen) ** 2, np.zeros(seen.size)
    equations = _Equations(chain, weight, variance, quarter)
    for _ in range(n_steps):
        equations.take_for_prior(severity)
        unsure = equations.variances(DRAWS_AT_ONCE)[seen]
        severity = float(
            ((squares + unsure).sum() + PRIOR_LEVELS * FIRST_SEVERITY_VARIANCE) / (seen.size + PRIOR_LEVELS)
        )
    return severity, PRIOR_LEVELS + float(np.maximum(1 - unsure / severity, 0).sum())


@dataclass(frozen=True, eq=False)
class KnownSeverities:
    """mean, sd : (A,) logits, the posterior of each severity. variance : of severities. usual : logits by which all
    visits lie above what was expected of them."""

    mean: np.ndarray
    sd: np.ndarray
    variance: float
    usual: float


def known_severities(
    chain: Chain, severities: np.ndarray, left: np.ndarray, weight: np.ndarray, variance: dict[str, float], quarter
) -> KnownSeverities:
    """Severities solved for together with regions and the mean, and their standard deviations.

    Sweeps over one facet after the other hardly move what all auditors of a region share. severities : (A,) logits,
    the sweeps' values. left : (V,) working response less everything but severity, region and location. The others as
    in `severity_errors`. The standard deviations are the diagonal of what `severity_errors` tells, widened to the
    normal whose 90 % interval is Student's with the freedom of `severity_variance`. Beyond MOST_EXACT unknowns the
    part that an auditor's own visits leave open is exact, and the part that lies in the errors of others is the
    variance of what the draws say of it (Rao-Blackwell), so that few draws do.

    An auditor without a visit has the prior's mean, and its variance of 0.1 with 4 degrees of freedom: a t of 2.13
    in the place of 1.645.

    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], [[240]], [0], [0], [0], [False], [0], 1)
    >>> variance = {"auditor": 0.1, "region": 0.02, "location": 0.2, "quarter": 0.05}
    >>> found = known_severities(chain, np.zeros(1), np.zeros(1), np.zeros(1), variance, np.zeros(1, int))
    >>> found.mean.tolist(), (found.sd / 0.1**0.5).round(2).tolist()
    ([0.0], [1.3])
    """
    guessed = float(widened(np.array(PRIOR_LEVELS)))  # nothing is learnt of the regions' variance
    variance = variance | {"region": guessed * variance["region"]}
    severity, freedom = severity_variance(chain, severities, weight, variance, quarter)
    equations = _Equations(chain, weight, variance | {"auditor": severity}, quarter)
    sd = np.sqrt(equations.variances(N_DRAWS) * widened(np.array(freedom)))
    mean = equations.means(weight * left)
    return KnownSeverities(mean[: chain.n_auditors], sd, severity, float(mean[-1]))


def severity_errors(chain: Chain, weight: np.ndarray, variance: dict[str, float], quarter=None) -> np.ndarray:
    """(A, K) F, logits: the posterior covariance of the severities is F F'.

    weight : (V,) of each visit's working response, 0 or more. variance : logits squared, of `auditor`, `region` and
    `location`, and of `quarter` where `quarter` (V,) int tells the quarter of each visit: visits to a location in one
    quarter then share an error. The model is the fit's, linear in the working response: severities, levels of
    locations within regions, and one mean; quarters and locations are eliminated exactly (Schur complement), so that
    an error that all auditors of a region share is in it: without visits across, it cannot be told from the region's
    own level. Up to MOST_EXACT unknowns F is exact. Beyond, its columns are N_DRAWS seeded draws over sqrt(N_DRAWS),
    each a solution of the same equations with a perturbed right-hand side, and the work grows with the number of
    visits. Visits of unknown auditors are left out.
    Source: Papandreou & Yuille (2010), NIPS 23, 1858-1866: exact draws of a Gaussian by perturbing and solving;
    Hestenes & Stiefel (1952), J. Res. NBS 49, 409-436.

    One auditor without a visit has the prior's variance, 0.09:

    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], [[240]], [0], [0], [0], [False], [0], 1)
    >>> severity_errors(chain, np.zeros(1), {"auditor": 0.09, "region": 0.02, "location": 0.2}).round(2).tolist()
    [[0.3]]
    """
    return _Equations(chain, weight, variance, quarter).errors()


class _Equations:
    """The normal equations of severities, regions and the mean, once every quarter and location is eliminated.

    Rows are triples of location, quarter and auditor: their visits weigh as one. Without quarters each location has
    one, which takes nothing away.
    """

    def __init__(self, chain: Chain, weight: np.ndarray, variance: dict[str, float], quarter=None):
        self.n_auditors, n_regions = chain.n_auditors, chain.n_regions
        rows = np.flatnonzero((chain.auditor >= 0) & (weight > 0))
        of_visit = np.zeros(rows.size, np.int64) if quarter is None else np.asarray(quarter, np.int64)[rows]
        n_quarters = int(of_visit.max(initial=0)) + 1
        cells, cell = np.unique(chain.location[rows].astype(np.int64) * n_quarters + of_visit, return_inverse=True)
        triple = cell.astype(np.int64) * max(self.n_auditors, 1) + chain.auditor[rows]
        triples, self.triple = np.unique(triple, return_inverse=True)
        self.rows, self.weight = rows, np.bincount(self.triple, weight[rows], triples.size).astype(float)
        cell, auditor = np.divmod(triples, max(self.n_auditors, 1))
        self.place = cells // n_quarters
        n, row = self.n_auditors + n_regions + 1, np.arange(triples.size)
        region = self.n_auditors + chain.region[self.place[cell]]
        column = np.concatenate([auditor, region, np.full(triples.size, n - 1)])
        self.design = csr_matrix((np.ones(column.size), (np.tile(row, 3), column)), shape=(triples.size, n))
        self.cell = csr_matrix((np.ones(triples.size), (cell, row)), shape=(cells.size, triples.size))
        self.member = csr_matrix(
            (np.ones(cells.size), (self.place, np.arange(cells.size))), shape=(chain.n_locations, cells.size)
        )
        self.moved = np.sqrt(variance["quarter"]) if quarter is not None else 0.0  # sd of a location's quarter
        self.left = 1 / (1 + self.moved**2 * (self.cell @ self.weight))  # of a cell's weight for what is not its own
        by_cell = self.cell @ diags(self.weight) @ self.design
        self.within = 1 / variance["location"]
        self.known = self.member @ (self.left * (self.cell @ self.weight)) + self.within
        self.by_location = (self.member @ diags(self.left) @ by_cell).tocsr()
        own = self.design.T @ diags(self.weight) @ self.design
        self.own = (own - by_cell.T @ diags(self.moved**2 * self.left) @ by_cell).tocsr()
        self.by_cell = by_cell.tocsr()
        self.prior = np.r_[
            np.full(self.n_auditors, 1 / variance["auditor"]),
            np.full(n_regions, 1 / variance["region"]),
            CRITERION_SD**-2,
        ]

    def take_for_prior(self, severity: float):
        self.prior[: self.n_auditors] = 1 / severity

    def errors(self) -> np.ndarray:
        if self._is_exact:
            return np.linalg.cholesky(self._covariance())
        return self._draws(N_DRAWS)[0][: self.n_auditors] / np.sqrt(N_DRAWS)

    def variances(self, n_draws: int) -> np.ndarray:
        """(A,) of the severities."""
        if self._is_exact:
            return self._covariance().diagonal()
        known = self._diagonal()[: self.n_auditors]
        drawn, wanted = (of[: self.n_auditors] for of in self._draws(n_draws))
        of_others = drawn - wanted / known[:, None]
        return 1 / known + (of_others**2).mean(axis=1)

    def means(self, pull: np.ndarray) -> np.ndarray:
        """(n,) of severities, regions and the mean, where visits pull by `pull` (V,), weight times response."""
        of_rows = np.bincount(self.triple, pull[self.rows], self.weight.size).astype(float)[:, None]
        wanted = self._eliminated(of_rows, np.zeros((self.place.size, 1)), np.zeros((self.known.size, 1)))
        solved = (
            np.linalg.solve(self._matrix(np.eye(wanted.size)), wanted) if self._is_exact else self._solved(wanted)
        )
        return solved[:, 0]

    @property
    def _is_exact(self) -> bool:
        return self.prior.size <= MOST_EXACT

    def _covariance(self) -> np.ndarray:
        inverse = np.linalg.inv(self._matrix(np.eye(self.prior.size)))[: self.n_auditors, : self.n_auditors]
        return (inverse + inverse.T) / 2

    def _matrix(self, x: np.ndarray) -> np.ndarray:
        eliminated = self.by_location.T @ ((self.by_location @ x) / self.known[:, None])
        return self.own @ x + self.prior[:, None] * x - eliminated

    def _diagonal(self) -> np.ndarray:
        squares = self.by_location.multiply(self.by_location).T @ (1 / self.known)
        return self.own.diagonal() + self.prior - squares

    def _eliminated(self, of_rows: np.ndarray, of_cells: np.ndarray, of_locations: np.ndarray) -> np.ndarray:
        """(n, k) a right-hand side of the whole model, once quarters and locations are taken out of it."""
        summed = self.cell @ of_rows
        taken = self.moved * self.left[:, None] * (self.moved * summed + of_cells)
        of_locations = of_locations + self.member @ (summed - (self.cell @ self.weight)[:, None] * taken)
        kept = self.design.T @ of_rows - self.by_cell.T @ taken
        return kept - self.by_location.T @ (of_locations / self.known[:, None])

    def _draws(self, n_draws: int) -> tuple[np.ndarray, np.ndarray]:
        """(n, n_draws) each, of the posterior about its mean: the draws, and what the equations make of them."""
        rng, found = np.random.default_rng(0), []
        for _ in range(0, n_draws, DRAWS_AT_ONCE):
            of_rows = np.sqrt(self.weight)[:, None] * rng.standard_normal((self.weight.size, DRAWS_AT_ONCE))
            of_cells = rng.standard_normal((self.place.size, DRAWS_AT_ONCE))
            of_locations = np.sqrt(self.within) * rng.standard_normal((self.known.size, DRAWS_AT_ONCE))
            wanted = self._eliminated(of_rows, of_cells, of_locations)
            wanted += np.sqrt(self.prior)[:, None] * rng.standard_normal(wanted.shape)
            found.append((self._solved(wanted), wanted))
        drawn, wanted = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
        return drawn, wanted

    def _solved(self, wanted: np.ndarray) -> np.ndarray:
        """Conjugate gradients, each column on its own, preconditioned by the diagonal."""
        scale = 1 / self._diagonal()[:, None]
        x, left = np.zeros(wanted.shape), wanted.copy()
        step = scale * left
        size = (left * step).sum(axis=0)
        enough = NEAR_ENOUGH**2 * size
        for _ in range(MOST_ITERATIONS):
            if (size <= enough).all():
                break
            image = self._matrix(step)
            length = size / np.maximum((step * image).sum(axis=0), 1e-300)
            x += length * step
            left -= length * image
            ahead = scale * left
            before, size = size, (left * ahead).sum(axis=0)
            step = ahead + size / np.maximum(before, 1e-300) * step
        return x
