"""What a location's chart draws: each visit beside what was expected there, as it was judged."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from audits.models import Standard
from reports.detection.data.day_numbers import to_moment
from reports.detection.data.packed_charts import unpack_points
from reports.models import ControlChart


@dataclass(frozen=True)
class LocationSeries:
    """One channel of one location, oldest visit first; shares from 0 to 1, None where nothing was observed.

    values : each visit's share, adjusted to the location's usual auditors, dayparts and criteria. expected, low,
    high : the share that its baseline leads one to expect, and the natural limits around it. evidence : after each
    visit, how many times likelier a decline is than none, as logarithm; None where that was not weighed.
    """

    times: list[datetime]
    values: list[float | None]
    expected: list[float | None]
    low: list[float | None]
    high: list[float | None]
    evidence: list[float | None]
    visit_ids: list[UUID]


def charts_of(standard: Standard, location_ids: Iterable[int]) -> dict[int, ControlChart]:
    """The stored charts of some locations, by location. One query; no visit is judged here."""
    charts = ControlChart.objects.filter(standard=standard, location__in=list(location_ids))
    return {chart.location_id: chart for chart in charts}


def location_series(chart: ControlChart | None, channel: str = "overall") -> LocationSeries | None:
    """One channel of a location's chart. channel : as in DriftFlag. None without a chart, or without the channel."""
    if chart is None or channel not in chart.channels:
        return None
    points = unpack_points(chart.points, len(chart.channels))
    column = chart.channels.index(channel)
    value, expected, low, high, decline = (
        _listed(points[name][:, column]) for name in ("value", "expected", "low", "high", "decline")
    )
    return LocationSeries(
        times=[to_moment(days) for days in points["time"].tolist()],
        values=value,
        expected=expected,
        low=low,
        high=high,
        evidence=decline,
        visit_ids=[UUID(bytes=visit.tobytes()) for visit in points["visit"]],
    )


def _listed(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]
