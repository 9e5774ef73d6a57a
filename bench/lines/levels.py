"""How often the 90 % interval of a location's level covers the truth, and how wide it is, in small chains."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bench.chains import Made, Options, make
from bench.lines import Line
from reports.detection.data.recent import lately
from reports.measure.model.chain import Chain
from reports.measure.model.levels import mix_of, recent_levels
from reports.measure.model.severity import fit_effects

STORES, VISITS = (1, 2, 4, 10, 30, 60), (4, 6, 12)
LEAST_COVERAGE = 0.86
LEAST_CHAINS = 30  # whatever the number of locations: those of one chain err together
WEEKS = 104


@dataclass(frozen=True)
class Coverage:
    """Of all intervals of one kind of chain: the share that holds the truth, and the mean width in points."""

    n: int
    share: float
    width: float


def level_lines(options: Options, *, seed: int, n_locations: int) -> Iterator[Line]:
    """A line for each number of stores and of visits to each; `n_locations` are judged for each line."""
    for stores in STORES:
        for visits in VISITS:
            found = coverage(options, stores=stores, visits=visits, seed=seed, n_locations=n_locations)
            yield Line(
                f"level, 90 % interval, {stores} stores with {visits} visits each",
                f"covers {found.share:.3f} of {found.n}, {found.width:.1f} points wide",
                f"{LEAST_COVERAGE:.2f} or more",
                found.share >= LEAST_COVERAGE,
            )


def coverage(options: Options, *, stores: int, visits: int, seed: int, n_locations: int) -> Coverage:
    """Over as many chains, from `seed` on, as have `n_locations` together, where nothing changes."""
    small = replace(options, n_locations=stores, burn_in_weeks=0, weeks=WEEKS, changes=False, traps=False)
    covered, width = [], []
    for nth in range(max(LEAST_CHAINS, -(-n_locations // stores))):
        made = make(small, seed + nth)
        low, high, truth = intervals(made, visits)
        told = np.isfinite(low)
        covered.extend(((low <= truth) & (truth <= high))[told])
        width.extend((high - low)[told])
    return Coverage(len(covered), float(np.mean(covered)), 100 * float(np.mean(width)))


def intervals(made: Made, visits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(L,) each: low, high and the truth, from the last visits of each location."""
    chain = last_visits(made.chain, visits)
    found = recent_levels(chain, fit_effects(chain), lately(chain))
    return found.low, found.high, made.levels @ mix_of(chain)


def last_visits(chain: Chain, visits: int) -> Chain:
    """The last so many visits of each location."""
    return chain.subset(is_last(chain, visits))


def is_last(chain: Chain, visits: int) -> np.ndarray:
    """(V,) bool: the last so many visits of each location."""
    return chain.first_visit[1:][chain.location] - np.arange(chain.n_visits) <= visits
