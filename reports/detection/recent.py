"""What a location's result shows of its last visits."""

import numpy as np

from reports.measure.chain import Chain
from reports.measure.levels import LEAST_VISITS

LATELY_DAYS = 182.0
LEAST_POINTS = 8  # of a small chart, where half a year holds fewer


def lately(chain: Chain, at: float) -> np.ndarray:
    """(L,) since when a location's visits count as lately: half a year, or its last four visits if fewer."""
    last_few = np.maximum(chain.first_visit[1:] - LEAST_VISITS, chain.first_visit[:-1])
    since = np.full(chain.n_locations, at - LATELY_DAYS)
    some = np.diff(chain.first_visit) > 0
    since[some] = np.minimum(since[some], chain.time[last_few[some]])
    return since


def points(time: np.ndarray, value: np.ndarray, at: float) -> list[list[float]]:
    """[day, adjusted share] of one location's visits of the last half year, or of the last few if those are more.

    time : days, ascending. value : NaN where nothing was observed.
    """
    shown = np.isfinite(value)
    time, value = time[shown], value[shown]
    n = max(LEAST_POINTS, int((time >= at - LATELY_DAYS).sum()))
    days, shares = time[-n:].round(2).tolist(), np.clip(value[-n:], 0, 1).round(4).tolist()
    return [list(pair) for pair in zip(days, shares, strict=True)]


def known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
