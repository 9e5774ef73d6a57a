"""A store's reported numbers on the time axis of what was observed there."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, OuterRef, Subquery

from locations.accounts.roles import READS_RESULTS
from locations.models import Location, Metric, Reading
from reports.pages.charts import time_charts
from reports.pages.manager.flag_rows import middle_of
from reports.pages.scope import Link, Scope
from reports.pages.sentences import words

N_METRICS = 2
MOST_METRICS = 40
MOST_READINGS = 1500


@dataclass(frozen=True)
class ReadingRow:
    period: str
    value: str


@dataclass(frozen=True)
class MetricView:
    name: str
    unit: str
    remark: str
    chart: time_charts.MetricChart
    narrow_chart: time_charts.MetricChart
    rows: list[ReadingRow]


def metric_views(
    *,
    scope: Scope,
    location: Location,
    frames: tuple[time_charts.Frame, time_charts.Frame] | None,
    first: str = "",
    flagged: int | None = None,
) -> tuple[list[MetricView], list[Link]]:
    """Charts of at most `N_METRICS`, and links to the others that have readings in this time.

    In this order: the one asked for by its key `first`, the one `flagged` was compared with, independent ones, the
    ones with most readings.
    """
    if frames is None:
        return [], []
    start, stop = (date.fromordinal(int(bound)) for bound in (frames[0].days.low, frames[0].days.high))
    readings = Reading.objects.visible_to(scope.user, READS_RESULTS).filter(
        location=location, period_end__gte=start, period_start__lte=stop
    )
    own = readings.filter(metric=OuterRef("pk")).order_by().values("metric")
    n_readings = Subquery(own.annotate(n=Count("pk")).values("n"))
    counted = Metric.objects.annotate(n_readings=n_readings).filter(n_readings__gt=1)
    metrics = list(counted.order_by("-n_readings")[:MOST_METRICS])
    metrics.sort(key=lambda metric: (
        metric.key != first, metric.pk != flagged, not metric.is_independent, -metric.n_readings, metric.name
    ))  # fmt: skip
    drawn = metrics[:N_METRICS]
    found: dict[int, list[Reading]] = {metric.pk: [] for metric in drawn}
    for reading in readings.filter(metric__in=drawn).order_by("-period_start")[: N_METRICS * MOST_READINGS]:
        found[reading.metric_id].append(reading)
    views = [_view(metric, found[metric.pk][::-1], frames) for metric in drawn if len(found[metric.pk]) > 1]
    return views, [Link(metric.key, metric.name) for metric in metrics[N_METRICS:]]


def _view(metric: Metric, readings: list[Reading], frames: tuple[time_charts.Frame, time_charts.Frame]) -> MetricView:
    wide, narrow = (_chart(metric, readings, frame) for frame in frames)
    remark = "" if metric.is_independent else "measured with these audits: no evidence about them"
    if metric.higher_is == Metric.Better.LOWER:
        remark = "; ".join(part for part in ("higher is worse", remark) if part)
    rows = [
        ReadingRow(_period(reading), words.quantity(reading.value, metric.unit)) for reading in reversed(readings)
    ]
    return MetricView(metric.name, metric.unit, remark, wide, narrow, rows)


def _chart(metric: Metric, readings: list[Reading], frame: time_charts.Frame) -> time_charts.MetricChart:
    inside = [(min(max(middle_of(reading), frame.days.low), frame.days.high), reading.value) for reading in readings]
    last = words.quantity(readings[-1].value, metric.unit)
    return time_charts.metric_chart(
        inside,
        frame=frame,
        title=f"Reported: {metric.name}",
        unit=metric.unit,
        description=f"{words.count(len(readings), 'reading')}, the last one {last}.",
    )


def _period(reading: Reading) -> str:
    first, last = reading.period_start, reading.period_end
    if first == last:
        return words.short_day(first)
    return f"{words.short_day(first, beside=last)} – {words.short_day(last)}"
