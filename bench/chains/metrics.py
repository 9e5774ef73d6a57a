"""What stores report: numbers that follow what is true, late or never, and move with the whole chain."""

from dataclasses import dataclass

import numpy as np

from bench.chains.changes import truth_of
from bench.chains.options import YEAR, Options
from bench.chains.truth import RAMP, RECOVERED, SECTION, STEP, Truth
from reports.measure.model.effects import WEEK_DAYS

PLAIN, SEASON, TREND, WALK, BAD_WEEKS = "plain", "season", "trend", "walk", "bad weeks"
KINDS = (PLAIN, SEASON, TREND, WALK, BAD_WEEKS)
MEAN, SD, OF_LEVEL, OF_DROP, OF_SECTION = 80.0, 2.0, 3.0, 5.0, 0.25
CORRELATION = 0.3
SHORTEST, LONGEST = 4, 12  # weeks until a metric follows
NEVER = 0.4
SWING, YEARLY, STEP_OF_WALK, BAD_WEEK, N_BAD_WEEKS = 2.0, -2.0, 0.4, -4.0, 5


@dataclass(frozen=True, eq=False)
class Metrics:
    """truth : where execution changes. follows : (L,) whether the numbers of a location fall after it does.

    values : (M, L, weeks), higher is better, weeks from `truth.first_day` on. common : (M, weeks) that all share.
    """

    truth: Truth
    follows: np.ndarray
    values: np.ndarray
    common: np.ndarray


def make_metrics(options: Options, seed: int, *, n_metrics: int = 1, kind: str = PLAIN) -> Metrics:
    """The same arguments give the same numbers. No visit is made: of the chain there is only what is true.

    Of drifting locations two in five have numbers that never follow, and those whose customers are treated less
    alike; the others' fall 4 to 12 weeks after the onset, each in its own time, by 5 points a logit.
    """
    rng = np.random.default_rng([seed, n_metrics, *kind.encode()])
    n = options.n_locations
    level = rng.normal(0, 0.45, n)
    truth = truth_of(options, np.arange(n) % options.n_regions, level, rng)
    weeks = truth.readings.shape[1]
    follows = (rng.random(n) >= NEVER) & np.isin(truth.kind, (STEP, RAMP, SECTION, RECOVERED))
    common = np.array([_common(kind, weeks, rng) for _ in range(n_metrics)])
    values = np.array([_numbers(truth, level, follows, rng) for _ in range(n_metrics)])
    return Metrics(truth, follows, values + common[:, None], common)


def _numbers(truth: Truth, level: np.ndarray, follows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    n, weeks = truth.readings.shape
    lag = rng.integers(SHORTEST, LONGEST + 1, (n, 1)) * WEEK_DAYS
    seen = truth.first_day + (np.arange(weeks) + 0.5) * WEEK_DAYS - lag
    drop = truth.share_of_drop(np.arange(n)[:, None], seen) * truth.size[:, None] * follows[:, None]
    drop[truth.section >= 0] *= OF_SECTION
    noise = rng.normal(0, SD, (n, weeks))
    for week in range(1, weeks):
        noise[:, week] = CORRELATION * noise[:, week - 1] + np.sqrt(1 - CORRELATION**2) * noise[:, week]
    return MEAN + OF_LEVEL * level[:, None] - OF_DROP * drop + noise


def _common(kind: str, weeks: int, rng: np.random.Generator) -> np.ndarray:
    """(weeks,) in points; a store's weeks have a standard deviation of 2."""
    if kind == SEASON:
        return SWING * np.sin(2 * np.pi * (np.arange(weeks) * WEEK_DAYS / YEAR + rng.random()))
    if kind == TREND:
        return YEARLY * np.arange(weeks) * WEEK_DAYS / YEAR
    if kind == WALK:
        return np.cumsum(rng.normal(0, STEP_OF_WALK, weeks))
    bad = np.zeros(weeks)
    if kind == BAD_WEEKS:
        bad[rng.choice(weeks, N_BAD_WEEKS, replace=False)] = BAD_WEEK
    return bad
