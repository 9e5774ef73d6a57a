"""Declines of a replay + readings -> how long after its begin a decline shows in each reported number."""

from collections.abc import Sequence

import numpy as np

from locations.models import Metric
from reports.detection.comparison import EPOCH_ORDINAL, PERIODS, Readings
from reports.measure.compare import pooled_lag
from reports.measure.drift import YEAR_DAYS

LONGEST_DAYS = YEAR_DAYS / 2


def lags(readings: Readings, declines: Sequence[tuple[int, float]]) -> list[dict]:
    """By metric that worsens after declines, in their order of names: {"metric", "days", "n_declines"}.

    declines : index of the location, and the onset in days. A decline counts for a metric whose baseline at its
    location was over before the onset; a metric with fewer than five such declines, or one that does not worsen, has
    no lag.
    """
    found = []
    for metric in readings.metrics:
        if metric.pk in readings.others:
            continue
        periods_a_year, burn_in = PERIODS[metric.cadence]
        values, onset = _from_the_first_reading(readings, metric, declines, burn_in)
        if not onset:
            continue
        lag = pooled_lag(
            values,
            onset,
            burn_in=burn_in,
            higher_is_better=metric.higher_is == Metric.Better.HIGHER,
            longest=max(1, round(LONGEST_DAYS * periods_a_year / YEAR_DAYS)),
        )
        if lag is not None:
            days = round(lag * YEAR_DAYS / periods_a_year)
            found.append({"metric": metric.name, "days": days, "n_declines": len(onset)})
    return found


def _from_the_first_reading(
    readings: Readings, metric: Metric, declines: Sequence[tuple[int, float]], burn_in: int
) -> tuple[np.ndarray, list[int]]:
    """(n, P) the readings at each decline's location from the first on, NaN after the last, and the period of its
    onset; only of declines that began after the baseline."""
    mine = readings.table[:, 0] == metric.pk
    place, table = readings.place[mine], readings.table[mine]
    rows, onset = [], []
    for location, began in declines:
        own = table[place == location]
        own = own[np.argsort(own[:, 1])]
        n_before = int((own[:, 2] + 1 - EPOCH_ORDINAL <= began).sum())
        if burn_in <= n_before < len(own):
            rows.append(own[:, 3])
            onset.append(n_before)
    values = np.full((len(rows), max((row.size for row in rows), default=0)), np.nan)
    for at, row in enumerate(rows):
        values[at, : row.size] = row
    return values, onset
