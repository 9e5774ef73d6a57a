"""A store's reported numbers on the time axis of what was observed there."""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from locations.accounts.roles import READS_RESULTS
from locations.models import Location, Metric, Reading
from reports.detection.data.usual_numbers import PERIODS, TIMES, UsualNumbers
from reports.measure.compare import CEILING_SHARE, LEAST_VALUES
from reports.pages.charts import time_charts
from reports.pages.manager.flag_rows import middle_of
from reports.pages.scope import Link, Scope
from reports.pages.sentences import words

N_METRICS = 2
MOST_METRICS = 40
MOST_READINGS = 1500
UPLOADS = ("locations.add_reading", "locations.change_reading")


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


@dataclass(frozen=True)
class ReportedHere:
    """views : charts of at most `N_METRICS`. others : links to those that have readings in this time, too.

    without : names of metrics without any reading at the store, for an invitation to upload their past.
    """

    views: list[MetricView] = field(default_factory=list)
    others: list[Link] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    may_upload: bool = False


def reported_here(
    *,
    scope: Scope,
    location: Location,
    frames: tuple[time_charts.Frame, time_charts.Frame] | None,
    first: str = "",
    flagged: int | None = None,
) -> ReportedHere:
    """In this order: the metric asked for by its key `first`; those that can tell something before those that stand
    at their best or never vary; the one `flagged` was compared with; independent ones; the ones with most readings.
    """
    if frames is None:
        return ReportedHere()
    start, stop = (date.fromordinal(int(bound)) for bound in (frames[0].days.low, frames[0].days.high))
    readings = Reading.objects.visible_to(scope.user, READS_RESULTS).filter(
        location=location, period_end__gte=start, period_start__lte=stop
    )
    every = _with_counts(scope, location, readings)
    metrics = [metric for metric in every if metric.n_readings > 1][:MOST_METRICS]
    metrics.sort(key=lambda metric: (
        metric.key != first, bool(_tells_nothing(metric)), metric.pk != flagged, not metric.is_independent,
        -metric.n_readings, metric.name,
    ))  # fmt: skip
    drawn = metrics[:N_METRICS]
    found: dict[int, list[Reading]] = {metric.pk: [] for metric in drawn}
    for reading in readings.filter(metric__in=drawn).order_by("-period_start")[: N_METRICS * MOST_READINGS]:
        found[reading.metric_id].append(reading)
    views = [_view(metric, found[metric.pk][::-1], frames) for metric in drawn if len(found[metric.pk]) > 1]
    return ReportedHere(
        views=views,
        others=[Link(metric.key, metric.name) for metric in metrics[N_METRICS:]],
        without=[metric.name for metric in every if not metric.n_ever and metric.higher_is != Metric.Better.NEITHER],
        may_upload=_may_upload(scope.user),
    )


def _may_upload(user) -> bool:
    return user.is_staff and user.has_perms(UPLOADS)


def _with_counts(scope: Scope, location: Location, readings) -> list:
    """All metrics, those with most readings first, each with counts of its readings here: n_readings and n_at_best
    in this time, n_ever at all; and lowest, highest in this time.

    The best that a metric can say is its bound, or what the last run found to be the best of the chain.
    """
    usual = UsualNumbers.from_json(scope.run.numbers if scope.run else {}).by_metric
    at_best = Q(pk=None)
    for metric_id, one in usual.items():
        if one.highest is not None:
            of = Q(metric=metric_id)
            at_best |= of & Q(metric__higher_is=Metric.Better.HIGHER, value__gte=one.highest)
            at_best |= of & Q(metric__higher_is=Metric.Better.LOWER, value__lte=-one.highest)
    own = readings.filter(metric=OuterRef("pk")).order_by().values("metric")
    ever = Reading.objects.filter(location=location, metric=OuterRef("pk")).order_by().values("metric")

    def told(rows, of):
        return Subquery(rows.annotate(told=of).values("told"))

    counted = Metric.objects.annotate(
        n_readings=Coalesce(told(own, Count("pk")), 0),
        n_at_best=Coalesce(told(own, Count("pk", filter=at_best)), 0),
        n_ever=Coalesce(told(ever, Count("pk")), 0),
        lowest=told(own, Min("value")),
        highest=told(own, Max("value")),
    )
    return list(counted.order_by("-n_readings", "name"))


def _tells_nothing(metric) -> str:
    """100 % in every week: tells nothing. Empty for a metric that can tell. `metric` is from `_with_counts`."""
    n, time = metric.n_readings, TIMES[metric.cadence]
    if n < LEAST_VALUES:
        return ""
    if metric.lowest == metric.highest:
        return f"{words.quantity(metric.highest, metric.unit)} in every {time}: tells nothing"
    if metric.n_at_best < CEILING_SHARE * n:
        return ""
    best = metric.highest if metric.higher_is == Metric.Better.HIGHER else metric.lowest
    return f"{words.quantity(best, metric.unit)} in {metric.n_at_best} of {n} {time}s: tells nothing"


def _too_few(metric) -> str:
    """4 more weeks of readings needed."""
    n, time = PERIODS[metric.cadence][1] + 1 - metric.n_ever, TIMES[metric.cadence]
    return f"{words.count(n, f'more {time}')} of readings needed" if n > 0 else ""


def _view(metric, readings: list[Reading], frames: tuple[time_charts.Frame, time_charts.Frame]) -> MetricView:
    """`metric` is from `_with_counts`."""
    wide, narrow = (_chart(metric, readings, frame) for frame in frames)
    parts = ["higher is worse" if metric.higher_is == Metric.Better.LOWER else "", _tells_nothing(metric)]
    if not metric.is_independent:
        parts.append("measured with these audits: no evidence about them")
    elif metric.higher_is != Metric.Better.NEITHER:
        parts.append(_too_few(metric))
    remark = "; ".join(part for part in parts if part)
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
