"""Declines of a replay + freed readings -> how long after its begin a decline shows in each reported number."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from reports.detection.data.reported_metrics import Readings
from reports.detection.data.usual_numbers import PERIODS
from reports.measure.compare import pooled_lag
from reports.measure.drift.detector import YEAR_DAYS

LONGEST_DAYS = YEAR_DAYS / 2


def lags(readings: Readings, declines: Sequence[tuple[int, float]], *, until: date) -> list[dict]:
    """By metric that worsens after declines, in their order of names: {"metric", "days", "n_declines"}.

    Of readings freed of what the chain shares, of periods that were over before `until`. declines : index of the
    location, and the onset in days. A decline counts for a metric whose baseline at its location was over before the
    onset; a metric with fewer than five such declines, or one that does not worsen, has no lag.
    """
    location, began = np.array(declines, dtype=float).reshape(-1, 2).T
    found = []
    for metric in readings.metrics:
        if metric.pk in readings.others:
            continue
        periods_a_year, burn_in = PERIODS[metric.cadence]
        freed = readings.freed(metric, until)
        values, ends = (of[location.astype(int)] for of in (freed.values, freed.ends))
        onset = (ends <= began[:, None]).sum(axis=1)
        told = (onset >= burn_in) & (onset < np.isfinite(ends).sum(axis=1))
        lag = pooled_lag(
            values[told],
            onset[told],
            burn_in=burn_in,
            longest=max(1, round(LONGEST_DAYS * periods_a_year / YEAR_DAYS)),
        )
        if lag is not None:
            days = round(lag * YEAR_DAYS / periods_a_year)
            found.append({"metric": metric.name, "days": days, "n_declines": int(told.sum())})
    return found
