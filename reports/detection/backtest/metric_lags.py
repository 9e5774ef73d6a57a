"""Declines of a replay + readings -> how long after its begin a decline shows in each reported number."""

from collections.abc import Sequence

import numpy as np

from locations.models import Metric
from reports.detection.data.reported_metrics import PERIODS, Readings, by_period
from reports.measure.compare import pooled_lag
from reports.measure.drift.detector import YEAR_DAYS

LONGEST_DAYS = YEAR_DAYS / 2


def lags(readings: Readings, declines: Sequence[tuple[int, float]]) -> list[dict]:
    """By metric that worsens after declines, in their order of names: {"metric", "days", "n_declines"}.

    declines : index of the location, and the onset in days. A decline counts for a metric whose baseline at its
    location was over before the onset; a metric with fewer than five such declines, or one that does not worsen, has
    no lag.
    """
    location, began = np.array(declines, dtype=float).reshape(-1, 2).T
    found = []
    for metric in readings.metrics:
        if metric.pk in readings.others:
            continue
        periods_a_year, burn_in = PERIODS[metric.cadence]
        mine = readings.table[:, 0] == metric.pk
        values, ends = (
            of[location.astype(int)]
            for of in by_period(
                readings.n_locations, readings.location_index[mine], readings.table[mine, 1:], least=burn_in
            )
        )
        onset = (ends <= began[:, None]).sum(axis=1)
        told = (onset >= burn_in) & (onset < np.isfinite(ends).sum(axis=1))
        lag = pooled_lag(
            values[told],
            onset[told],
            burn_in=burn_in,
            higher_is_better=metric.higher_is == Metric.Better.HIGHER,
            longest=max(1, round(LONGEST_DAYS * periods_a_year / YEAR_DAYS)),
        )
        if lag is not None:
            days = round(lag * YEAR_DAYS / periods_a_year)
            found.append({"metric": metric.name, "days": days, "n_declines": int(told.sum())})
    return found
