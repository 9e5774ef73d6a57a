"""Whether the unevenness of a location is neither too high nor too low, and how often its 90 % interval holds it.

The visits are those of a made chain, their ratings drawn anew: each location's interactions differ by so many points,
three fifths of that variance within visits, as in the plain chain.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from bench.chains import Options, make
from bench.chains.visits import EASE, EASE_SD, HARDER, LOCATION_SD, USUAL
from bench.lines import Line
from bench.lines.levels import LEAST_COVERAGE, is_last
from reports.measure.consistency import consistency
from reports.measure.model.chain import FULL, NONE, Chain
from reports.measure.model.severity import fit_effects

VISITS, POINTS = (6, 15, 40), (0.0, 5.0, 10.0, 20.0)
STORES, NEW = 60, 20  # of a chain; those of them that have so many visits and are judged
MOST_BIAS = 0.3  # points
WITHIN_VISITS = 0.6  # of the variance of interactions
VARIED = "5 to 8"  # points, of half of the stores of a varied chain
VARIED_MIDDLE, VARIED_SD = 6.3, 0.35  # of the logarithm
SEVERITY_SD = 0.35
WEEKS = 78  # what a fit looks at
MOST_SD = 12.0  # logits; more cannot be told from yes or no at random


@dataclass(frozen=True)
class Found:
    """bias, width : means, points. covered : share of intervals that hold the truth."""

    n: int
    bias: float
    covered: float
    width: float


def unevenness_lines(options: Options, *, seed: int, n_locations: int) -> Iterator[Line]:
    """Two lines for each number of visits, in chains where all stores are equally uneven and in a varied one."""
    for points in (*POINTS, None):
        for visits in VISITS:
            found = judged(options, points=points, visits=visits, seed=seed, n_locations=n_locations)
            stores = f"{VARIED} points" if points is None else f"{points:.0f} points"
            yield Line(
                f"unevenness, stores of {stores} with {visits} visits, bias",
                f"{found.bias:+.2f} points over {found.n}",
                f"within {MOST_BIAS} either way",
                abs(found.bias) <= MOST_BIAS,
            )
            yield Line(
                f"unevenness, stores of {stores} with {visits} visits, 90 % interval",
                f"covers {found.covered:.3f}, {found.width:.1f} points wide",
                f"{LEAST_COVERAGE:.2f} or more",
                found.covered >= LEAST_COVERAGE,
            )


def judged(options: Options, *, points: float | None, visits: int, seed: int, n_locations: int) -> Found:
    """Over as many chains as have `n_locations` new stores together; points None for a varied chain."""
    told, low, high, true = (list[float]() for _ in range(4))
    for nth in range(-(-n_locations // NEW)):
        rng = np.random.default_rng([seed + nth, *b"unevenness"])
        wanted = VARIED_MIDDLE * np.exp(VARIED_SD * rng.normal(0, 1, STORES)) if points is None else points
        chain = uneven_chain(options, np.broadcast_to(wanted, STORES) / 100, seed + nth, rng)
        is_new = np.arange(STORES) % (STORES // NEW) == 0
        chain = chain.subset(~is_new[chain.location] | is_last(chain, visits))
        found = consistency(chain, fit_effects(chain)).unevenness
        is_told = is_new & np.isfinite(found.value)
        for values, of in ((told, found.value), (low, found.low), (high, found.high)):
            values.extend(100 * of[is_told])
        true.extend(np.broadcast_to(wanted, STORES)[is_told])
    held = (np.array(low) <= np.array(true) + 1e-9) & (np.array(true) <= np.array(high) + 1e-9)
    width = float(np.mean(np.array(high) - np.array(low)))
    return Found(len(told), float(np.mean(np.array(told) - np.array(true))), float(held.mean()), width)


def uneven_chain(options: Options, unevenness: np.ndarray, seed: int, rng: np.random.Generator) -> Chain:
    """A chain in which nothing changes and the interactions of each location differ as much as is wanted.

    unevenness : (L,) standard deviation of their expected share, 0..1.
    """
    made = make(
        replace(options, n_locations=unevenness.size, burn_in_weeks=0, weeks=WEEKS, changes=False, traps=False), seed
    )
    chain = made.chain
    ease = rng.normal(EASE, EASE_SD, chain.n_criteria)
    level = rng.normal(0, LOCATION_SD, unevenness.size)
    usual = sum(np.dot(HARDER[of], USUAL[of]) for of in HARDER)
    sd = np.array([logits_for(share, ease + of + usual) for share, of in zip(unevenness, level, strict=True)])
    severity = rng.normal(0, SEVERITY_SD, chain.n_auditors)[chain.auditor]
    severity -= severity.mean()  # a usual auditor is one of this chain
    logit = level[chain.location] + severity + HARDER["daypart"][chain.daypart]
    logit = logit + HARDER["staffing"][chain.staffing]
    visit, row = chain.rating_visit, chain.ratings.shape[0]
    logit = logit + np.sqrt(1 - WITHIN_VISITS) * rng.normal(0, 1, chain.n_visits) * sd[chain.location]
    of_row = logit[visit] + np.sqrt(WITHIN_VISITS) * rng.normal(0, 1, row) * sd[chain.location[visit]]
    kept = rng.random(chain.ratings.shape) < expit(of_row[:, None] + ease)
    return replace(chain, ratings=np.where(chain.ratings == NONE, NONE, np.where(kept, FULL, 0)).astype(np.uint8))


def logits_for(unevenness: float, logit: np.ndarray) -> float:
    """The standard deviation in logits that makes this one of what two criteria with such `logit`s have in common."""
    nodes, weight = np.polynomial.hermite_e.hermegauss(41)
    weight = weight / weight.sum()
    low, high = 0.0, MOST_SD
    for _ in range(30):
        middle = (low + high) / 2
        share = expit(logit + middle * nodes[:, None])
        gap = share - weight @ share
        pairs = weight @ (gap.sum(axis=1) ** 2 - (gap**2).sum(axis=1)) / (logit.size * (logit.size - 1))
        low, high = (middle, high) if pairs < unevenness**2 else (low, middle)
    return low
