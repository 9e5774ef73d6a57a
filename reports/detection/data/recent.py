"""What a location's result shows of its last visits."""

import numpy as np

from reports.measure.model.chain import Chain
from reports.measure.model.levels import LEAST_VISITS

LATELY_DAYS = 182.0
LEAST_POINTS = 8  # of a small chart, where half a year holds fewer


def lately(chain: Chain) -> np.ndarray:
    """(L,) since when a location's visits count as lately: the half year up to its last one, or its last four visits
    if those are more. Its own visits alone decide, so that it changes with them and not with the calendar."""
    first, last = chain.first_visit[:-1], chain.first_visit[1:] - 1
    since = np.full(chain.n_locations, -np.inf)
    some = last >= first
    few = np.maximum(last + 1 - LEAST_VISITS, first)
    since[some] = np.minimum(chain.time[last[some]] - LATELY_DAYS, chain.time[few[some]])
    return since


def points(time: np.ndarray, value: np.ndarray) -> list[list[float]]:
    """[day, adjusted share] of one location's visits of the half year up to the last, or of the last few if those are
    more.

    time : days, ascending. value : NaN where nothing was observed.
    """
    shown = np.isfinite(value)
    n = LEAST_POINTS if not time.size else max(LEAST_POINTS, int((time[shown] >= time[-1] - LATELY_DAYS).sum()))
    days, shares = time[shown][-n:].round(2).tolist(), np.clip(value[shown][-n:], 0, 1).round(4).tolist()
    return [list(pair) for pair in zip(days, shares, strict=True)]


def known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
