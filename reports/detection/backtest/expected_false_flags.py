"""How many flags of a backtest chance alone would have raised."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from reports.detection.backtest.checkpoint import unpack_days
from reports.detection.data.settings import expected_rates
from reports.measure.drift.detector import YEAR_DAYS
from reports.models import Backtest


@dataclass(frozen=True)
class Expected:
    """Over some locations: how many could be flagged at all, and the false flags to expect.

    yearly : of both directions, at the end, when all of them could. declines, improvements : between the edges.
    """

    n_able: int
    yearly: float
    declines: list[float]
    improvements: list[float]


def expected_by_chance(backtest: Backtest, *, locations: Iterable[int], edges: Sequence[float]) -> Expected:
    """locations : ids, those that one may see. edges : days since 1970-01-01 UTC, ascending."""
    known, day = unpack_days(backtest.able_from)
    day = day[np.isin(known, np.fromiter(locations, np.int64))]
    rates = expected_rates(backtest)
    since = np.asarray(edges, float)
    able = np.maximum(since[1:, None] - np.maximum(since[:-1, None], day), 0.0).sum(axis=1)
    declines, improvements = ((rate or 0.0) * able / YEAR_DAYS for rate in rates)
    return Expected(day.size, (rates.both or 0.0) * day.size, declines.tolist(), improvements.tolist())
