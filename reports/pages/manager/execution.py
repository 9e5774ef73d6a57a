"""The control chart of one store, for a desk and for a phone, and the same visits as a table."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from locations.models import Location
from reports.detection.views.control_chart import LocationSeries, location_series
from reports.models import ControlChart, DriftFlag
from reports.pages.charts import time_charts
from reports.pages.manager.flag_rows import FlagRow, day_number
from reports.pages.scope import Link, Scope
from reports.pages.sentences import words

MOST_POINTS = 120
WIDE, NARROW = 1088, 344


@dataclass(frozen=True)
class PointRow:
    """The same visit in the table beside the chart."""

    visit_id: UUID
    when: str
    seen: str
    expected: str
    limits: str
    is_below: bool
    is_above: bool


@dataclass(frozen=True)
class Execution:
    wide: time_charts.ControlChart | None
    narrow: time_charts.ControlChart | None
    points: list[PointRow]
    n_left_off: int
    frames: tuple[time_charts.Frame, time_charts.Frame] | None
    is_missing: bool = False
    """The last run left no chart of the store: it was of a release that kept none."""


def execution(
    location: Location,
    asked: Scope,
    channel: str,
    flag: FlagRow | None,
    channels: list[Link],
    found: DriftFlag | None,
    *,
    chart: ControlChart | None,
) -> Execution:
    """The control chart, for a desk and for a phone, and the same visits as a table."""
    if asked.standard is None or asked.run is None:
        return Execution(None, None, [], 0, None)
    series = location_series(chart, channel)
    observed = [i for i, value in enumerate(series.values) if value is not None] if series else []
    if not series or not observed:
        return Execution(None, None, [], 0, None, is_missing=chart is None)
    shown = observed[-MOST_POINTS:]
    points = [_point(series, i, location) for i in shown]
    onset = _onset(found, location, asked.today) if found else None
    last = max(point.day for point in points)
    today = asked.today.toordinal() + 1.0
    if today - last < 0.2 * (last - points[0].day):
        last = max(last, today)
    frames = tuple(
        time_charts.frame(first=points[0].day, last=last, width=width, onset=onset) for width in (WIDE, NARROW)
    )
    title = words.capital(next(link.name for link in channels if link.is_here))
    details: dict[str, Any] = {
        "title": f"{title} at {location.name}: share of behaviours kept per visit",
        "description": _description(points, flag, asked.today),
        "change": _change(found, channel) if found else None,
        "flagged_day": day_number(found.flagged_at, location) - 1e-6 if found else None,
        "direction": flag.direction if flag else "decline",
        "flag_label": f"flag, {words.short_day(flag.flagged_on, beside=asked.today)}" if flag else "",
    }
    wide, narrow = (time_charts.control_chart(points, frame=frame, **details) for frame in frames)
    rows = [
        _point_row(point, series.visit_ids[i], series.times[i], location)
        for i, point in zip(shown, points, strict=True)
    ]
    return Execution(wide, narrow, rows[::-1], len(observed) - len(points), (frames[0], frames[1]))


def _point(series: LocationSeries, i: int, location: Location) -> time_charts.VisitPoint:
    """A visit in which the channel was observed."""
    value, expected = _share(series.values[i]), _share(series.expected[i])
    return time_charts.VisitPoint(
        day=day_number(series.times[i], location),
        value=value,
        expected=expected,
        low=_share(series.low[i], missing=expected),
        high=_share(series.high[i], missing=expected),
        title=f"{words.moment(series.times[i], location.zone)}: {words.percent(value)}",
        address=reverse("reports:visit", args=[series.visit_ids[i]]),
    )


def _share(value: float | None, *, missing: float = 0.0) -> float:
    """Adjusted values may leave 0..1 by a little; the chart ends there."""
    return missing if value is None else min(max(value, 0.0), 1.0)


def _point_row(point: time_charts.VisitPoint, visit_id: UUID, when: datetime, location: Location) -> PointRow:
    return PointRow(
        visit_id=visit_id,
        when=words.moment(when, location.zone),
        seen=str(round(100 * point.value)),
        expected=str(round(100 * point.expected)),
        limits=words.interval(point.low, point.high),
        is_below=point.value < point.low,
        is_above=point.value > point.high,
    )


def _onset(flag: DriftFlag, location: Location, today: date) -> time_charts.Onset:
    low, high = (when.astimezone(location.zone).date() for when in (flag.onset_low, flag.onset_high))
    about = flag.onset_at.astimezone(location.zone).date()
    label = f"began about {words.short_day(about, beside=today)}"
    if low != high:
        label += f" ({words.short_day(low, beside=today)} – {words.short_day(high, beside=today)})"
    return time_charts.Onset(day_number(flag.onset_at, location), low.toordinal(), high.toordinal() + 1, label)


def _change(flag: DriftFlag, channel: str) -> float | None:
    """Of the share since the onset, in the channel that is drawn, of the numbers as they are shown."""
    if flag.channel == channel:
        return (round(100 * flag.seen) - round(100 * flag.expected)) / 100
    moved: dict = next((each for each in flag.moved if f"section:{each['key']}" == channel), {})
    seen, expected = moved.get("seen"), moved.get("expected")
    return None if seen is None or expected is None else (round(100 * seen) - round(100 * expected)) / 100


def _description(points: list[time_charts.VisitPoint], flag: FlagRow | None, today: date) -> str:
    first, last = (date.fromordinal(int(point.day)) for point in (points[0], points[-1]))
    text = f"{words.count(len(points), 'visit')} from {words.day(first)} to {words.day(last)}."
    return f"{text} {flag.sentence}" if flag else text
